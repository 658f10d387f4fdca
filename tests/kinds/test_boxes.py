"""add_image_with_boxes draws what torch's draws, pixel for pixel."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
import torch

from ringboard import SummaryWriter
from tests.parity.pair import Pair
from tests.support.events import read_events
from tests.support.payloads import image


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


def picture(axes: str = "CHW", dtype: str = "uint8", channels: int = 3) -> np.ndarray:
    sizes = {"N": 3, "C": channels, "H": 60, "W": 90}
    values = np.random.default_rng(4).integers(0, 256, [sizes[axis] for axis in axes])
    return values.astype(dtype) if dtype == "uint8" else (values / 200 - 0.1).astype(dtype)


BOXES = np.array([[5, 6, 40, 30], [20, 10, 80, 55], [-10, -20, 15, 200], [30, 30, 30, 30]])


def logged(tmp_path, *arguments, **options) -> dict:
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_image_with_boxes("b", *arguments, **options)
    return image(read_events(tmp_path)[-1].summary.value[0])


@pytest.mark.parametrize("axes", ["CHW", "HWC", "WHC", "HW", "NCHW", "NHWC"])
def test_layouts(pair, axes):
    pair.same(lambda writer: writer.add_image_with_boxes("b", picture(axes), BOXES, 1, dataformats=axes))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels(pair, channels):
    pair.same(lambda writer: writer.add_image_with_boxes("b", picture(channels=channels), BOXES, 1))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "bool"])
def test_dtypes_of_the_image(pair, dtype):
    pair.same(lambda writer: writer.add_image_with_boxes("b", picture(dtype=dtype), BOXES, 1))


@pytest.mark.parametrize(
    "boxes",
    [
        BOXES.astype(np.float32) + 0.4,
        BOXES / 3.0,
        torch.from_numpy(BOXES),
        torch.from_numpy(BOXES).float().requires_grad_() + 0.7,
        BOXES.astype(np.int16),
        np.empty((0, 4)),
        torch.empty(0, 4),
    ],
)
def test_boxes_of_any_library(pair, boxes):
    labels = [f"class {number}" for number in range(len(boxes))]
    pair.same(lambda writer: writer.add_image_with_boxes("b", picture(), boxes, 1, labels=labels))


@pytest.mark.parametrize(
    "labels", [["cat", "dog", "", "ünï"], ["wide label that leaves the image"] * 4, None, ["a"] * 4]
)
def test_labels(pair, labels):
    pair.same(lambda writer: writer.add_image_with_boxes("b", picture(), BOXES, 1, labels=labels))


def test_one_label_as_a_string(pair):
    pair.same(lambda writer: writer.add_image_with_boxes("b", picture(), BOXES[:1], 1, labels="cat"))


def test_positions_and_walltime(pair):
    pair.same(
        lambda writer: writer.add_image_with_boxes(
            "b", picture("HWC"), BOXES, 1, 12.5, 1, "HWC", ["a", "b", "c", "d"]
        )
    )
    assert read_events(pair.ours)[-1].wall_time == 12.5


def test_same_as_tensorboardx(pair):
    def fill(writer):
        writer.add_image_with_boxes("b", picture(), BOXES, 1, labels=["a", "b", "c", "d"])
        writer.add_image_with_boxes("b", picture("HWC"), BOXES, 2, dataformats="HWC")

    pair.same(fill, peer="tensorboardX")


# --- where ours differs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rescale", [0.5, 2, 1.7])
def test_rescale_stores_the_size_that_the_picture_has(pair, rescale):
    # torch stores the size before scaling; the pixels are the same.
    for writer_class, directory in ((SummaryWriter, pair.ours), (torch_writer(), pair.theirs)):
        writer = writer_class(str(directory))
        writer.add_image_with_boxes("b", picture(), BOXES, 1, rescale=rescale)
        writer.close()
    ours, theirs = (image(read_events(path)[-1].summary.value[0]) for path in (pair.ours, pair.theirs))
    assert np.array_equal(ours["pixels"], theirs["pixels"])
    assert (ours["height"], ours["width"]) == ours["pixels"].shape[:2] != (theirs["height"], theirs["width"])


def torch_writer() -> type:
    from torch.utils import tensorboard

    return tensorboard.SummaryWriter


@pytest.mark.parametrize("count", [1, 6])
def test_another_number_of_labels_draws_those_there_are(tmp_path, count):
    # torch drops them all, without a word.
    names = ["cat", "dog", "bird", "fish", "crab", "newt"]
    with pytest.warns(RuntimeWarning, match=rf"image 'b', step 3: {count} labels for 4 boxes"):
        found = logged(tmp_path / "a", picture(), BOXES, 3, labels=names[:count])
    expected = logged(tmp_path / "b", picture(), BOXES, labels=(names[:count] + [""] * 4)[:4])
    assert np.array_equal(found["pixels"], expected["pixels"])


def test_boxes_that_are_not_finite_are_left_out_with_their_labels(tmp_path):
    boxes = BOXES.astype(np.float32)
    boxes[1, 2], boxes[2, 0] = math.nan, math.inf
    with pytest.warns(RuntimeWarning, match="image 'b', step 7: 2 of 4 boxes are NaN or infinite"):
        found = logged(tmp_path / "a", picture(), boxes, 7, labels=["a", "b", "c", "d"])
    expected = logged(tmp_path / "b", picture(), BOXES[[0, 3]].astype(np.float32), labels=["a", "d"])
    assert np.array_equal(found["pixels"], expected["pixels"])


def test_coordinates_beyond_c_ints_are_outside(tmp_path):
    found = logged(tmp_path / "a", picture(), np.array([[-1e30, 10, 1e30, 20.0]]))
    expected = logged(tmp_path / "b", picture(), np.array([[-500, 10, 500, 20.0]]))
    assert np.array_equal(found["pixels"], expected["pixels"])


def test_small_unsigned_boxes_do_not_wrap(tmp_path):
    boxes = np.array([[0, 0, 20, 4]])
    found = logged(tmp_path / "a", picture(), boxes.astype(np.uint8), labels=["x"])
    expected = logged(tmp_path / "b", picture(), boxes, labels=["x"])
    assert np.array_equal(found["pixels"], expected["pixels"])


def test_lists_and_other_objects_as_labels(tmp_path):
    found = logged(tmp_path / "a", picture(), BOXES.tolist(), labels=(1, 2.5, None, "d"))
    expected = logged(tmp_path / "b", picture(), BOXES, labels=["1", "2.5", "", "d"])
    assert np.array_equal(found["pixels"], expected["pixels"])


def test_uint16_is_drawn_on_in_8_bits(tmp_path):
    wide = picture().astype(np.uint16) * 256 + 77
    found = logged(tmp_path / "a", wide, BOXES)
    assert np.array_equal(found["pixels"], logged(tmp_path / "b", picture(), BOXES)["pixels"])


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ((picture(), np.zeros(4)), ValueError),
        ((picture(), np.zeros((2, 5))), ValueError),
        ((picture(), np.zeros((1, 2, 4))), ValueError),
        ((picture(), np.zeros((2, 4), complex)), TypeError),
        ((picture(), None), TypeError),
        ((picture("HW"), BOXES), ValueError),
        ((np.zeros((5, 4, 4)), BOXES), ValueError),
        ((np.zeros((3, 0, 4)), BOXES), ValueError),
        (("cat.png", BOXES), TypeError),
        ((picture(), BOXES, 1, None, 0), ValueError),
        ((picture(), BOXES, 1, None, 0.001), ValueError),
        ((picture(), BOXES, 1, None, math.nan), ValueError),
        ((picture(), BOXES, 1, None, "big"), TypeError),
        ((picture(), BOXES, math.inf), ValueError),
        ((picture(), BOXES, 1, None, 1, "HWX"), ValueError),
        ((picture(), BOXES, 1, None, 1, "HHW"), ValueError),
    ],
)
def test_errors_name_the_tag_and_log_nothing(tmp_path, arguments, kind):
    with SummaryWriter(str(tmp_path)) as writer, pytest.raises(kind, match="'b'"):
        writer.add_image_with_boxes("b", *arguments)
    assert not any(event.summary.value for event in read_events(tmp_path))


def test_without_pillow_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with (
        SummaryWriter(str(tmp_path)) as writer,
        pytest.raises(ImportError, match=r"pip install ringboard\[image\]"),
    ):
        writer.add_image_with_boxes("b", picture(), BOXES)
