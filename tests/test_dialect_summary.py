"""Summary functions: what they return is what the originals' functions return, as TensorBoard sees it."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import tensorboardX.summary
import torch
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from torch.utils.tensorboard import summary as torch_summary

import ringboard
from ringboard import dialect_summary as ours
from ringboard.summaries.serialized import Serialized
from tests.support.events import read_events
from tests.support.views import compare, views

RNG = np.random.default_rng(1)
PICTURE = RNG.integers(0, 256, (3, 8, 9), dtype=np.uint8)
VERTICES = RNG.normal(size=(1, 5, 3)).astype(np.float32)
LABELS, PREDICTIONS = RNG.integers(0, 2, 50), RNG.random(50)
LAYOUT = {"c": {"lines": ["Multiline", ["a", "b"]], "band": ["Margin", ["a", "b", "c"]]}}
BOXES = np.array([[1.0, 1.0, 6.0, 5.0]])
COUNTS = (0.0, 1.0, 2.0, 1.0, 1.0, [0.5, 1.0], [1.0, 1.0])


def seen(*summaries) -> list:
    return views([Event(summary=Summary.FromString(one.SerializeToString())) for one in summaries])


CASES = {
    "scalar": (lambda s: s.scalar("a", 0.25), "torch X"),
    "new style": (lambda s: s.scalar("a", 0.1, new_style=True), "torch"),
    "double": (lambda s: s.scalar("a", 0.1, new_style=True, double_precision=True), "torch"),
    "named": (lambda s: s.scalar("a", 1.0, display_name="d", summary_description="what"), "X"),
    "histogram": (lambda s: s.histogram("h", RNG_VALUES, ours.default_bins()), "torch X"),
    "histogram of 10": (lambda s: s.histogram("h", RNG_VALUES, 10), "torch X"),
    "histogram merged": (lambda s: s.histogram("h", RNG_VALUES, 64, max_bins=7), "torch X"),
    "histogram_raw": (lambda s: s.histogram_raw("h", *COUNTS), "torch X"),
    "image": (lambda s: s.image("i", PICTURE, dataformats="CHW"), "torch X"),
    "image grid": (lambda s: s.image("i", np.stack([PICTURE] * 9), dataformats="NCHW"), "torch X"),
    "grey": (lambda s: s.image("i", PICTURE[:1] / 255, dataformats="CHW"), "torch X"),
    "audio": (lambda s: s.audio("a", torch.linspace(-1, 1, 50), sample_rate=8000), "torch"),
    "text": (lambda s: s.text("t", "# größer"), "torch X"),
    "layout": (lambda s: s.custom_scalars(LAYOUT), "torch X"),
    "pr_curve": (lambda s: s.pr_curve("p", LABELS, PREDICTIONS), "torch X"),
    "pr_curve_raw": (lambda s: s.pr_curve_raw("p", *np.ones((6, 4))), "torch X"),
    "mesh": (lambda s: s.mesh("m", torch.tensor(VERTICES), None, None, {"a": 1}), "torch"),
    "tensor": (lambda s: s.tensor_proto("t", torch.arange(6).reshape(2, 3)), "torch"),
}
RNG_VALUES = RNG.normal(size=500)
PEERS = {"torch": torch_summary, "X": tensorboardX.summary}
PAIRS = [(name, peer) for name, (_make, peers) in CASES.items() for peer in peers.split()]


@pytest.mark.parametrize(("name", "peer"), PAIRS)
def test_summary(name, peer):
    make = CASES[name][0]
    assert compare(seen(make(ours)), seen(make(PEERS[peer])), rtol=1e-12) == []


@pytest.mark.parametrize("peer", PEERS)
def test_hparams(peer):
    arguments = {"lr": 0.1, "opt": "sgd", "none": None}, {"loss": 1.0}
    assert compare(seen(*ours.hparams(*arguments)), seen(*PEERS[peer].hparams(*arguments))) == []


def test_boxes_and_scale_are_those_of_the_method(tmp_path):
    with ringboard.SummaryWriter(tmp_path) as writer:
        writer.add_image_with_boxes("i", PICTURE, BOXES, rescale=2, labels=["x"])
        writer.file_writer.add_summary(ours.image_boxes("i", PICTURE, BOXES, 2, labels=["x"]))
        writer.file_writer.add_summary(ours.image("i", PICTURE, rescale=2))
    boxed, same, plain = views(read_events(tmp_path))
    assert boxed == same
    assert plain.payload["pixels"].shape == (16, 18, 3)


def test_parts_are_messages_of_their_own():
    assert isinstance(ours.make_histogram(RNG_VALUES, 5).to_message(), HistogramProto)
    assert ours.make_image(PICTURE.transpose(1, 2, 0)).height == 8
    video = ours.make_video(RNG.integers(0, 256, (4, 6, 5, 3), dtype=np.uint8), 4)
    assert (video.height, video.width, video.colorspace) == (6, 5, 3)
    assert video.encoded_image_string.startswith(b"GIF89a")


@pytest.mark.parametrize("weights", [None, RNG.random(50)])
def test_compute_curve(weights):
    theirs = torch_summary.compute_curve(LABELS, PREDICTIONS, 20, weights)
    assert np.array_equal(ours.compute_curve(LABELS, PREDICTIONS, 20, weights), theirs)


def test_default_bins(tmp_path):
    theirs = tensorboardX.SummaryWriter(str(tmp_path))
    assert ours.default_bins() == theirs.default_bins
    theirs.close()


def test_bad_input_names_the_tag():
    for make in (
        lambda: ours.image("tag", np.ones(3)),
        lambda: ours.histogram("tag", [], 5),
        lambda: ours.scalar("tag", [1, 2]),
        lambda: ours.text("tag", 3),
    ):
        with pytest.raises((TypeError, ValueError), match="tag"):
            make()


# --- the object ---------------------------------------------------------------------------------------


def test_it_is_logged_as_it_is(tmp_path):
    with ringboard.SummaryWriter(tmp_path) as writer:
        writer.file_writer.add_summary(ours.scalar("a", 0.5), 7)
    (event,) = (event for event in read_events(tmp_path) if event.summary.value)
    assert (event.step, event.summary.value[0].tag, event.summary.value[0].simple_value) == (7, "a", 0.5)


def test_fields_are_read_and_set_as_protobufs():
    summary = ours.scalar("a", 0.5)
    assert summary.value[0].tag == "a"
    summary.value[0].tag = "b"
    assert Summary.FromString(summary.SerializeToString()).value[0].tag == "b"
    assert summary.ByteSize() == len(summary.SerializeToString())
    with pytest.raises(AttributeError):
        _ = summary.no_such_field


@pytest.mark.parametrize("remade", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_are_equal(remade):
    summary = ours.scalar("a", 0.5)
    assert remade(summary) == summary == Summary.FromString(summary.SerializeToString())
    assert summary != ours.scalar("a", 0.25)
    assert isinstance(remade(summary), Serialized)
