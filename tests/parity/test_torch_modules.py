"""ringboard.torch stands where torch.utils.tensorboard stands: its names, with its meaning."""

from __future__ import annotations

import importlib
import inspect
import io
import types

import numpy as np
import pytest
import tensorboard.summary.writer.record_writer
import torch
from matplotlib.figure import Figure
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

import ringboard
import ringboard.torch
from tests.parity.test_signatures import parameters
from tests.scripts import run_script
from tests.support.events import read_events
from tests.support.payloads import decode_image
from tests.support.views import assert_same_events, compare, views

MODULES = [
    "", "writer", "summary", "_utils", "_convert_np", "_embedding", "_pytorch_graph", "_onnx_graph",
    "_proto_graph",
]  # fmt: skip
# How torch makes a graph and stores a tensor, which nobody imports: ours does both in another way.
INSIDES = {
    "_pytorch_graph": {
        "CLASSTYPE_KIND", "DeviceStepStats", "GETATTR_KIND", "GraphDef", "GraphPy", "NodeBase", "NodePy",
        "NodePyIO", "NodePyOP", "OrderedDict", "RunMetadata", "StepStats", "VersionDef", "_node_get",
        "_set_model_to_eval", "contextlib", "methods_IO", "methods_OP", "node_proto", "parse", "torch",
    },
    "_onnx_graph": {"AttrValue", "GraphDef", "NodeDef", "TensorShapeProto", "VersionDef", "parse"},
    "_embedding": {"_HAS_GFILE_JOIN", "_gfile_join"},
    "_utils": {"np", "npt"},
    "_convert_np": {"torch"},
    "_proto_graph": set(),
    "summary": {
        "_TENSOR_TYPE_MAP", "_draw_single_box", "_get_tensor_summary", "_tensor_to_complex_val",
        "_tensor_to_half_val", "_tensor_to_list", "logger",
    },
}  # fmt: skip


def module(library: str, name: str) -> types.ModuleType:
    return importlib.import_module(f"{library}.{name}" if name else library)


def both(name: str) -> tuple[types.ModuleType, types.ModuleType]:
    return module("ringboard.torch", name), module("torch.utils.tensorboard", name)


def names(name: str) -> list[str]:
    theirs = module("torch.utils.tensorboard", name)
    ordinary = {"annotations", "TYPE_CHECKING", "Any", "Sequence"} | INSIDES.get(name, set())
    return [one for one in vars(theirs) if not one.startswith("__") and one not in ordinary]


PAIRS = [(name, one) for name in MODULES for one in names(name)]


@pytest.mark.parametrize(("name", "attribute"), PAIRS)
def test_every_name_is_there(name, attribute):
    ours, theirs = (getattr(library, attribute) for library in both(name))
    assert callable(ours) == callable(theirs)
    if not inspect.isfunction(theirs) or attribute.startswith("_"):
        return
    mine, wanted = parameters(ours), parameters(theirs)
    assert [one.name for one in mine[: len(wanted)]] == [one.name for one in wanted]
    assert [one.kind for one in mine[: len(wanted)]] == [one.kind for one in wanted]
    for one, other in zip(mine, wanted, strict=False):
        assert other.default in (inspect.Parameter.empty, one.default)
    assert all(one.default is not inspect.Parameter.empty for one in mine[len(wanted) :])


def test_public_names():
    ours, theirs = both("")
    assert ours.__all__ == theirs.__all__
    assert ours.SummaryWriter is ringboard.SummaryWriter
    assert ours.FileWriter is ringboard.FileWriter
    with pytest.raises(AttributeError, match="nothing"):
        ours.writer.nothing  # noqa: B018


def test_nothing_is_imported_for_it(tmp_path):
    run_script(
        """
        import sys
        from ringboard.torch import SummaryWriter, FileWriter
        from ringboard.torch.summary import hparams, histogram, scalar
        writer = FileWriter(sys.argv[1])
        for one in hparams({"lr": 0.1}, {"m": 1.0}):
            writer.add_summary(one)
        writer.add_summary(histogram("h", [1.0, 2.0], "auto"))
        writer.close()
        found = {"torch", "tensorboard", "google.protobuf", "PIL", "matplotlib"} & set(sys.modules)
        assert not found, found
        """,
        tmp_path,
    )


def test_a_name_of_a_library_that_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorboard.compat.proto.event_pb2", None)
    assert not hasattr(ringboard.torch.writer, "Event")
    with pytest.raises(AttributeError, match="tensorboard"):
        ringboard.torch.writer.Event  # noqa: B018


# -- what the functions give -------------------------------------------------------------------------------

