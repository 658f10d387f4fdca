"""Whatever bytes a file has: reading ends, says what it could not read, and loses nothing that is sound.

TensorBoard's parser of events is the judge of what a sound record holds.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event

import ringboard
from ringboard import SummaryWriter
from ringboard._native.reader import LogReader, RecordReader, records
from ringboard.reading.messages import Message
from ringboard.reading.tensors import decode_tensor
from tests.support.records import event_files, frame
from tests.support.records import records as strict_records

SOUND = st.binary(max_size=80).map(frame)
PARTS = st.one_of(SOUND, SOUND, st.binary(max_size=40), st.integers(0, 40).map(bytes))
TAGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def read_bytes(content):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "events.out.tfevents.1")
        path.write_bytes(content)
        log = ringboard.read(path)
        for run in log.values():
            for series in run.values():
                for row in range(len(series)):
                    try:
                        series[row]
                    except ValueError as error:  # nothing else, and it says where
                        assert str(path) in str(error)  # noqa: PT017
        return log, records(path)


def check_cover(content, found):
    offsets, lengths, problems = found
    spans = [(int(at), int(length) + 16) for at, length in zip(offsets, lengths, strict=True)]
    spans += [(offset, length) for _, offset, length in problems]
    at = 0
    for offset, length in sorted(spans):
        assert offset == at
        assert length > 0
        at += length
    assert at == len(content)


@settings(max_examples=300)
@given(st.lists(PARTS, max_size=12).map(b"".join))
@example(b"\x00" * 16)
@example(frame(b""))
def test_any_bytes(content):
    log, found = read_bytes(content)
    check_cover(content, found)
    damaged = [problem for problem in log.problems if problem.kind not in ("bad_event", "mixed_kinds")]
    assert [(each.kind, each.offset, each.length) for each in damaged] == found[2]


@settings(max_examples=150)
@given(st.lists(st.binary(max_size=60), max_size=8), st.integers(1, 50))
def test_sound_records_are_all_found(payloads, piece):
    content = b"".join(map(frame, payloads))
    reader = RecordReader()
    for at in range(0, len(content), piece):
        reader.feed(at, content[at : at + piece])
    reader.finish()
    offsets, lengths = reader.take()
    assert [content[at + 12 : at + 12 + size] for at, size in zip(offsets, lengths, strict=True)] == payloads
    assert reader.take_problems() == []


@settings(max_examples=300)
@given(st.binary(max_size=60))
@example(b"\x0b\x0c")
@example(b"\x2a\x06\x0a\x04\x0a\x00\x15\x00")
def test_an_event_is_one_where_protobuf_says_so(payload):
    try:
        expected = Event.FromString(payload)
    except DecodeError:
        expected = None
    log, _ = read_bytes(frame(payload))
    is_event = not any(problem.kind == "bad_event" for problem in log.problems)
    if expected is not None:
        assert is_event
        values = [value for value in expected.summary.value if value.HasField("simple_value")]
        if len(values) == len(expected.summary.value):
            check_values(log, expected, values)


def check_values(log, event, values):
    found = {tag: series for run in log.values() for tag, series in run.items() if series.kind == "scalar"}
    assert sorted(value.tag for value in values) == sorted(tag for tag in found for _ in found[tag].steps)
    for value in values:
        assert event.step in found[value.tag].steps.tolist()


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            TAGS,
            st.floats(width=32),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
            st.sampled_from(["plain", "new", "double"]),
        ),
        max_size=30,
    ),
    st.data(),
)
def test_what_is_written_is_read(calls, data):
    with tempfile.TemporaryDirectory() as directory:
        with SummaryWriter(directory) as writer:
            for tag, value, step, wall_time, style in calls:
                options = {"new_style": style != "plain", "double_precision": style == "double"}
                writer.add_scalar(tag, value, step, wall_time, **options)
        log = ringboard.read(directory)
        assert log.problems == []
        found = {tag: series for run in log.values() for tag, series in run.items()}
        expected: dict[str, list] = {}
        for tag, value, step, wall_time, _style in calls:
            expected.setdefault(tag, []).append((step, wall_time, value))
        assert list(found) == list(expected)
        for tag, rows in expected.items():
            series = found[tag]
            assert series.steps.tolist() == [row[0] for row in rows]
            assert series.wall_times.tolist() == [row[1] for row in rows]
            for value, (_, _, logged) in zip(series.values.tolist(), rows, strict=True):
                assert value == logged or (math.isnan(value) and math.isnan(logged))

        # And with some bytes changed: what TensorBoard could parse of a sound record is there.
        (path,) = event_files(directory)
        content = bytearray(path.read_bytes())
        sound = len(strict_records(path))
        changes = data.draw(
            st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(1, 255)), max_size=3)
        )
        for at, mask in changes:
            content[at] ^= mask
        _, damaged = read_bytes(bytes(content))
        check_cover(content, damaged)
        assert len(damaged[0]) >= sound - len(changes)


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_a_message_of_any_bytes(data):
    try:
        message = Message(data)
        for number in range(1, 4):
            message.integer(number), message.double(number), message.raw(number), message.text(number)
        message.integers(1), message.fixed(2, "<f4"), message.message(3)
        decode_tensor(message)
    except ValueError:
        pass


@given(st.lists(st.integers(0, 2**64 - 1), max_size=40))
def test_packed_varints(numbers):
    from ringboard import proto

    packed = b"".join(map(proto.varint, numbers))
    found = Message(proto.message(7, packed)).integers(7)
    assert found.dtype == np.uint64
    assert found.tolist() == numbers


def test_memory_is_not_taken_for_what_a_length_promises(tmp_path):
    import resource
    import struct

    from tests.support.records import masked_crc

    path = tmp_path / "events.out.tfevents.1"
    header = struct.pack("<Q", 1 << 40)
    path.write_bytes(frame(b"") + header + struct.pack("<I", masked_crc(header)) + b"x" * 100 + frame(b""))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    offsets, _, problems = records(path)
    assert len(offsets) == 2
    assert problems == [("bad_length", 16, 112)]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB


def test_patterns_are_fnmatchs():
    from fnmatch import fnmatchcase

    letters = st.text("ab*?[]!-ä", max_size=8)

    @settings(max_examples=400)
    @given(letters, letters)
    def check(pattern, tag):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "events")
            event = Event()
            event.summary.value.add(tag=tag, simple_value=1)
            path.write_bytes(frame(event.SerializeToString()))
            reader = LogReader([pattern])
            reader.open(path)
            reader.scan(True)
            assert bool(reader.take()) == fnmatchcase(tag, pattern)

    check()
