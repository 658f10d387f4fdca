"""rules= drops what TensorBoard's own readers drop, on whatever they are given."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2

import ringboard
from ringboard import SummaryWriter
from tests.support import rustboard
from tests.support.records import frame

TAGS = st.sampled_from(["a", "b", "c"])
STEPS = st.integers(-2, 8)
VALUE = st.tuples(st.just("value"), STEPS, st.lists(TAGS, min_size=1, max_size=3))
EVENTS = st.one_of(
    VALUE,
    VALUE,
    VALUE,
    st.tuples(st.just("session"), STEPS, st.sampled_from([0, 1, 1, 2])),
    st.tuples(
        st.just("version"), STEPS, st.sampled_from(["brain.Event:2", "brain.Event:1", "?", "brain.Event:3"])
    ),
    st.tuples(st.just("empty"), STEPS, st.none()),
    st.tuples(st.just("graph"), STEPS, st.none()),
    st.tuples(st.just("text"), STEPS, TAGS),
)


def as_proto(kind, step, what):
    event = event_pb2.Event(step=step, wall_time=1000.0)
    if kind == "value":
        for tag in what:
            event.summary.value.add(tag=tag, simple_value=step)
    elif kind == "session":
        event.session_log.status = what
    elif kind == "version":
        event.file_version = what
    elif kind == "empty":
        event.summary.SetInParent()
    elif kind == "graph":
        event.graph_def = b"\n\x00"
    else:
        value = event.summary.value.add(tag=f"text of {what}")
        value.tensor.CopyFrom(summary_pb2.Summary.Value().tensor)
        value.tensor.dtype = 7
        value.tensor.string_val.append(b"x")
        value.metadata.plugin_data.plugin_name = "text"
    return event


def write(directory, files):
    for number, events in enumerate(files):
        content = b"".join(frame(as_proto(*each).SerializeToString()) for each in events)
        Path(directory, f"events.out.tfevents.{number}").write_bytes(content)


def shown_by_tensorboard(directory):
    loader = EventAccumulator(
        str(directory), size_guidance={"tensors": 0}, tensor_size_guidance={}, purge_orphaned_data=True
    )
    loader.Reload()
    found = {tag: [event.step for event in loader.Tensors(tag)] for tag in loader.Tags()["tensors"]}
    return {tag: steps for tag, steps in found.items() if steps}


def read(directory, rules):
    log = ringboard.read(directory, rules=rules)
    assert log.problems == []
    return {tag: series.steps.tolist() for tag, series in log.get(".", {}).items()}


@settings(max_examples=300)
@given(st.booleans(), st.lists(st.lists(EVENTS, max_size=14), min_size=1, max_size=3))
def test_tensorboards_rules(modern, files):
    if modern:
        files[0].insert(0, ("version", 0, "brain.Event:2"))
    with tempfile.TemporaryDirectory() as directory:
        write(directory, files)
        assert read(directory, "tensorboard") == shown_by_tensorboard(directory)


@settings(max_examples=15)
@given(
    st.lists(
        st.lists(st.tuples(st.just("value"), STEPS, TAGS.map(lambda tag: [tag])), max_size=20), max_size=2
    )
)
def test_rustboards_rules(files):
    with tempfile.TemporaryDirectory() as directory:
        write(directory, files)
        assert read(directory, "rustboard") == rustboard.steps_by_run(directory).get(".", {})


def test_a_restart_with_purge_step(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(10):
            writer.add_scalar("t", 1.0, step)
    with SummaryWriter(tmp_path, purge_step=4) as writer:
        for step in range(4, 7):
            writer.add_scalar("t", 2.0, step)
    assert len(ringboard.read(tmp_path)["."]["t"]) == 13
    for rules in ("tensorboard", "rustboard"):
        series = ringboard.read(tmp_path, rules=rules)["."]["t"]
        assert series.steps.tolist() == [0, 1, 2, 3, 4, 5, 6]
        assert series.values.tolist() == [1.0] * 4 + [2.0] * 3


def test_rules_see_what_is_not_asked_for(tmp_path):
    """A point may be dropped by one that tags, kinds or since leave out."""
    write(tmp_path, [[("value", step, [tag]) for step, tag in ((4, "a"), (9, "b"), (4, "a"), (3, "c"))]])
    log = ringboard.read(tmp_path, tags="a", rules="tensorboard")
    assert list(log["."]) == ["a"]
    assert log["."]["a"].steps.tolist() == [4]  # b's step is what the second 4 goes back from
    write(tmp_path, [[("value", step, ["a"]) for step in (4, 5, 3)]])
    assert len(ringboard.read(tmp_path, since=4, rules="rustboard")) == 0


def test_unknown_rules(tmp_path):
    with pytest.raises(ValueError, match="'tensorboard' or 'rustboard'"):
        ringboard.read(tmp_path, rules="tb")
