"""Protocol Buffers' wire format for the messages that are built in Python.

A message is the concatenation of its fields, so a field here is a function that returns bytes and a
message is their sum:

    summary_value = text(1, tag) + message(8, tensor) + message(9, metadata)

Field numbers are those of tensorboard/compat/proto/*.proto.  Spec: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
# Nearly all keys and most lengths: looked up, a message takes half the time.
_ONE_BYTE = [bytes([number]) for number in range(0x80)]


def varint(number: int) -> bytes:
    """`number` in base 128, least significant first; negative numbers as int64 are on the wire."""
    if 0 <= number < 0x80:
        return _ONE_BYTE[number]
    number &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def integer(field: int, number: int) -> bytes:
    """An int32, int64, enum or bool field."""
    return varint(field << 3 | _VARINT) + varint(number)


def double(field: int, number: float) -> bytes:
    """A double field."""
    return varint(field << 3 | _FIXED64) + struct.pack("<d", number)


def single(field: int, number: float) -> bytes:
    """A float field; what is past its range is infinite, as in every float field."""
    try:
        packed = struct.pack("<f", number)
    except OverflowError:
        packed = struct.pack("<f", math.copysign(math.inf, number))
    return varint(field << 3 | _FIXED32) + packed


def message(field: int, body: bytes) -> bytes:
    """A bytes field, an embedded message, or packed repeated numbers."""
    return varint(field << 3 | _BYTES) + varint(len(body)) + body


def text(field: int, content: str) -> bytes:
    """A string field."""
    try:
        return message(field, content.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{content!r} holds a lone surrogate at {error.start}, which no event file can hold"
        ) from None


def text_unless_empty(field: int, content: str) -> bytes:
    """A string field as generated classes write it: proto3 leaves out the default."""
    return text(field, content) if content else b""


# --- the messages that several summaries share ------------------------------------------------------


def summary_event(*values: bytes) -> bytes:
    """The body of an Event whose summary has these values (each a serialized Summary.Value)."""
    return message(5, b"".join(message(1, value) for value in values))


def histogram(
    low: float, high: float, count: float, total: float, squares: float, limits: bytes, counts: bytes
) -> bytes:
    """HistogramProto; limits and counts are little-endian float64."""
    statistics = (low, high, count, total, squares)
    return (
        b"".join(double(field, number) for field, number in enumerate(statistics, start=1))
        + message(6, limits)
        + message(7, counts)
    )


def image(height: int, width: int, channels: int, encoded: bytes) -> bytes:
    """Summary.Image."""
    return integer(1, height) + integer(2, width) + integer(3, channels) + message(4, encoded)


def plugin_metadata(plugin_name: str, content: bytes = b"") -> bytes:
    """SummaryMetadata{plugin_data{plugin_name, content}}."""
    return message(1, text(1, plugin_name) + (message(2, content) if content else b""))


def tensor_shape(shape: tuple[int, ...]) -> bytes:
    """TensorShapeProto."""
    # proto3 leaves out a size of 0, so that an empty axis is an empty Dim.
    return b"".join(message(2, integer(1, size) if size else b"") for size in shape)


# --- maps -------------------------------------------------------------------------------------------


def map_entry(field: int, key: str, value: bytes) -> bytes:
    """One entry of a map<string, M> field; `value` is a serialized M.  (A map is a list of pairs.)"""
    return message(field, text(1, key) + message(2, value))


# --- reading, as far as taking other people's messages apart needs it -------------------------------


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at` (as unsigned 64 bits) and where the next byte stands."""
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError(f"not a protobuf message: a varint ends outside it, at byte {at}")
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7


def fields(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message: (field number, wire type, start of the field, end of the field)."""
    at = 0
    while at < len(data):
        start = at
        key, at = read_varint(data, at)
        wire_type = key & 7
        if wire_type == _VARINT:
            _, at = read_varint(data, at)
        elif wire_type == _FIXED64:
            at += 8
        elif wire_type == _FIXED32:
            at += 4
        elif wire_type == _BYTES:
            size, at = read_varint(data, at)
            at += size
        else:
            raise ValueError(f"not a protobuf message: wire type {wire_type} at byte {start}")
        if at > len(data):
            raise ValueError(f"not a protobuf message: the field at byte {start} ends outside it")
        yield key >> 3, wire_type, start, at


def field_of(data: bytes, number: int) -> bytes:
    """The content of a message's first bytes field (or embedded message) of that number.

    Raises:
        ValueError: it has none.
    """
    for found, wire_type, start, end in fields(data):
        if found == number and wire_type == _BYTES:
            _key_at, at = read_varint(data, start)
            _size, at = read_varint(data, at)
            return data[at:end]
    raise ValueError(f"the message has no field {number}")


def split_event(data: bytes) -> tuple[float | None, int, bytes]:
    """A serialized Event as (wall time or None, step, the other fields)."""
    wall_time: float | None = None
    step = 0
    body = []
    for number, wire_type, start, end in fields(data):
        if number == 1 and wire_type == _FIXED64:
            (wall_time,) = struct.unpack("<d", data[end - 8 : end])
        elif number == 2 and wire_type == _VARINT:
            _key, at = read_varint(data, start)  # of more bytes than one, if somebody padded it
            unsigned, _ = read_varint(data, at)
            step = unsigned - (1 << 64) if unsigned >> 63 else unsigned
        else:
            body.append(data[start:end])
    return wall_time, step, b"".join(body)
