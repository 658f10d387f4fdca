"""Reads protobuf messages of which only some fields matter.

Spec: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Message:
    """A message's fields by number, parsed one level deep: the fields of a field when it is asked for.

    Raises:
        ValueError: these bytes are not a message.
    """

    def __init__(self, data: memoryview) -> None:
        self._fields: dict[int, list[int | memoryview]] = {}
        place, end = 0, len(data)
        while place < end:
            # Without a call for what is nearly every field: its number below 16, its length below 128.
            if data[place] < 0x80:
                key, place = data[place], place + 1
            else:
                key, place = _varint(data, place)
            value: int | memoryview
            if key & 7 == _BYTES and place < end and data[place] < 0x80 and data[place] < end - place:
                start = place + 1
                place = start + data[place]
                value = data[start:place]
            else:
                value, place = _value(data, place, key & 7)
            self._fields.setdefault(key >> 3, []).append(value)

    def messages(self, field: int) -> list[Message]:
        """A repeated or optional message."""
        return [Message(each) for each in self._bytes(field)]

    def message(self, field: int) -> Message:
        """A message; an empty one if it isn't there."""
        return Message(self.raw(field))

    def texts(self, field: int) -> list[str]:
        """A repeated string, or bytes that are one."""
        return [str(each, "utf-8", "replace") for each in self._bytes(field)]

    def text(self, field: int) -> str:
        """A string; "" if it isn't there."""
        return (self.texts(field) or [""])[-1]

    def integers(self, field: int) -> list[int]:
        """A repeated int64, packed or not."""
        found: list[int] = []
        for each in self._fields.get(field, ()):
            if isinstance(each, int):
                found.append(_signed(each))
                continue
            place = 0
            while place < len(each):
                number, place = _varint(each, place)
                found.append(_signed(number))
        return found

    def integer(self, field: int) -> int:
        """An int32, int64, enum or bool; 0 if it isn't there."""
        return (self.integers(field) or [0])[-1]

    def raw(self, field: int) -> memoryview:
        """A bytes field or a float's four bytes; empty if it isn't there."""
        return (self._bytes(field) or [memoryview(b"")])[-1]

    def __contains__(self, field: int) -> bool:
        return field in self._fields

    def _bytes(self, field: int) -> list[memoryview]:
        return [each for each in self._fields.get(field, ()) if isinstance(each, memoryview)]


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """The number at `place`, and the place behind it."""
    if place < len(data) and data[place] < 0x80:
        return data[place], place + 1
    number = shift = 0
    while shift < 70 and place < len(data):
        byte = data[place]
        number |= (byte & 0x7F) << shift
        shift, place = shift + 7, place + 1
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, place
    raise ValueError(f"no varint ends at byte {place} of {len(data)}")


def _value(data: memoryview, place: int, wire_type: int) -> tuple[int | memoryview, int]:
    if wire_type == _VARINT:
        return _varint(data, place)
    if wire_type == _BYTES:
        length, place = _varint(data, place)
    elif wire_type in (_FIXED64, _FIXED32):
        length = 8 if wire_type == _FIXED64 else 4
    else:
        raise ValueError(f"byte {place} has the wire type {wire_type}, which there isn't")
    if length > len(data) - place:
        raise ValueError(f"a field of {length} bytes at byte {place} of {len(data)}")
    return data[place : place + length], place + length


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number