SUMMARIES = {
    "scalar": lambda s: s.scalar("t", 2.5),
    "scalar, positions": lambda s: s.scalar("t", 2.5, None, True, True),
    "image": lambda s: s.image("t", np.arange(120, dtype=np.uint8).reshape(2, 3, 4, 5)),
    "image CHW": lambda s: s.image("t", np.arange(60, dtype=np.uint8).reshape(3, 4, 5), dataformats="CHW"),
    "mesh": lambda s: s.mesh("t", torch.zeros(1, 3, 3), None, None, None),
    "tensor": lambda s: s.tensor_proto("t", torch.arange(6.0)),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_summaries(name):
    ours, theirs = (
        views([Event(summary=Summary.FromString(SUMMARIES[name](library).SerializeToString()))])
        for library in both("summary")
    )
    assert compare(ours, theirs) == []


@pytest.mark.parametrize("number", [0.0, 1.5, -2.25, 1e30])
def test_bits_of_half(number):
    ours, theirs = both("summary")
    assert ours.half_to_int(number) == theirs.half_to_int(number)
    assert ours.int_to_half(ours.half_to_int(number)) == theirs.int_to_half(theirs.half_to_int(number))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64", "bool"])
def test_scale(dtype):
    ours, theirs = both("summary")
    for array in (np.zeros(2, dtype), torch.zeros(2, dtype=getattr(torch, dtype))):
        assert ours._calc_scale_factor(array) == theirs._calc_scale_factor(array)


@pytest.mark.parametrize(
    "value",
    [
        1,
        2.5,
        True,
        "3.5",
        np.float32(1.5),
        np.arange(3),
        torch.arange(4.0),
        torch.tensor(2.5),
        torch.ones(2).half(),
    ],
    ids=repr,
)
def test_make_np(value):
    ours, theirs = (library.make_np(value) for library in both("_convert_np"))
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    assert np.array_equal(ours, theirs)


def test_make_np_of_what_is_no_array():
    for library in both("_convert_np"):
        with pytest.raises(NotImplementedError):
            library.make_np(None)
    assert ringboard.torch._convert_np.make_np(torch.tensor([1e38]).bfloat16()).dtype == np.float32


@pytest.mark.parametrize("axes", ["CHW", "HWC", "hwc", "HW", "NCHW", "NHWC", "WCNH"])
@pytest.mark.parametrize("channels", [1, 3])
def test_convert_to_hwc(axes, channels):
    sizes = {"C": channels, "H": 4, "W": 5, "N": 11}
    array = np.random.default_rng(1).integers(0, 256, [sizes[axis] for axis in axes.upper()], dtype=np.uint8)
    ours, theirs = (library.convert_to_HWC(array, axes) for library in both("_utils"))
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(("shape", "axes"), [((3, 4, 5), "HW"), ((3, 4, 5), "CCW"), ((2, 2, 3, 4), "NCHW")])
def test_what_is_no_picture(shape, axes):
    for library in both("_utils"):
        with pytest.raises(AssertionError):
            library.convert_to_HWC(np.zeros(shape), axes)


@pytest.mark.parametrize("columns", [1, 3, 8, 20])
def test_make_grid(columns):
    pictures = np.random.default_rng(2).random((10, 3, 4, 5))
    ours, theirs = (library.make_grid(pictures, columns) for library in both("_utils"))
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("batch", range(1, 18))
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_prepare_video(batch, dtype):
    video = (np.random.default_rng(batch).random((batch, 2, 3, 4, 5)) * 255).astype(dtype)
    ours, theirs = (library._prepare_video(video) for library in both("_utils"))
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("several", [False, True])
def test_figure_to_image(several):
    figures = [Figure(figsize=(1, 1), dpi=30) for _ in range(2)]
    for figure in figures:
        figure.add_subplot().plot([1, 3, 2])
    given = figures if several else figures[0]
    ours, theirs = (library.figure_to_image(given) for library in both("_utils"))
    assert ours.shape == theirs.shape
    assert np.array_equal(ours, theirs)


def test_graph_for_the_file_writer(tmp_path):
    model, inputs = torch.nn.Linear(2, 3), torch.ones(1, 2)
    with ringboard.SummaryWriter(tmp_path / "method") as writer:
        writer.add_graph(model, inputs)
    protos = ringboard.torch._pytorch_graph.graph(model, inputs)
    writer = ringboard.FileWriter(tmp_path / "function")
    writer.add_graph(protos)
    writer.close()
    assert_same_events(tmp_path / "function", tmp_path / "method")
    assert protos[0].versions.producer == 22
    assert protos[1].step_stats.dev_stats[0].device == "/device:CPU:0"
    assert len(read_events(tmp_path / "function")) == 3


def test_nodes():
    ours, theirs = both("_proto_graph")
    arguments = [("a/b",), ("a", "op", ["x", "y"], None, None, [1, 2], "what"), ("a", "op", "x")]
    for each in arguments:
        assert ours.node_proto(*each) == theirs.node_proto(*each)


def test_embedding_files(tmp_path):
    ours, theirs = both("_embedding")
    vectors, pictures = torch.randn(5, 3), torch.rand(5, 3, 4, 4) * 1.2 - 0.1
    for name, library in (("ours", ours), ("theirs", theirs)):
        path = tmp_path / name
        path.mkdir()
        library.make_mat(vectors, str(path))
        library.make_tsv([["a", 1], ["ü", 2]], str(path), ["x", "y"])
        (path / "plain").mkdir()
        library.make_tsv(["a", 2, None], str(path / "plain"))
        library.make_sprite(pictures, str(path))
        library.write_pbtxt(str(path), "contents ü\n")
    for file in ("tensors.tsv", "metadata.tsv", "plain/metadata.tsv", "projector_config.pbtxt"):
        assert (tmp_path / "ours" / file).read_bytes() == (tmp_path / "theirs" / file).read_bytes(), file
    mine, wanted = (
        decode_image((tmp_path / name / "sprite.png").read_bytes())["pixels"] for name in ("ours", "theirs")
    )
    assert np.array_equal(mine, wanted)
    for arguments in [(["a"], pictures, "s/ub", 7, "tag"), (None, None, "s", 12345678, "t")]:
        assert ours.get_embedding_info(*arguments) == theirs.get_embedding_info(*arguments)
    for library in (ours, theirs):
        with pytest.raises(AssertionError):
            library.make_tsv([["a", 1]], str(tmp_path), ["only one"])


def test_record_writer():
    files = []
    for record_writer in (
        ringboard.torch.RecordWriter,
        tensorboard.summary.writer.record_writer.RecordWriter,
    ):
        file = io.BytesIO()
        writer = record_writer(file)
        for record in (b"", b"x", bytes(range(256)) * 50):
            writer.write(record)
        writer.flush()
        assert not writer.closed
        files.append(file.getvalue())
        writer.close()
        assert writer.closed
        assert file.closed
    assert files[0] == files[1]
