"""add_mesh leaves torch's tensors and plugin data, and refuses what TensorBoard could not draw."""

from __future__ import annotations

import json

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData
from torch.utils.tensorboard import summary as torch_summary

from ringboard import SummaryWriter
from ringboard.summaries.mesh import mesh_event, mesh_plugin_data
from tests.parity.pair import Pair
from tests.support.events import read_events
from tests.support.tensorboard_server import TensorBoard
from tests.support.views import views

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TETRAHEDRON = np.array([[[1, 1, 1], [-1, -1, 1], [1, -1, -1], [-1, 1, -1]]], np.float32)
FACES = np.array([[[0, 2, 3], [0, 3, 1], [0, 1, 2], [1, 3, 2]]])
COLORS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 255]]])
CAMERA = {"lights": [{"cls": "AmbientLight"}], "camera": {"cls": "PerspectiveCamera", "fov": 75}}


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


def logged(tmp_path, *arguments, **options) -> dict[str, np.ndarray]:
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_mesh("m", *arguments, **options)
    return {one.tag: one.payload["array"] for one in views(tmp_path)}


# --- as torch ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("colors", [None, COLORS, COLORS.astype(np.uint8), COLORS.astype(np.float32)])
@pytest.mark.parametrize("faces", [None, FACES, FACES.astype(np.int32), FACES.astype(np.uint8)])
@pytest.mark.parametrize("convert", [np.asarray, torch.as_tensor, lambda array: array.tolist()])
def test_parts_and_libraries(pair, colors, faces, convert):
    given_ones = [None if part is None else convert(part) for part in (TETRAHEDRON, colors, faces)]
    pair.same(lambda writer: writer.add_mesh("m", *given_ones, global_step=3))


@pytest.mark.parametrize("config", [None, {}, CAMERA, {"b": [1, 2.5, None], "a": "ü"}])
def test_configuration_and_position(pair, config):
    pair.same(lambda writer: writer.add_mesh("a b/ü", TETRAHEDRON, None, FACES, config, 7, 12.5))
    assert read_events(pair.ours)[-1].wall_time == 12.5


@pytest.mark.parametrize("dtype", ["float16", "float64", "int8", "int64", "uint16", "bool"])
@pytest.mark.parametrize("shape", [(1, 1, 3), (4, 7, 3), (1, 0, 3), (0, 5, 3)])
def test_dtypes_and_shapes(pair, dtype, shape):
    values = (np.arange(np.prod(shape)).reshape(shape) * 1.37).astype(dtype)
    pair.same(lambda writer: writer.add_mesh("m", values, global_step=1))


def test_special_values(pair):
    values = np.array([[[np.nan, np.inf, -np.inf], [-0.0, 1e300, 1e-50], [2**24 + 1, 1 / 3, -1e-45]]])
    pair.same(lambda writer: writer.add_mesh("m", values))


@pytest.mark.parametrize("look", [lambda a: a[:, ::2], lambda a: a.swapaxes(0, 1), np.asfortranarray])
def test_memory_layouts(pair, look):
    values = np.random.default_rng(0).random((2, 6, 3))
    pair.same(lambda writer: writer.add_mesh("m", look(values), look(np.floor(values * 256) + 2)))


def test_negative_strides(tmp_path):
    # torch refuses them.
    assert np.array_equal(logged(tmp_path, TETRAHEDRON[:, ::-1])["m_VERTEX"], TETRAHEDRON[:, ::-1])


def test_a_tensor_with_a_gradient(tmp_path):
    vertices = torch.from_numpy(TETRAHEDRON.copy()).requires_grad_()
    assert np.array_equal(logged(tmp_path, vertices)["m_VERTEX"], TETRAHEDRON)


def test_bfloat16(tmp_path):
    vertices = TETRAHEDRON.astype(ml_dtypes.bfloat16)
    assert np.array_equal(logged(tmp_path, vertices)["m_VERTEX"], TETRAHEDRON)


# --- bytes ------------------------------------------------------------------------------------------


@given(TEXT, st.integers(1, 3), TEXT, st.tuples(*[st.integers(0, 2**31 - 1)] * 3), st.integers(1, 2**32 - 1))
def test_plugin_data(name, kind, config, shape, components):
    expected = MeshPluginData(
        name=name, content_type=kind, json_config=config, shape=shape, components=components
    )
    assert mesh_plugin_data(name, kind, config, shape, components) == expected.SerializeToString()


