"""The layout of an archive, an .rbz file.

    head     magic, version, and as JSON the original's name, mode and time; CRC-32C
    block    BLOCK, then up to three zstd frames: columns, small bodies, large bodies (native/archive/block.h)
    …
    index    a zstd frame of JSON: where each block is, what of the original it holds, which tags
    end      END: where the index is; size and CRC-32C of the whole original

All numbers are little-endian.  Blocks are of about 4 MiB of the original, cut between records.  Without
index or end, blocks are found by their headers.  Nothing that is read here is trusted: sizes are checked
against the file's and against fixed limits before anything is allocated.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ringboard._native import crc32c
from ringboard._native.archive import MAX_BLOCK_BYTES
from ringboard.archive import zstd

if TYPE_CHECKING:
    from typing import TypeGuard

SUFFIX = ".rbz"
BLOCK_BYTES = 4 << 20

_MAGIC = b"\x93RBZ\r\n\x1a\n"
_VERSION = 1
_HEAD = struct.Struct("<8sHI")  # magic, version, bytes of the JSON
_MOST_META_BYTES = 1 << 16
BLOCK_MAGIC = b"\x93RBb"
# magic, original: offset, bytes, CRC; for each frame the bytes that it holds and takes
_BLOCK = struct.Struct("<4sQII6I")
_END = struct.Struct("<4sQIIIQI")  # magic, index: offset, bytes, of its JSON, CRC; original: bytes, CRC
_CRC = struct.Struct("<I")
_END_MAGIC = b"\x93RBe"
_MOST_INDEX_BYTES = 8 << 20
_UNKNOWN = -1  # a set of tags
# More than the columns of any block take, and the bodies.
_MOST_FRAME_BYTES = 2 * MAX_BLOCK_BYTES
# The offset of a file may be anything below.
_MOST_FILE_BYTES = 1 << 62

END_BYTES = _END.size + _CRC.size
BLOCK_HEADER_BYTES = _BLOCK.size + _CRC.size


class FormatError(ValueError):
    """What lies there is no whole part of an archive."""


def archive_name(name: str) -> str:
    """An archive's file name: without "tfevents", by which TensorBoard would take it for an event file."""
    return name.replace("tfevents", "rbevents") + SUFFIX


def _checked(data: bytes) -> bytes:
    return data + _CRC.pack(crc32c.value(data))


def _is_whole(data: bytes) -> bool:
    """Whether the last 4 bytes are the checksum of the rest."""
    return len(data) > 4 and crc32c.value(data[:-4]) == _CRC.unpack(data[-4:])[0]


# --- head ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """What an archive says of the original file."""

    name: str
    mode: int
    mtime_ns: int
    size: int = 0  # of the head itself

    def pack(self) -> bytes:
        meta = json.dumps({"name": self.name, "mode": self.mode, "mtime_ns": self.mtime_ns}).encode()
        return _checked(_HEAD.pack(_MAGIC, _VERSION, len(meta)) + meta)


def read_head(read_at: Any) -> Head:
    """The head; `read_at(offset, size)` gives the archive's bytes.

    Raises:
        FormatError: it is damaged, or there is none.
    """
    fixed = read_at(0, _HEAD.size)
    if len(fixed) < _HEAD.size or not fixed.startswith(_MAGIC):
        raise FormatError("no archive of ringboard")
    _, version, meta_bytes = _HEAD.unpack(fixed)
    if version != _VERSION:
        raise FormatError(f"an archive of version {version}; this ringboard reads version {_VERSION}")
    size = _HEAD.size + meta_bytes + _CRC.size
    data = read_at(0, size) if meta_bytes <= _MOST_META_BYTES else b""
    if len(data) != size or not _is_whole(data):
        raise FormatError("its head is damaged")
    meta = _parse_json(data[_HEAD.size : -_CRC.size])
    if not isinstance(meta, dict) or not isinstance(meta.get("name"), str):
        raise FormatError("its head is damaged")
    mode, mtime_ns = meta.get("mode"), meta.get("mtime_ns")
    if not (_is_number(mode) and _is_number(mtime_ns)):
        raise FormatError("its head is damaged")
    # Whoever made it, what is restored is no program that runs as its owner.
    return Head(meta["name"], mode & 0o777, mtime_ns, size)


def _parse_json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError("its JSON is damaged") from error


def _is_number(value: Any) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < _MOST_FILE_BYTES


# --- blocks -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tags:
    """Which tags a block's records have that need its columns, small and large bodies; None: unknown.

    untagged: besides, the columns hold something without a tag, which any reader may have to see.
    """

    frames: tuple[frozenset[str] | None, ...]
    untagged: bool


@dataclass(frozen=True)
class Block:
    """Where a block is, and what of the original it holds."""

    at: int  # of its header, in the archive
    offset: int  # of its bytes, in the original
    size: int
    crc: int
    frames: tuple[tuple[int, int], ...]  # (bytes that it holds, bytes that it takes) for each
    tags: Tags | None = None

    @property
    def stored_size(self) -> int:
        return BLOCK_HEADER_BYTES + sum(packed for _, packed in self.frames)

    @property
    def end(self) -> int:
        """In the original."""
        return self.offset + self.size

    def pack(self) -> bytes:
        numbers = [number for frame in self.frames for number in frame]
        return _checked(_BLOCK.pack(BLOCK_MAGIC, self.offset, self.size, self.crc, *numbers))


