"""FileWriter and EventFileWriter take other people's protobufs and leave what torch's leave."""

from __future__ import annotations

import os
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import tensorboardX.summary
import torch
from tensorboard.compat.proto.event_pb2 import Event, LogMessage, SessionLog
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from torch.utils.tensorboard import FileWriter as TorchFileWriter
from torch.utils.tensorboard import summary
from torch.utils.tensorboard._pytorch_graph import graph as torch_graph

import ringboard
from tests.support.events import read_events
from tests.support.views import assert_same_events

SUMMARIES = {
    "scalar": lambda: summary.scalar("t", 2.5),
    "scalar, new style": lambda: summary.scalar("t", 2.5, new_style=True, double_precision=True),
    "histogram": lambda: summary.histogram("t", np.arange(9.0), bins=3),
    "histogram_raw": lambda: summary.histogram_raw("t", 0, 1, 2, 3, 4, [1.0, 2.0], [1.0, 1.0]),
    "image": lambda: summary.image("t", np.zeros((3, 4, 5), np.uint8), dataformats="CHW"),
    "image_boxes": lambda: summary.image_boxes("t", np.zeros((3, 9, 9), np.uint8), np.array([[1, 1, 5, 5]])),
    "audio": lambda: summary.audio("t", np.linspace(-1, 1, 50), 8000),
    "text": lambda: summary.text("t", "ünï"),
    "tensor_proto": lambda: summary.tensor_proto("t", torch.arange(6.0).reshape(2, 3)),
    "pr_curve": lambda: summary.pr_curve("t", np.array([0, 1, 1]), np.array([0.1, 0.6, 0.9])),
    "pr_curve_raw": lambda: summary.pr_curve_raw("t", *np.arange(18.0).reshape(6, 3)),
    "mesh": lambda: summary.mesh("t", torch.zeros(1, 3, 3), None, None, {}),
    "custom_scalars": lambda: summary.custom_scalars({"c": {"t": ["Multiline", ["a", "b"]]}}),
    "hparams experiment": lambda: summary.hparams({"lr": 0.1, "on": True, "s": "x"}, {"m": 1})[0],
    "hparams start": lambda: summary.hparams({"lr": 0.1, "on": True, "s": "x"}, {"m": 1})[1],
    "hparams end": lambda: summary.hparams({"lr": 0.1, "on": True, "s": "x"}, {"m": 1})[2],
    "hparams of tensorboardX": lambda: tensorboardX.summary.hparams({"lr": 0.1, "on": True}, {"m": 1})[1],
    "scalar of tensorboardX": lambda: tensorboardX.summary.scalar("t", 2.5),
    "several values": lambda: Summary(
        value=[Summary.Value(tag="a", simple_value=1), Summary.Value(tag="b", simple_value=2)]
    ),
    "nothing": Summary,
}

STEPS = [
    None, 0, 7, -3, 3.9, "12", True, 2**63 - 1, -(2**63), np.int32(5), np.float64(4.5), np.array(6),
    torch.tensor(8), torch.tensor([9]), Fraction(7, 2), Decimal("5.5"),
]  # fmt: skip
WALL_TIMES = [None, 0, 0.0, 12.5, -1.0, np.float64(3.25), np.float32(0.5), 1_700_000_000]


class Writers:
    """Ours and torch's, and the comparison of what they wrote."""

    def __init__(self, root, ours=ringboard.FileWriter, theirs=TorchFileWriter) -> None:
        self.root = root
        self.classes = {"ours": ours, "theirs": theirs}

    def same(self, fill, *, theirs=None) -> None:
        for peer, writer_class in self.classes.items():
            writer = writer_class(str(self.root / peer))
            (theirs or fill if peer == "theirs" else fill)(writer)
            writer.close()
        assert_same_events(self.root / "ours", self.root / "theirs")

    def wall_times(self, peer: str) -> list[float]:
        return [event.wall_time for event in read_events(self.root / peer)[1:]]


@pytest.fixture
def writers(tmp_path):
    return Writers(tmp_path)


# -- summaries ---------------------------------------------------------------------------------------------


# tensorboardX's messages are of other classes than torch's, which torch's FileWriter refuses.
@pytest.mark.parametrize("name", [name for name in SUMMARIES if "tensorboardX" not in name])
def test_summaries_of_torch(writers, name):
    writers.same(lambda writer: writer.add_summary(SUMMARIES[name](), 3, 4.5))
    assert writers.wall_times("ours") == [4.5]


