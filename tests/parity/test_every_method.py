"""Steps, wall times and tags mean with every method what they mean with torch's."""

from __future__ import annotations

import inspect
from decimal import Decimal
from fractions import Fraction

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from ringboard import SummaryWriter
from tests.parity.pair import WRITERS
from tests.support.events import read_events

PICTURE = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
CURVE = np.arange(18.0).reshape(6, 3)

# Each logs something at (tag, step, wall time), given by position as torch's signature has them.
METHODS = {
    "add_scalar": lambda w, tag, step, time: w.add_scalar(tag, 1.5, step, time),
    "add_scalar, new style": lambda w, tag, step, time: w.add_scalar(tag, 1.5, step, time, True),
    "add_scalars": lambda w, tag, step, time: w.add_scalars(tag, {"k": 1.5}, step, time),
    "add_tensor": lambda w, tag, step, time: w.add_tensor(tag, torch.ones(2), step, time),
    "add_histogram": lambda w, tag, step, time: w.add_histogram(tag, np.ones(3), step, "tensorflow", time),
    "add_histogram, bins": lambda w, tag, step, time: w.add_histogram(tag, np.ones(3), step, 3, time),
    "add_histogram_raw": lambda w, tag, step, time: w.add_histogram_raw(
        tag, 0, 1, 2, 3, 4, [1.0], [2.0], step, time
    ),
    "add_image": lambda w, tag, step, time: w.add_image(tag, PICTURE, step, time),
    "add_images": lambda w, tag, step, time: w.add_images(tag, PICTURE[np.newaxis], step, time),
    "add_image_with_boxes": lambda w, tag, step, time: w.add_image_with_boxes(
        tag, PICTURE, np.array([[0, 0, 2, 2]]), step, time
    ),
    "add_figure": lambda w, tag, step, time: w.add_figure(tag, figure(), step, True, time),
    "add_audio": lambda w, tag, step, time: w.add_audio(tag, np.zeros(9), step, 8000, time),
    "add_text": lambda w, tag, step, time: w.add_text(tag, "text", step, time),
    "add_pr_curve": lambda w, tag, step, time: w.add_pr_curve(
        tag, np.array([0, 1]), np.array([0.1, 0.9]), step, 5, None, time
    ),
    "add_pr_curve_raw": lambda w, tag, step, time: w.add_pr_curve_raw(tag, *CURVE, step, 5, None, time),
    "add_mesh": lambda w, tag, step, time: w.add_mesh(
        tag, torch.zeros(1, 3, 3), None, None, None, step, time
    ),
}
# torch's add_video writes nothing with a current moviepy; see tests/kinds/test_video.py.
NO_PEER = {"add_video"}
STEPS = [
    None, 0, 1, -5, 2**62, 2**63 - 1, -(2**63), 3.9, -3.9, True, "7", np.int8(-3), np.uint64(5),
    np.float32(2.5), np.bool_(True), np.array(3), torch.tensor(4), torch.tensor([5]),
    torch.tensor(4.7), Fraction(7, 2), Decimal("-2.5"),
]  # fmt: skip
WALL_TIMES = [
    0,
    1.5,
    -3.0,
    1e9 + 1 / 3,
    True,
    np.float64(7.25),
    np.float32(0.1),
    np.int64(12),
    Fraction(1, 2),
]
TAGS = [
    "plain",
    "with/slash",
    "with space",
    "",
    "ünïcödé 損失 🙂",
    "a" * 3000,
    "\t\n",
    "/lead",
    "trail/",
    "a.b",
]


def figure() -> Figure:
    with mpl.rc_context({"figure.figsize": (0.4, 0.3), "figure.dpi": 20}):
        return Figure()


def test_every_method_with_a_step_is_here():
    wanted = {
        name
        for name, routine in inspect.getmembers(WRITERS["torch"], inspect.isfunction)
        if {"tag", "global_step"} <= set(inspect.signature(routine).parameters)
    } | {"add_scalars"}
    # Embeddings are files of their own: they have no event and no wall time.
    assert {name.split(",")[0] for name in METHODS} == wanted - NO_PEER - {"add_embedding"}


@pytest.mark.parametrize("method", METHODS)
def test_steps(pair, method):
    pair.same(lambda writer: [METHODS[method](writer, "t", step, None) for step in STEPS])
    assert len({event.step for event in read_events(pair.ours)}) > 10


@pytest.mark.parametrize("method", METHODS)
def test_wall_times(pair, method):
    pair.same(lambda writer: [METHODS[method](writer, "t", 1, time) for time in WALL_TIMES])
    ours, theirs = (
        [event.wall_time for event in read_events(path) if event.summary.value]
        for path in (pair.ours, pair.theirs)
    )
    assert ours == theirs == [float(time) for time in WALL_TIMES]


@pytest.mark.parametrize("method", METHODS)
def test_tags(pair, method):
    # A run's directory bears the tag: a name of 3000 letters is none.
    tags = [tag for tag in TAGS if method != "add_scalars" or len(tag) < 250]
    pair.same(lambda writer: [METHODS[method](writer, tag, 1, None) for tag in tags])


@pytest.mark.parametrize("method", [*METHODS, "add_video"])
def test_no_step_is_step_zero_at_the_present_time(tmp_path, method):
    video = np.zeros((1, 2, 3, 4, 4), np.uint8)
    calls = METHODS | {"add_video": lambda w, tag, step, time: w.add_video(tag, video, step, 4, time)}
    with SummaryWriter(tmp_path) as writer:
        calls[method](writer, "t", None, None)
    events = read_events(tmp_path)
    assert [event.step for event in events if event.summary.value] == [0]
    header, event = events[0], next(event for event in events if event.summary.value)
    assert 0 <= event.wall_time - header.wall_time < 600
