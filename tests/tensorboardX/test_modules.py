"""The modules that programs import from tensorboardX beside its writer."""

from __future__ import annotations

import io
import sys
import types

import numpy as np
import pytest
import tensorboardX
import tensorboardX.crc32c
import tensorboardX.utils
import tensorboardX.x2num
import torch
from tensorboard.compat.proto.event_pb2 import Event

import ringboard.tensorboardX.onnx_graph
import ringboard.tensorboardX.openvino_graph
from ringboard.tensorboardX import (
    RecordWriter,
    SummaryWriter,
    TorchVis,
    crc32c,
    embedding,
    event_file_writer,
    pytorch_graph,
    record_writer,
    summary,
    utils,
    x2num,
)
from tests.scripts import run_script
from tests.support.events import read_events
from tests.support.records import records
from tests.support.views import compare, views
from tests.tensorboardX import cases

RNG = np.random.default_rng(3)

# --- summary ------------------------------------------------------------------------------------------

SUMMARIES = {
    "scalar": lambda s: s.scalar("/a b", 1.5),
    "scalar named": lambda s: s.scalar("a", 1.5, "name", "what"),
    "histogram": lambda s: s.histogram("a b", cases.VALUES, 10),
    "histogram_raw": lambda s: s.histogram_raw("a b", *cases.RAW),
    "image": lambda s: s.image("a b", cases.PICTURE),
    "image_boxes": lambda s: s.image_boxes("a b", cases.PICTURE, cases.BOX),
    "text": lambda s: s.text("a b", "text"),
    "custom_scalars": lambda s: s.custom_scalars(cases.LAYOUT),
    "pr_curve": lambda s: s.pr_curve("a b", cases.LABELS, cases.PREDICTIONS),
    "pr_curve_raw": lambda s: s.pr_curve_raw("a b", *cases.CURVE),
    "hparams": lambda s: s.hparams({"a": 1, "b": "x", "c": True}, {"m": 1.0}),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_summaries(name):
    mine, theirs = (SUMMARIES[name](module) for module in (summary, tensorboardX.summary))
    mine, theirs = (each if isinstance(each, tuple) else (each,) for each in (mine, theirs))
    mine, theirs = (
        views([Event.FromString(b"\x2a" + varint(len(data)) + data) for data in serialized(each)])
        for each in (mine, theirs)
    )
    assert compare(mine, theirs, rtol=1e-12) == []


def serialized(summaries) -> list[bytes]:
    return [each.SerializeToString() for each in summaries]


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


@pytest.mark.parametrize("tag", [*cases.TAGS, ""])
def test_clean_tag(tag):
    assert summary._clean_tag(tag) == tensorboardX.summary._clean_tag(tag)


def test_video_and_mesh():
    film = RNG.integers(0, 256, (1, 2, 3, 4, 5), dtype=np.uint8)
    assert summary.video("a b", film).value[0].tag == "a_b"
    assert summary.mesh("m", cases.VERTICES, None, None).value[0].tag == "m_VERTEX"


# --- arrays -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [3, 1.5, np.arange(4), [1, 2], torch.arange(3.0, requires_grad=True), np.float32(2)], ids=repr
)
def test_make_np(value):
    mine, theirs = x2num.make_np(value), tensorboardX.x2num.make_np(value)
    assert np.array_equal(mine, theirs)
    assert mine.dtype == theirs.dtype


def test_make_np_of_nothing():
    with pytest.raises(TypeError):
        x2num.make_np(None)


@pytest.mark.parametrize(("value", "lines"), [([1.0], 0), ([np.nan], 1), ([np.inf], 1)])
def test_check_nan(caplog, value, lines):
    assert x2num.check_nan(value) is value
    assert len(caplog.records) == lines


@pytest.mark.parametrize("shape", [(1, 1, 4, 5), (3, 3, 4, 5), (10, 4, 2, 2)])
@pytest.mark.parametrize("columns", [8, 2])
def test_make_grid(shape, columns):
    pictures = RNG.random(shape)
    assert np.array_equal(utils.make_grid(pictures, columns), tensorboardX.utils.make_grid(pictures, columns))


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((4, 5), "HW"), ((4, 5), "wh"), ((3, 4, 5), "CHW"), ((4, 5, 1), "HWC"), ((9, 4, 5, 3), "NHWC")],
)
def test_convert_to_hwc(shape, axes):
    picture = RNG.random(shape)
    mine, theirs = (module.convert_to_HWC(picture, axes) for module in (utils, tensorboardX.utils))
    assert np.array_equal(mine, theirs)


