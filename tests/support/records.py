"""Walks the TFRecord framing of an event file, with the `crc32c` package as the judge of both checksums.

A record is: length u64le | masked crc32c(length) u32le | data | masked crc32c(data) u32le.
TensorBoard's own readers stop in silence at damage; this walker raises and says at which byte.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from crc32c import crc32c

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8


class Span(NamedTuple):
    """One record: `data`, and the file offsets [start, end) that its header, data and footer take."""

    start: int
    end: int
    data: bytes


class _TornError(AssertionError):
    """The file ends inside a record, and what there is of the record is sound."""


def masked_crc(data: bytes) -> int:
    """The masked CRC32C of TFRecord: rotated right by 15, plus a constant."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def frame(data: bytes) -> bytes:
    """`data` as one whole record, for tests that need a file of their own making."""
    length = struct.pack("<Q", len(data))
    return b"".join([length, _FOOTER.pack(masked_crc(length)), data, _FOOTER.pack(masked_crc(data))])


def event_files(logdir: str | os.PathLike[str]) -> list[Path]:
    """Every file below `logdir` that TensorBoard takes for an event file, in its reading order."""
    found = [path for path in Path(logdir).rglob("*tfevents*") if path.is_file()]
    return sorted(found, key=lambda path: (str(path.parent), path.name))


def run_name(logdir: str | os.PathLike[str], file: Path) -> str:
    """The run that TensorBoard files `file` under: its directory relative to `logdir`, '.' for the top."""
    return file.parent.relative_to(logdir).as_posix()


def _span_at(content: bytes, start: int, name: str) -> Span:
    left = len(content) - start
    if left < _HEADER.size:
        raise _TornError(f"{name}: torn record at byte {start}: {left} of {_HEADER.size} header bytes")
    length, length_crc = _HEADER.unpack_from(content, start)
    wanted = masked_crc(content[start : start + 8])
    if length_crc != wanted:
        raise AssertionError(
            f"{name}: bad length checksum at byte {start}: stored {length_crc:08x}, computed {wanted:08x}"
        )
    body = start + _HEADER.size
    end = body + length + _FOOTER.size
    if end > len(content):
        raise _TornError(f"{name}: torn record at byte {start}: {left} of {end - start} bytes")
    data = content[body : body + length]
    (data_crc,) = _FOOTER.unpack_from(content, body + length)
    wanted = masked_crc(data)
    if data_crc != wanted:
        raise AssertionError(
            f"{name}: bad data checksum at byte {start}: stored {data_crc:08x}, computed {wanted:08x}"
        )
    return Span(start, end, data)


def _walk(path: Path, allow_torn_tail: bool) -> Iterator[Span]:
    content = path.read_bytes()
    start = 0
    while start < len(content):
        try:
            span = _span_at(content, start, path.name)
        except _TornError:
            if allow_torn_tail:
                return
            raise
        yield span
        start = span.end


def spans(path: str | os.PathLike[str], *, allow_torn_tail: bool = False) -> list[Span]:
    """The records of one file with their places in it.

    Args:
        path: one event file.
        allow_torn_tail: accept a file that ends inside its last record, as after a crash. A whole record with
        a
            wrong checksum is never accepted.

    Raises:
        AssertionError: a checksum is wrong or the file ends inside a record; names the byte offset of the
        record.
    """
    return list(_walk(Path(path), allow_torn_tail))


def records(path: str | os.PathLike[str], *, allow_torn_tail: bool = False) -> list[bytes]:
    """The raw bytes of every record in one file, both checksums of each verified; see `spans`."""
    return [span.data for span in spans(path, allow_torn_tail=allow_torn_tail)]