@pytest.mark.parametrize("name", [name for name in SUMMARIES if "tensorboardX" in name])
def test_summaries_of_tensorboardx(writers, name):
    def theirs(writer):
        writer.add_summary(Summary.FromString(SUMMARIES[name]().SerializeToString()), 3)

    writers.same(lambda writer: writer.add_summary(SUMMARIES[name](), 3), theirs=theirs)


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_steps_of_summaries(writers, step):
    writers.same(lambda writer: writer.add_summary(summary.scalar("t", 1.0), step))


@pytest.mark.parametrize("walltime", WALL_TIMES, ids=repr)
def test_wall_times_of_summaries(writers, walltime):
    writers.same(lambda writer: writer.add_summary(summary.scalar("t", 1.0), 1, walltime))
    assert_wall_time(writers, walltime)


def assert_wall_time(writers, walltime):
    (ours,), (theirs,) = writers.wall_times("ours"), writers.wall_times("theirs")
    if walltime is None:
        assert abs(ours - theirs) < 600
    else:
        assert ours == theirs == float(walltime)


def test_keywords(writers):
    writers.same(
        lambda writer: [
            writer.add_summary(summary=summary.scalar("t", 1.0), global_step=2, walltime=3.0),
            writer.add_event(event=Event(summary=summary.scalar("t", 1.0)), step=4, walltime=5.0),
        ]
    )


# -- events ------------------------------------------------------------------------------------------------

EVENTS = {
    "summary": lambda: Event(summary=summary.scalar("t", 2.5), step=5, wall_time=6.5),
    "negative step": lambda: Event(summary=summary.scalar("t", 2.5), step=-(2**63)),
    "version": lambda: Event(file_version="brain.Event:2", step=9),
    "session": lambda: Event(session_log=SessionLog(status=SessionLog.STOP), step=9),
    "graph": lambda: Event(graph_def=GraphDef().SerializeToString()),
    "log message": lambda: Event(log_message=LogMessage(message="m")),
    "nothing": Event,
}


@pytest.mark.parametrize("name", EVENTS)
def test_events(writers, name):
    writers.same(lambda writer: writer.add_event(EVENTS[name]()))
    assert_wall_time(writers, None)  # the event's own is replaced by the present time


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_steps_of_events(writers, step):
    writers.same(lambda writer: writer.add_event(EVENTS["summary"](), step))


@pytest.mark.parametrize("walltime", WALL_TIMES, ids=repr)
def test_wall_times_of_events(writers, walltime):
    writers.same(lambda writer: writer.add_event(EVENTS["summary"](), None, walltime))
    assert_wall_time(writers, walltime)


@pytest.mark.parametrize("name", [name for name in EVENTS if EVENTS[name]().wall_time])
def test_events_given_to_the_event_writer_are_written_as_they_are(writers, name):
    writers.same(lambda writer: writer.event_writer.add_event(EVENTS[name]()))
    assert writers.wall_times("ours") == writers.wall_times("theirs") == [EVENTS[name]().wall_time]


def test_event_file_writer(tmp_path):
    writers = Writers(tmp_path, ringboard.EventFileWriter, EventFileWriter)
    writers.same(lambda writer: [writer.add_event(EVENTS["summary"]()), writer.flush()])
    assert writers.wall_times("ours") == [6.5]


# Differences.


def test_an_event_without_a_wall_time_gets_the_present_one(tmp_path):
    writers = Writers(tmp_path)
    writers.same(lambda writer: writer.event_writer.add_event(EVENTS["version"]()))
    assert writers.wall_times("theirs") == [0.0]
    assert writers.wall_times("ours")[0] > 1e9


def test_the_event_that_is_passed_stays_as_it_is(tmp_path):
    event = EVENTS["summary"]()
    writer = ringboard.FileWriter(tmp_path)
    writer.add_event(event, 77, 88.0)
    writer.close()
    assert event == EVENTS["summary"]()
    assert (read_events(tmp_path)[-1].step, read_events(tmp_path)[-1].wall_time) == (77, 88.0)