@pytest.mark.parametrize(("shape", "axes"), [((4, 5), "HWC"), ((3, 4, 5), "HHC"), ((2, 3, 4, 5, 6), "NTCH")])
def test_axes_that_do_not_fit(shape, axes):
    for module in (utils, tensorboardX.utils):
        with pytest.raises(AssertionError):
            (module.convert_to_HWC if len(shape) < 5 else module.convert_to_NTCHW)(np.zeros(shape), axes)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("batch", [1, 2, 3, 5, 8])
def test_videos(batch, dtype):
    film = RNG.integers(0, 256, (batch, 2, 3, 4, 5)).astype(dtype)
    assert np.array_equal(utils._prepare_video(film), tensorboardX.utils._prepare_video(film))
    moved = film.transpose(0, 1, 3, 4, 2)
    assert np.array_equal(utils.convert_to_NTCHW(moved, "NTHWC"), film)


@pytest.mark.parametrize(
    "figures", [cases.figure, lambda: [cases.figure(), cases.figure()]], ids=["one", "two"]
)
def test_figure_to_image(figures):
    mine, theirs = (module.figure_to_image(figures()) for module in (utils, tensorboardX.utils))
    assert np.array_equal(mine, theirs)


# --- records ------------------------------------------------------------------------------------------


def test_record_writer(tmp_path):
    for library, name in ((RecordWriter, "a"), (tensorboardX.RecordWriter, "b")):
        writer = library(str(tmp_path / name))
        for data in (b"", b"one", bytes(5000)):
            writer.write(data)
        writer.flush()
        writer.close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert records(tmp_path / "a") == [b"", b"one", bytes(5000)]


def test_crc32c():
    data = bytes(range(256)) * 3
    assert crc32c.crc32c(data) == tensorboardX.crc32c.crc32c(data)
    assert crc32c.crc_finalize(crc32c.crc_update(crc32c.crc32c(data[:5]), data[5:])) == crc32c.crc32c(data)
    assert record_writer.masked_crc32c(data) == tensorboardX.record_writer.masked_crc32c(data)


def test_events_writer(tmp_path):
    writers = [event_file_writer.EventsWriter(str(tmp_path / "events"), ".x") for _ in range(2)]
    for writer in writers:
        writer.write_event(Event(step=3))
        assert writer.flush()
        assert writer.close()
    events = read_events(tmp_path)
    assert [event.step for event in events] == [0, 3] * 2
    assert events[0].file_version == "brain.Event:2"
    with pytest.raises(TypeError, match="Event"):
        writers[0].write_event("event")


class Memory:
    """A factory as programs write them for tensorboardX."""

    def __init__(self):
        self.files = {}

    def open(self, path):
        self.files[path] = file = io.BytesIO()
        file.close = lambda: None
        return file

    def directory_check(self, path):
        pass


def test_registered_factory(tmp_path, monkeypatch):
    factory = Memory()
    with pytest.raises(ValueError, match="colon"):
        record_writer.register_writer_factory("a:b", factory)
    monkeypatch.setitem(record_writer.REGISTERED_FACTORIES, "mem", None)
    record_writer.register_writer_factory("mem", factory)
    with SummaryWriter("mem://bucket/run") as writer:
        writer.add_scalar("s", 1.0, 1)
    record_writer.directory_check("mem://x")
    writer = RecordWriter("mem://x/y")
    writer.write(b"data")
    writer.close()
    assert len(factory.files) == 2
    (tmp_path / "events.out.tfevents.1").write_bytes(next(iter(factory.files.values())).getvalue())
    assert [view.step for view in views(tmp_path)] == [1]


@pytest.mark.parametrize(
    ("opened", "library"),
    [("s3://bucket/run", "boto3"), ("gs://bucket/run", "google-cloud-storage")],
)
def test_object_stores_without_their_libraries(tmp_path, monkeypatch, opened, library):
    monkeypatch.chdir(tmp_path)
    for make in (record_writer.open_file, SummaryWriter):
        with pytest.raises(ImportError, match=library):
            make(opened)
    assert list(tmp_path.iterdir()) == []