PARTS = hnp.arrays(np.float32, (2, 5, 3), elements=st.floats(2, 255, width=32))


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), PARTS, st.none() | PARTS, st.booleans())
def test_event(tag, vertices, colors, with_faces):
    faces = np.arange(24).reshape(2, 4, 3) % 5 if with_faces else None
    expected = Event(summary=torch_summary.mesh(tag, vertices, colors, faces, CAMERA))
    assert mesh_event(tag, vertices, colors, faces, CAMERA) == expected.SerializeToString()


# --- where torch stores something else ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ml_dtypes.bfloat16])
def test_floating_point_colours_from_0_to_1_are_not_black(tmp_path, dtype):
    # torch documents them, and stores them as they are; TensorBoard cuts them to 0.
    colors = (COLORS / 255).astype(dtype)
    assert np.array_equal(logged(tmp_path, TETRAHEDRON, colors)["m_COLOR"], COLORS)


@pytest.mark.parametrize("colors", [COLORS / 1.0, COLORS // 255, np.full((1, 4, 3), 1.5)])
def test_colours_that_are_scaled_already_stay(pair, colors):
    pair.same(lambda writer: writer.add_mesh("m", TETRAHEDRON, colors))


# --- errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["vertices", "colors", "faces"])
@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (1, 4, 2), (1, 4, 4), (1, 1, 4, 3)])
def test_other_shapes_are_refused(tmp_path, name, shape):
    parts = {"vertices": TETRAHEDRON, name: np.zeros(shape)}
    with (
        SummaryWriter(tmp_path) as writer,
        pytest.raises(ValueError, match=rf"'m'.*{name}.*shape \({shape[0] if shape else ''}"),
    ):
        writer.add_mesh("m", **parts)
    assert views(tmp_path) == []


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"colors": np.zeros((1, 5, 3))}, r"colour for each vertex, of shape \(1, 4, 3\)"),
        ({"colors": np.zeros((2, 4, 3))}, "colour for each vertex"),
        ({"faces": np.zeros((2, 4, 3))}, "batch of 1"),
        ({"faces": FACES + 1}, "from 0 to 3, one for each vertex; got 1 to 4"),
        ({"faces": FACES - 1}, "got -1 to 2"),
        ({"faces": np.full((1, 1, 3), np.nan)}, "from 0 to 3"),
    ],
)
def test_parts_that_do_not_fit_together(tmp_path, parts, message):
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match=f"mesh 'm'.*{message}"):
        writer.add_mesh("m", TETRAHEDRON, **parts)


@pytest.mark.parametrize("vertices", [None, "m", {}, [[[1, 2], [3]]], np.zeros((1, 4, 3), complex)])
def test_what_holds_no_real_numbers(tmp_path, vertices):
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match="mesh 'm'"):
        writer.add_mesh("m", vertices)


@pytest.mark.parametrize("config", [{"a": object()}, {1: 2, "a": 3}, {(1, 2): 3}])
def test_a_configuration_that_json_cannot_hold(tmp_path, config):
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match=r"mesh 'm'.*JSON"):
        writer.add_mesh("m", TETRAHEDRON, config_dict=config)


@pytest.mark.parametrize("when", [{"global_step": "x"}, {"global_step": 2**63}, {"walltime": "x"}])
def test_bad_positions_name_the_tag(tmp_path, when):
    with SummaryWriter(tmp_path) as writer, pytest.raises((TypeError, ValueError), match="'m'"):
        writer.add_mesh("m", TETRAHEDRON, **when)


# --- TensorBoard --------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", ["rustboard", "python"])
def test_tensorboard_serves_it(tmp_path, reader):
    with SummaryWriter(tmp_path) as writer:
        for step in range(2):
            writer.add_mesh("ball", TETRAHEDRON + step, COLORS / 255, FACES, CAMERA, step)
    with TensorBoard(tmp_path, reader) as board:
        tags = board.wait_for(lambda: board.get_json("data/plugin/mesh/tags"))
        assert tags == {".": {"ball": {"samples": 1}}}
        found = board.get_json("data/plugin/mesh/meshes", run=".", tag="ball", sample=0)
        assert {(one["step"], one["content_type"], one["components"]) for one in found} == {
            (step, kind, 14) for step in (0, 1) for kind in (1, 2, 3)
        }
        assert json.loads(found[0]["config"]) == CAMERA
        for kind, dtype, expected in (
            ("VERTEX", np.float32, TETRAHEDRON + 1), ("FACE", np.int32, FACES), ("COLOR", np.uint8, COLORS),
        ):  # fmt: skip
            data = board.get(
                "data/plugin/mesh/data", run=".", tag="ball", content_type=kind, sample=0, step=1
            )
            assert np.array_equal(np.frombuffer(data, dtype).reshape(expected.shape), expected)