def read_block(data: bytes, at: int, file_bytes: int) -> Block:
    """The block whose header is `data`, at `at` in an archive of `file_bytes`.

    Raises:
        FormatError: it is none.
    """
    if len(data) != BLOCK_HEADER_BYTES or not data.startswith(BLOCK_MAGIC) or not _is_whole(data):
        raise FormatError("the header of a block is damaged")
    _, offset, size, crc, *numbers = _BLOCK.unpack(data[: -_CRC.size])
    block = Block(at, offset, size, crc, tuple(zip(numbers[::2], numbers[1::2], strict=True)))
    if (
        not 0 < size <= MAX_BLOCK_BYTES
        or offset > _MOST_FILE_BYTES
        or any(held > _MOST_FRAME_BYTES for held, _ in block.frames)
        or block.stored_size > file_bytes - at
    ):
        raise FormatError("the header of a block is impossible")
    return block


# --- index and end ------------------------------------------------------------------------------------


def pack_index(blocks: Sequence[Block]) -> bytes:
    """The JSON that says where the blocks are, and what is in them: tags, and the sets of tags, once each."""
    numbers: dict[str, int] = {}
    sets: dict[tuple[int, ...], int] = {}

    def number_of(tags: Iterable[str]) -> int:
        found = tuple(sorted(numbers.setdefault(tag, len(numbers)) for tag in sorted(tags)))
        return sets.setdefault(found, len(sets))

    rows: list[list[Any]] = []
    for block in blocks:
        tags = block.tags or Tags((None,) * 3, True)
        frames = [_UNKNOWN if each is None else number_of(each) for each in tags.frames]
        rows.append([block.at, frames, int(tags.untagged)])
    index = {"blocks": rows, "sets": list(sets), "tags": list(numbers)}
    data = json.dumps(index, separators=(",", ":")).encode()
    if len(data) > _MOST_INDEX_BYTES:
        # Then every block may hold every tag.
        return pack_index([replace(block, tags=None) for block in blocks])
    return data


def parse_index(data: bytes) -> list[tuple[int, Tags]]:
    """(offset in the archive, tags) of each block.

    Raises:
        FormatError: it is damaged.
    """
    index = _parse_json(data)
    try:
        tags = index["tags"]
        if not all(isinstance(tag, str) for tag in tags):
            raise FormatError("its index is damaged")
        sets: dict[int, frozenset[str] | None] = {_UNKNOWN: None}
        for number, each in enumerate(index["sets"]):
            sets[number] = frozenset(tags[tag] for tag in each)
        found: list[tuple[int, Tags]] = []
        for at, frames, untagged in index["blocks"]:
            if not _is_number(at) or len(frames) != 3 or (found and at <= found[-1][0]):
                raise FormatError("its index is damaged")
            found.append((at, Tags(tuple(sets[each] for each in frames), bool(untagged))))
    except (TypeError, LookupError, ValueError) as error:
        raise FormatError("its index is damaged") from error
    return found


@dataclass(frozen=True)
class End:
    """Where the index is, and what the whole original is."""

    index_at: int
    index_packed: int
    index_size: int
    index_crc: int
    size: int
    crc: int

    def pack(self) -> bytes:
        fields = (self.index_at, self.index_packed, self.index_size, self.index_crc, self.size, self.crc)
        return _checked(_END.pack(_END_MAGIC, *fields))


def read_end(data: bytes, file_bytes: int) -> End:
    """The end of an archive of `file_bytes`.

    Raises:
        FormatError: it is damaged, or missing.
    """
    if len(data) != END_BYTES or not data.startswith(_END_MAGIC) or not _is_whole(data):
        raise FormatError("its end is missing or damaged")
    end = End(*_END.unpack(data[: -_CRC.size])[1:])
    if (
        end.index_at + end.index_packed + END_BYTES != file_bytes
        or end.index_size > _MOST_INDEX_BYTES
        or end.size > _MOST_FILE_BYTES
    ):
        raise FormatError("its end is impossible")
    return end


def read_index(end: End, read_at: Any) -> list[tuple[int, Tags]]:
    """As parse_index, of the archive that `read_at(offset, size)` reads."""
    packed = read_at(end.index_at, end.index_packed)
    if len(packed) != end.index_packed or crc32c.value(packed) != end.index_crc:
        raise FormatError("its index is damaged")
    try:
        return parse_index(zstd.decompress(packed, end.index_size))
    except ValueError as error:
        raise FormatError(f"its index is damaged: {error}") from error


def text_tags(tags: Sequence[bytes]) -> frozenset[str] | None:
    """Tags as text; None when one is none: readers differ in what they take it for."""
    try:
        return frozenset(tag.decode() for tag in tags)
    except UnicodeDecodeError:
        return None


def base_name(name: str) -> str:
    """An original's name, when it is one: a file's, in the archive's own directory.

    Raises:
        FormatError: it leads elsewhere.
    """
    if not name or name in (".", "..") or "\0" in name or "/" in name or os.sep in name:
        raise FormatError(f"the original's name, {name!r}, is no file name")
    return name
