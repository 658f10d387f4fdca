"""Any sequence of calls on several writers: the files hold what was accepted, in call order, and no more.

The other property tests log one kind at a time; here kinds, writers, flushes, closes and refused calls come
in any order, with values, steps and tags of every type that programs pass.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.util import tensor_util

from ringboard import SummaryWriter
from tests import walk
from tests.png_reference import decode
from tests.property.test_round_trip import FLOATS, float32_bits

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

# --- what programs pass -----------------------------------------------------------------------------

UNICODE = st.characters(exclude_categories=["Cs"])
ODD_TAGS = ["loss", "loss/train", "loss/train/", "/loss", "..", "a\0b", "\x1b[31m", "Ω \u202e x", ""]
TAGS = st.one_of(
    st.sampled_from(ODD_TAGS),
    st.text(UNICODE, max_size=12),
    st.builds(lambda part, times: part * times, st.text(UNICODE, min_size=1), st.integers(1, 1000)),
)

INT64 = st.integers(-(2**63), 2**63 - 1)
INTEGER_TYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64]
STEPS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    INT64,
    st.integers(0, 100),
    st.booleans(),
    st.builds(lambda kind, number: kind(number % 100), st.sampled_from(INTEGER_TYPES), st.integers(0, 99)),
    st.builds(np.uint64, st.integers(0, 2**63 - 1)),
    st.builds(np.array, st.integers(-5, 5)),
    st.builds(torch.tensor, INT64),
)


def as_of(kind: Callable[[Any], Any]) -> st.SearchStrategy[Any]:
    return FLOATS.map(kind)


def _narrow(kind: Any) -> Callable[[float], Any]:
    def make(value: float) -> Any:
        with np.errstate(over="ignore"):
            return kind(value)

    return make


VALUES: st.SearchStrategy[Any] = st.one_of(
    FLOATS,
    st.integers(-(2**70), 2**70),
    st.booleans(),
    as_of(np.float64),
    as_of(_narrow(np.float32)),
    as_of(_narrow(np.float16)),
    as_of(np.array),
    as_of(lambda value: np.array([[value]])),
    as_of(lambda value: np.array(value, ">f8")),
    as_of(lambda value: torch.tensor(value, dtype=torch.float64)),
    as_of(lambda value: torch.tensor([value], dtype=torch.float32, requires_grad=True)),
    as_of(lambda value: torch.tensor(value, dtype=torch.bfloat16)),
    st.builds(lambda kind, number: kind(number), st.sampled_from(INTEGER_TYPES), st.integers(0, 100)),
    st.builds(Fraction, st.integers(-9, 9), st.integers(1, 9)),
    st.builds(Decimal, st.integers(-9, 9)),
)
ARRAYS = st.one_of(
    st.lists(FLOATS, min_size=1, max_size=20).map(np.array),
    st.lists(st.integers(-100, 100), min_size=1, max_size=20).map(lambda numbers: np.array(numbers, np.int8)),
    st.lists(st.integers(0, 100), min_size=1, max_size=9).map(lambda numbers: torch.tensor(numbers).flip(0)),
)
PICTURES = st.builds(
    lambda height, width, seed: np.random.default_rng(seed).integers(0, 256, (3, height, width), np.uint8),
    st.integers(1, 9), st.integers(1, 9), st.integers(0, 99),
)  # fmt: skip

# --- what is expected -------------------------------------------------------------------------------


class Expected(NamedTuple):
    """One event, and what its values must be: (tag, check of a Summary.Value) each."""

    step: int
    values: list[tuple[str, Callable[[Summary.Value], bool]]]


def is_float32(value: Any) -> Callable[[Summary.Value], bool]:
    wanted = float32_bits(float(value.item() if hasattr(value, "item") else value))
    return lambda found: (
        found.WhichOneof("value") == "simple_value" and float32_bits(found.simple_value) == wanted
    )


def is_histogram_of(values: Any) -> Callable[[Summary.Value], bool]:
    numbers = np.asarray(values, np.float64).ravel()
    finite = numbers[np.isfinite(numbers)]

    def check(found: Summary.Value) -> bool:
        histo = found.histo
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
        in_buckets = sum(histo.bucket)
        return (histo.num, histo.min, histo.max) == (finite.size, low, high) and in_buckets <= finite.size

    return check


def is_text(text: str) -> Callable[[Summary.Value], bool]:
    return lambda found: found.tensor.string_val[0].decode() == text


def is_tensor(values: Any) -> Callable[[Summary.Value], bool]:
    wanted = np.asarray(values)
    return lambda found: np.array_equal(
        tensor_util.make_ndarray(found.tensor), wanted, equal_nan=wanted.dtype.kind == "f"
    )


def is_picture(pixels: np.ndarray) -> Callable[[Summary.Value], bool]:
    return lambda found: np.array_equal(decode(found.image.encoded_image_string), pixels.transpose(1, 2, 0))


# --- the calls: (strategy of a function (writer) -> what it should leave in the file) ----------------


def to_int(step: Any) -> int:
    return 0 if step is None else int(step)


def scalar(tag: str, value: Any, step: Any):
    def call(writer: SummaryWriter) -> Expected:
        writer.add_scalar(tag, value, step)
        return Expected(to_int(step), [(tag, is_float32(value))])

    return call


def handle(tag: str, value: Any, step: Any):
    def call(writer: SummaryWriter) -> Expected:
        writer.scalar(tag).add(value, step)
        return Expected(to_int(step), [(tag, is_float32(value))])

    return call


def log(values: dict[str, Any], step: Any):
    def call(writer: SummaryWriter) -> Expected:
        writer.log(values, step)
        return Expected(to_int(step), [(tag, is_float32(value)) for tag, value in values.items()])

    return call


def histogram(tag: str, values: Any, step: Any):
    def call(writer: SummaryWriter) -> Expected:
        writer.add_histogram(tag, values, step)
        return Expected(to_int(step), [(tag, is_histogram_of(values))])

    return call


def text(tag: str, content: str, step: Any):
    def call(writer: SummaryWriter) -> Expected:
        writer.add_text(tag, content, step)
        return Expected(to_int(step), [(f"{tag}/text_summary", is_text(content))])

    return call


def tensor(tag: str, values: Any, step: Any):
    def call(writer: SummaryWriter) -> Expected:
        writer.add_tensor(tag, values, step)
        return Expected(to_int(step), [(tag, is_tensor(values))])

    return call


def image(tag: str, pixels: np.ndarray, step: Any):
    def call(writer: SummaryWriter) -> Expected:
        writer.add_image(tag, pixels, step)
        return Expected(to_int(step), [(tag, is_picture(pixels))])

    return call


def refused(tag: str, what: int):
    """Calls that raise and must leave nothing behind, not even half of a log()."""
    calls = [
        lambda writer: writer.add_scalar(tag, None, 1),
        lambda writer: writer.add_scalar(tag, 1.0, 2**63),
        lambda writer: writer.add_scalar(tag + "\ud800", 1.0, 1),
        lambda writer: writer.log({"fine": 1.0, tag: "no number"}, 1),
        lambda writer: writer.log({"fine": 1.0, tag + "\udfff": 1.0}, 1),
        lambda writer: writer.add_scalar(tag, 1.0, 1, math.nan),
        lambda writer: writer.add_histogram(tag, [], 1),
        lambda writer: writer.add_image(tag, np.zeros((7, 3, 3)), 1),
        lambda writer: writer.add_text(tag, 3.5, 1),
    ]

    def call(writer: SummaryWriter) -> None:
        with pytest.raises((TypeError, ValueError)):
            calls[what % len(calls)](writer)

    return call


def flush():
    return SummaryWriter.flush


def close():
    return SummaryWriter.close  # the next call opens a new file


CALLS = st.one_of(
    st.builds(scalar, TAGS, VALUES, STEPS),
    st.builds(scalar, TAGS, VALUES, STEPS),
    st.builds(handle, TAGS, VALUES, STEPS),
    st.builds(log, st.dictionaries(TAGS, VALUES, min_size=1, max_size=5), STEPS),
    st.builds(histogram, TAGS, ARRAYS, STEPS),
    st.builds(text, TAGS, st.text(UNICODE, max_size=50), STEPS),
    st.builds(tensor, TAGS, ARRAYS, STEPS),
    st.builds(image, TAGS, PICTURES, STEPS),
    st.builds(refused, TAGS, st.integers(0, 99)),
    st.builds(flush),
    st.builds(close),
)


def check(directory: Path, expected: list[Expected]) -> None:
    found = [event for event in walk.events(directory) if event.summary.value]
    assert len(found) == len(expected)
    for event, wanted in zip(found, expected, strict=True):
        assert event.step == wanted.step
        assert [value.tag for value in event.summary.value] == [tag for tag, _ in wanted.values]
        for value, (tag, is_right) in zip(event.summary.value, wanted.values, strict=True):
            assert is_right(value), (tag, value)
    times = [event.wall_time for event in found]
    assert times == sorted(times), "the wall times of one thread's calls go back"


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 2), CALLS), max_size=25))
def test_any_calls_on_three_writers(calls):
    with tempfile.TemporaryDirectory() as root, contextlib.ExitStack() as closed:
        directories = [Path(root, str(i)) for i in range(3)]
        writers = [closed.enter_context(SummaryWriter(directory)) for directory in directories]
        expected: list[list[Expected]] = [[] for _ in writers]
        for which, call in calls:
            left = call(writers[which])
            if left is not None:
                expected[which].append(left)
        for writer in writers:
            writer.close()
        for directory, events in zip(directories, expected, strict=True):
            check(directory, events)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c/d"]), FLOATS, STEPS), max_size=60),
    st.sampled_from([0, 1, 7]),
)
def test_after_every_flush_the_file_is_whole(calls, every):
    """flush() is a promise about what was accepted before it: read while the writer is open."""
    with tempfile.TemporaryDirectory() as root, SummaryWriter(root) as writer:
        for count, (tag, value, step) in enumerate(calls, start=1):
            writer.add_scalar(tag, value, step)
            if every and count % every == 0:
                writer.flush()
                assert sum(map(len, walk.points(root).values())) == count
        writer.flush()
        stats = writer.stats()
        assert stats["accepted"] == stats["written"] == len(calls)
        wanted: dict[str, list[tuple[int, bytes]]] = {}
        for tag, value, step in calls:
            wanted.setdefault(tag, []).append((to_int(step), float32_bits(value)))
        found = {
            tag: [(step, float32_bits(value)) for step, value in points]
            for tag, points in walk.points(root).items()
        }
        assert found == wanted
