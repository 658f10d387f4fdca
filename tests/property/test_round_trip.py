"""Any tag, value and step comes back from the file as it went in."""

from __future__ import annotations

import math
import struct
import tempfile

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ringboard import SummaryWriter
from tests import walk

TAGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
INT64 = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=True, allow_infinity=True)
TIMES = st.floats(allow_nan=False, allow_infinity=False)


def float32_bits(value: float) -> bytes:
    """As IEEE 754 rounds it; every NaN is one."""
    with np.errstate(over="ignore"):
        return b"nan" if math.isnan(value) else struct.pack("<f", np.float32(value))


def logged(fill) -> list:
    with tempfile.TemporaryDirectory() as logdir:
        with SummaryWriter(logdir) as writer:
            fill(writer)
        return [event for event in walk.events(logdir) if event.summary.value]


@settings(max_examples=150)
@given(
    st.lists(st.tuples(TAGS, FLOATS, INT64, TIMES), max_size=20),
    st.sampled_from(["plain", "float", "double"]),
)
def test_scalars(calls, style):
    options = {"new_style": style != "plain", "double_precision": style == "double"}

    def fill(writer):
        for tag, value, step, time in calls:
            writer.add_scalar(tag, value, step, time, **options)

    events = logged(fill)
    assert [event.step for event in events] == [step for _, _, step, _ in calls]
    assert [event.wall_time for event in events] == [time for *_, time in calls]
    values = [event.summary.value[0] for event in events]
    assert [value.tag for value in values] == [tag for tag, *_ in calls]
    if style == "double":
        stored = [value.tensor.double_val[0] for value in values]
        assert [repr(one) for one in stored] == [repr(value) for _, value, _, _ in calls]
    else:
        stored = [value.simple_value if style == "plain" else value.tensor.float_val[0] for value in values]
        assert [float32_bits(one) for one in stored] == [float32_bits(value) for _, value, _, _ in calls]


@settings(max_examples=60)
@given(st.dictionaries(TAGS, FLOATS, min_size=1, max_size=30), INT64, TIMES)
def test_log(values, step, time):
    (event,) = logged(lambda writer: writer.log(values, step, time))
    assert (event.step, event.wall_time) == (step, time)
    assert [value.tag for value in event.summary.value] == list(values)
    assert [float32_bits(value.simple_value) for value in event.summary.value] == [
        float32_bits(value) for value in values.values()
    ]


@settings(max_examples=60)
@given(TAGS, st.lists(st.tuples(FLOATS, INT64, TIMES), min_size=1, max_size=50))
def test_series(tag, points):
    values, steps, times = zip(*points, strict=True)
    events = logged(
        lambda writer: writer.add_scalar_series(tag, values, np.array(steps, np.int64), np.array(times))
    )
    assert [event.step for event in events] == list(steps)
    assert [event.wall_time for event in events] == list(times)
    assert [float32_bits(event.summary.value[0].simple_value) for event in events] == [
        float32_bits(value) for value in values
    ]


@settings(max_examples=60)
@given(TAGS, st.text(st.characters(exclude_categories=["Cs"])), INT64)
def test_text(tag, text, step):
    (event,) = logged(lambda writer: writer.add_text(tag, text, step))
    (value,) = event.summary.value
    assert (event.step, value.tag) == (step, f"{tag}/text_summary")
    assert value.tensor.string_val[0].decode() == text


@settings(max_examples=60)
@given(TAGS, st.lists(st.tuples(FLOATS, FLOATS), max_size=40), st.tuples(*[FLOATS] * 5), INT64)
def test_raw_histogram(tag, buckets, statistics, step):
    limits, counts = [limit for limit, _ in buckets], [count for _, count in buckets]
    (event,) = logged(lambda writer: writer.add_histogram_raw(tag, *statistics, limits, counts, step))
    (value,) = event.summary.value
    found = value.histo
    assert (event.step, value.tag) == (step, tag)
    assert repr([found.min, found.max, found.num, found.sum, found.sum_squares]) == repr(list(statistics))
    assert repr(list(found.bucket_limit)) == repr(limits)
    assert repr(list(found.bucket)) == repr(counts)
