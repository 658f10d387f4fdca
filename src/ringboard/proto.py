"""Protocol Buffers' wire format for the messages that are built in Python.

A message is the concatenation of its fields, so a field here is a function that returns bytes and a
message is their sum:

    summary_value = text(1, tag) + message(8, tensor) + message(9, metadata)

Field numbers are those of tensorboard/compat/proto/*.proto.  Spec: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

import struct

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def varint(number: int) -> bytes:
    """`number` in base 128, least significant first; negative numbers as int64 are on the wire."""
    number &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _key(field: int, wire_type: int) -> bytes:
    return varint(field << 3 | wire_type)


def integer(field: int, number: int) -> bytes:
    """An int32, int64, enum or bool field."""
    return _key(field, _VARINT) + varint(number)


def double(field: int, number: float) -> bytes:
    """A double field."""
    return _key(field, _FIXED64) + struct.pack("<d", number)


def message(field: int, body: bytes) -> bytes:
    """A bytes field, an embedded message, or packed repeated numbers."""
    return _key(field, _BYTES) + varint(len(body)) + body


def text(field: int, content: str) -> bytes:
    """A string field."""
    return message(field, content.encode("utf-8"))


# --- the messages that several summaries share ------------------------------------------------------


def summary_event(*values: bytes) -> bytes:
    """The body of an Event whose summary has these values (each a serialized Summary.Value)."""
    return message(5, b"".join(message(1, value) for value in values))


def plugin_metadata(plugin_name: str, content: bytes = b"") -> bytes:
    """SummaryMetadata{plugin_data{plugin_name, content}}."""
    return message(1, text(1, plugin_name) + (message(2, content) if content else b""))


def tensor_shape(shape: tuple[int, ...]) -> bytes:
    """TensorShapeProto."""
    # proto3 leaves out a size of 0, so that an empty axis is an empty Dim.
    return b"".join(message(2, integer(1, size) if size else b"") for size in shape)
