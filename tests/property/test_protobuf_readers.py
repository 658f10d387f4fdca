"""The readers of other people's messages: right wherever protobuf's own is, an error anywhere else."""

from __future__ import annotations

import copy
import math
import pickle
import tempfile

from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2, summary_pb2

from ringboard import FileWriter, proto
from ringboard.summaries.serialized import Serialized, summary_of
from tests import walk

INT64 = st.integers(-(2**63), 2**63 - 1)
UINT64 = st.integers(0, 2**64 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
DOUBLES = st.floats()


@st.composite
def padded_varints(draw, numbers=UINT64) -> bytes:
    """Varints as no writer makes them but every reader takes them: with zeros on top."""
    number = draw(numbers)
    short = proto.varint(number)
    padding = draw(st.integers(0, 10 - len(short)))
    if padding == 0:
        return short
    return short[:-1] + bytes([short[-1] | 0x80]) + b"\x80" * (padding - 1) + b"\0"


@st.composite
def any_fields(draw) -> bytes:
    """A field of a number that Event has or has not, of any wire type that is still in use."""
    number, wire_type = draw(st.sampled_from([1, 2, 3, 5, 7, 99])), draw(st.sampled_from([0, 1, 2, 5]))
    key = draw(padded_varints(st.just(number << 3 | wire_type)))
    if len(key) > 5:  # a key has 32 bits
        key = proto.varint(number << 3 | wire_type)
    if wire_type == 0:
        return key + draw(padded_varints())
    if wire_type == 2:
        body = draw(st.binary(max_size=9))
        return key + proto.varint(len(body)) + body
    return key + draw(st.binary(min_size=8 if wire_type == 1 else 4, max_size=8 if wire_type == 1 else 4))


values = st.builds(
    lambda tag, number: summary_pb2.Summary.Value(tag=tag, simple_value=number),
    TEXT,
    st.floats(width=32),
)
summaries = st.builds(lambda each: summary_pb2.Summary(value=each), st.lists(values, max_size=4))
events = st.one_of(
    st.builds(
        lambda time, step, summary: event_pb2.Event(wall_time=time, step=step, summary=summary),
        DOUBLES, INT64, summaries,
    ),
    st.builds(lambda time, step, body: event_pb2.Event(wall_time=time, step=step, graph_def=body),
              DOUBLES, INT64, st.binary(max_size=40)),
)  # fmt: skip


def same(left: float, right: float) -> bool:
    return left == right or (math.isnan(left) and math.isnan(right))


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=60), st.lists(any_fields(), max_size=6).map(b"".join)))
def test_fields_cover_the_message_or_there_is_an_error(data):
    try:
        found = list(proto.fields(data))
    except ValueError as error:
        if "protobuf" not in str(error):
            raise
        return
    starts = [start for *_, start, _end in found]
    ends = [end for *_, end in found]
    assert [0, *ends[:-1]] == starts if found else data == b""
    assert not found or ends[-1] == len(data)


@settings(max_examples=200)
@given(
    st.one_of(
        st.lists(any_fields(), max_size=6).map(b"".join),
        events.map(lambda event: event.SerializeToString()),
        st.binary(max_size=40),
    )
)
def test_what_protobuf_reads_is_split_alike(data):
    try:
        event = event_pb2.Event.FromString(data)
    except DecodeError:
        return
    try:
        wall_time, step, body = proto.split_event(data)
    except ValueError as error:
        if "wire type" not in str(error):  # groups, which are no longer in use
            raise
        return
    assert same(wall_time or 0.0, event.wall_time)
    assert step == event.step
    rest = event_pb2.Event.FromString(body)
    event.ClearField("wall_time")
    event.ClearField("step")
    assert rest.SerializeToString(deterministic=True) == event.SerializeToString(deterministic=True)


@settings(max_examples=200)
@given(st.lists(any_fields(), max_size=6).map(b"".join), st.sampled_from([1, 3, 5, 99]))
def test_field_of_is_the_first_of_its_number(data, number):
    wanted = [
        (start, end)
        for found, wire_type, start, end in proto.fields(data)
        if (found, wire_type) == (number, 2)
    ]
    try:
        content = proto.field_of(data, number)
    except ValueError:
        assert not wanted
        return
    start, end = wanted[0]
    assert data[start:end].endswith(content)
    assert len(content) <= 9  # of what any_fields makes


@settings(max_examples=60)
@given(summaries)
def test_a_serialized_summary_is_as_the_message(summary):
    data = summary.SerializeToString()
    held = Serialized(data)
    assert held.ByteSize() == len(data)
    for other in (held, copy.copy(held), pickle.loads(pickle.dumps(held))):
        assert other == held
        assert other.to_message() == summary
    assert [value.tag for value in held.value] == [value.tag for value in summary.value]
    held.value.add(tag="more")
    assert summary_pb2.Summary.FromString(held.SerializeToString()).value[-1].tag == "more"
    assert summary_of(event_pb2.Event(step=3, summary=summary).SerializeToString()) == summary


@settings(max_examples=60)
@given(st.lists(events, max_size=8))
def test_events_of_others_arrive_as_they_are(logged):
    # Without a wall time they get the present one, and what is not finite is refused.
    logged = [event for event in logged if math.isfinite(event.wall_time) and event.wall_time != 0]
    with tempfile.TemporaryDirectory() as logdir:
        writer = FileWriter(logdir)
        for event in logged:
            writer.event_writer.add_event(event)
        writer.close()
        found = walk.events(logdir)[1:]
    assert len(found) == len(logged)
    for event, wanted in zip(found, logged, strict=True):
        assert event.SerializeToString() == wanted.SerializeToString()  # a NaN differs from itself