def test_s3(tmp_path, monkeypatch):
    objects = {}

    class Client:
        def upload_fileobj(self, file, bucket, path):
            objects[bucket, path] = file.read()

    boto3 = types.ModuleType("boto3")
    boto3.__spec__ = types.SimpleNamespace()
    boto3.client = lambda service, endpoint_url: Client()
    monkeypatch.setitem(sys.modules, "boto3", boto3)
    with SummaryWriter("s3://bucket/a/run") as writer:
        for step in range(3):
            writer.add_scalar("s", 1.0, step)
            writer.flush()
    (((bucket, path), data),) = objects.items()
    assert bucket == "bucket"
    assert path.startswith("a/run/events.out.tfevents.")
    (tmp_path / "events.out.tfevents.1").write_bytes(data)
    assert [view.step for view in views(tmp_path)] == [0, 1, 2]


# --- graphs -------------------------------------------------------------------------------------------


def test_pytorch_graph(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        profile = pytorch_graph.graph(torch.nn.Linear(2, 2), torch.zeros(1, 2))
        writer.file_writer.add_graph(profile)
        writer.add_graph(torch.nn.Linear(2, 2), torch.zeros(1, 2))
    first, second, third, fourth = views(tmp_path)
    assert (first, second) == (third, fourth)
    assert len(profile[0].node) > 2


@pytest.mark.parametrize(
    ("load", "add"),
    [
        (ringboard.tensorboardX.onnx_graph.load_onnx_graph, "add_onnx_graph"),
        (ringboard.tensorboardX.openvino_graph.load_openvino_graph, "add_openvino_graph"),
    ],
)
def test_graphs_of_files_that_are_missing(tmp_path, load, add):
    for call in (load, getattr(SummaryWriter(tmp_path), add)):
        with pytest.raises(FileNotFoundError):
            call(tmp_path / "none")


# --- others -------------------------------------------------------------------------------------------


def test_embedding_files_are_those_of_the_method(tmp_path):
    rows, labels, pictures = RNG.random((3, 2)), ["a", "b", "c"], RNG.random((3, 3, 4, 4))
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_embedding(rows, labels, pictures, 1, "tag")
    path = tmp_path / "b" / "00001" / "tag"
    path.mkdir(parents=True)
    embedding.make_mat(rows, str(path))
    embedding.make_tsv(labels, str(path))
    embedding.make_sprite(pictures, str(path))
    embedding.append_pbtxt(labels, pictures, str(tmp_path / "b"), "00001/tag", 1, "tag")
    for name in (
        "projector_config.pbtxt",
        *(f"00001/tag/{name}" for name in ("tensors.tsv", "metadata.tsv", "sprite.png")),
    ):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_torch_vis(tmp_path):
    vis = TorchVis("tensorboard", tensorboard={"logdir": str(tmp_path)})
    vis.add_scalar("s", 1.0, 3)
    vis.unregister("tensorboard")
    assert [view.step for view in views(tmp_path)] == [3]
    with pytest.raises(ValueError, match="visdom"):
        TorchVis("visdom")


def test_without_tensorboard_its_classes_are_missed_only_when_used():
    run_script(
        """
        import sys
        sys.modules["tensorboard"] = None
        from ringboard.tensorboardX.proto import event_pb2, summary_pb2
        import ringboard.tensorboardX.proto.event_pb2
        from ringboard.tensorboardX.summary import scalar
        summary = scalar("a", 1.0)
        assert summary.SerializeToString()
        for use in (lambda: event_pb2.Event, lambda: summary.value):
            try:
                use()
            except ImportError as error:
                assert "pip install tensorboard" in str(error)
            else:
                raise AssertionError
        """
    )


def test_it_can_stand_in_tensorboardxs_place():
    run_script(
        """
        import sys
        import ringboard.tensorboardX
        sys.modules["tensorboardX"] = ringboard.tensorboardX
        import tensorboardX
        from tensorboardX import SummaryWriter, GlobalSummaryWriter
        from tensorboardX.summary import hparams, scalar
        from tensorboardX.proto import event_pb2
        from tensorboardX.proto.summary_pb2 import Summary
        from tensorboardX.record_writer import register_writer_factory
        from tensorboardX.writer import FileWriter
        assert SummaryWriter is ringboard.tensorboardX.SummaryWriter
        assert isinstance(Summary.FromString(scalar("a", 1.0).SerializeToString()), Summary)
        """
    )