def test_bytes_are_taken_for_messages(writers):
    graph = GraphDef().SerializeToString()
    writers.same(
        lambda writer: [
            writer.add_summary(summary.scalar("t", 2.5).SerializeToString(), 3),
            writer.add_event(EVENTS["summary"]().SerializeToString()),
            writer.add_onnx_graph(graph),
        ],
        theirs=lambda writer: [
            writer.add_summary(summary.scalar("t", 2.5), 3),
            writer.add_event(EVENTS["summary"]()),
            writer.add_onnx_graph(GraphDef()),
        ],
    )


# -- graphs ------------------------------------------------------------------------------------------------


def test_graphs_of_torch(writers):
    protos = torch_graph(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU()), torch.ones(1, 2))
    writers.same(
        lambda writer: [
            writer.add_graph(protos),
            writer.add_graph(protos, 12.5),
            writer.add_onnx_graph(protos[0]),
            writer.add_onnx_graph(protos[0], walltime=13.5),
        ]
    )
    for peer in ("ours", "theirs"):
        times = writers.wall_times(peer)
        assert times[2:4] + times[5:] == [12.5, 12.5, 13.5]


# -- life --------------------------------------------------------------------------------------------------


def test_constructor_by_position(tmp_path):
    for peer, writer_class in {"ours": ringboard.FileWriter, "theirs": TorchFileWriter}.items():
        writer = writer_class(tmp_path / peer, 3, 7, ".end")
        assert writer.get_logdir() == str(tmp_path / peer)
        writer.close()
        assert [name.endswith(".end") for name in os.listdir(tmp_path / peer)] == [True]


def test_flush_and_close_twice(writers):
    def fill(writer):
        writer.add_summary(summary.scalar("t", 1.0), 1)
        writer.flush()
        writer.flush()
        writer.close()
        writer.close()

    writers.same(fill)


def test_a_closed_one_opens_a_new_file_where_torchs_raises(tmp_path):
    theirs = TorchFileWriter(str(tmp_path / "theirs"))
    theirs.close()
    with pytest.raises(OSError, match="closed"):
        theirs.add_summary(summary.scalar("t", 1.0), 1)

    ours = ringboard.FileWriter(tmp_path / "ours")
    ours.close()
    ours.add_summary(summary.scalar("t", 1.0), 1)
    ours.close()
    ours.reopen()
    ours.add_summary(summary.scalar("t", 2.0), 2)
    ours.reopen()  # of an open one: nothing
    ours.close()
    assert len(os.listdir(tmp_path / "ours")) == 3
    assert [event.step for event in read_events(tmp_path / "ours") if event.summary.value] == [1, 2]


# -- errors ------------------------------------------------------------------------------------------------

GOOD = Event(summary=summary.scalar("t", 1.0))


@pytest.mark.parametrize("bad", ["text", 5, None, object(), {"t": 1.0}], ids=repr)
@pytest.mark.parametrize("method", ["add_summary", "add_event", "add_onnx_graph"])
def test_what_is_no_message(tmp_path, method, bad):
    for peer, writer_class in {"ours": ringboard.FileWriter, "theirs": TorchFileWriter}.items():
        writer = writer_class(str(tmp_path / peer))
        if peer == "theirs":
            if method != "add_summary" or bad is not None:  # torch writes an event with nothing in it
                with pytest.raises((TypeError, AttributeError, ValueError)):
                    getattr(writer, method)(bad)
        else:
            with pytest.raises(TypeError, match=re.escape(type(bad).__name__)):
                getattr(writer, method)(bad)
        writer.close()
    assert len(read_events(tmp_path / "ours")) == 1


@pytest.mark.parametrize(
    ("step", "walltime", "kind"),
    [
        (float("nan"), None, ValueError),
        (2**63, None, ValueError),
        ("seven", None, ValueError),
        ([1], None, TypeError),
        (None, "now", TypeError),
        (None, [1.0], TypeError),
    ],
)
def test_bad_steps_and_wall_times_raise_what_torch_raises(tmp_path, step, walltime, kind):
    for peer, writer_class in {"ours": ringboard.FileWriter, "theirs": TorchFileWriter}.items():
        writer = writer_class(str(tmp_path / peer))
        with pytest.raises(kind):
            writer.add_event(Event.FromString(GOOD.SerializeToString()), step, walltime)
        writer.close()
        assert len(read_events(tmp_path / peer)) == 1
