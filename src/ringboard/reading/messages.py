"""Protocol Buffers messages of others, taken apart: whatever the order of their fields, known or not."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard.proto import read_varint

_VARINT, _FIXED64, _BYTES, _GROUP, _GROUP_END, _FIXED32 = range(6)
_MAX_GROUPS = 100  # as deep as protobuf goes


class Message:
    """The fields of a message; {number: [(wire type, value)]} with int or memoryview values.

    Raises:
        ValueError: the bytes are no message.
    """

    __slots__ = ("_fields",)

    def __init__(self, data: bytes | memoryview) -> None:
        self._fields: dict[int, list[tuple[int, Any]]] = {}
        for number, wire_type, value in _fields(memoryview(data)):
            self._fields.setdefault(number, []).append((wire_type, value))

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def _last(self, number: int, wire_type: int) -> Any:
        for found, value in reversed(self._fields.get(number, ())):
            if found == wire_type:
                return value
        return None

    def integer(self, number: int) -> int:
        """An int32, int64, enum or bool; 0 when it is missing."""
        value: int = self._last(number, _VARINT) or 0
        return value - (1 << 64) if value >> 63 else value

    def double(self, number: int) -> float:
        """A double; 0 when it is missing."""
        value = self._last(number, _FIXED64)
        return 0.0 if value is None else float(struct.unpack("<d", struct.pack("<Q", value))[0])

    def raw(self, number: int) -> bytes:
        """A bytes field; empty when it is missing."""
        value = self._last(number, _BYTES)
        return b"" if value is None else bytes(value)

    def text(self, number: int) -> str:
        """A string; what is not UTF-8 in it is escaped."""
        return to_text(self.raw(number))

    def message(self, number: int) -> Message:
        """An embedded message; an empty one when it is missing.  Several are one, merged."""
        return Message(b"".join(value for found, value in self._fields.get(number, ()) if found == _BYTES))

    def messages(self, number: int) -> list[Message]:
        """A repeated message."""
        return [Message(value) for value in self.raws(number)]

    def raws(self, number: int) -> list[bytes]:
        """A repeated bytes field."""
        return [bytes(value) for found, value in self._fields.get(number, ()) if found == _BYTES]

    def fixed(self, number: int, dtype: str) -> npt.NDArray[Any]:
        """Repeated float or double, packed or not.

        Args:
            dtype: "<f4" or "<f8".
        """
        width = int(dtype[-1])
        single = _FIXED32 if width == 4 else _FIXED64
        parts = []
        for found, value in self._fields.get(number, ()):
            if found == _BYTES:
                if len(value) % width:
                    raise ValueError(
                        f"field {number}: {len(value)} bytes are no numbers of {width} bytes each"
                    )
                parts.append(bytes(value))
            elif found == single:
                parts.append(value.to_bytes(width, "little"))
        return np.frombuffer(b"".join(parts), dtype)

    def integers(self, number: int) -> npt.NDArray[np.uint64]:
        """Repeated varints, packed or not, as unsigned 64 bits."""
        found: list[npt.NDArray[np.uint64]] = []
        for wire_type, value in self._fields.get(number, ()):
            if wire_type == _BYTES:
                found.append(_packed_varints(value))
            elif wire_type == _VARINT:
                found.append(np.array([value], np.uint64))
        return np.concatenate(found) if found else np.empty(0, np.uint64)


def to_text(data: bytes) -> str:
    """UTF-8 as str; other bytes as backslash escapes, so that no two are the same."""
    return data.decode("utf-8", "backslashreplace")


def _packed_varints(data: memoryview) -> npt.NDArray[np.uint64]:
    """All varints of a packed field, without a loop over them."""
    array = np.frombuffer(data, np.uint8)
    if array.size == 0:
        return np.empty(0, np.uint64)
    last = array < 0x80
    if not last[-1]:
        raise ValueError("a packed field ends within a number")
    ends = np.flatnonzero(last)
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends - starts + 1
    if sizes.max() > 10:
        raise ValueError("a packed field has a number of more than 10 bytes")
    numbers = np.zeros(ends.size, np.uint64)
    for place in range(int(sizes.max())):  # at most 10
        has = sizes > place
        bits = (array[starts[has] + place] & 0x7F).astype(np.uint64)
        numbers[has] |= bits << np.uint64(7 * place)
    return numbers


def _fields(data: memoryview) -> Iterator[tuple[int, int, Any]]:
    groups: list[int] = []
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)  # type: ignore[arg-type]  # any bytes that can be indexed
        number, wire_type = key >> 3, key & 7
        value: Any = None
        if wire_type == _VARINT:
            value, at = read_varint(data, at)  # type: ignore[arg-type]
        elif wire_type in (_FIXED64, _FIXED32):
            width = 8 if wire_type == _FIXED64 else 4
            value = int.from_bytes(data[at : at + width], "little")
            at += width
        elif wire_type == _BYTES:
            size, at = read_varint(data, at)  # type: ignore[arg-type]
            value = data[at : at + size]
            at += size
        elif wire_type == _GROUP and len(groups) < _MAX_GROUPS:
            groups.append(number)
        elif wire_type == _GROUP_END and groups and groups[-1] == number:
            groups.pop()
            continue
        else:
            raise ValueError(f"not a protobuf message: wire type {wire_type} before byte {at}")
        if at > len(data) or number == 0:
            raise ValueError(f"not a protobuf message: field {number} ends outside it, at byte {at}")
        if not groups:
            yield number, wire_type, value
    if groups:
        raise ValueError("not a protobuf message: a group has no end")
