"""Archives, read: from any place, and only as much as is asked for."""

from __future__ import annotations

import os
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from fnmatch import fnmatchcase
from types import TracebackType
from typing import NamedTuple

from ringboard._native import archive as _native
from ringboard._native import crc32c
from ringboard.archive import container, zstd
from ringboard.archive.container import Block, FormatError
from ringboard.archive.parallel import in_order

_KEPT_BLOCKS = 4
_SCAN_BYTES = 1 << 20


class ArchiveError(OSError):
    """An archive, or a part of it, can't be read.  `filename` is its path, `offset` where in it."""

    def __init__(self, path: str, offset: int, detail: str) -> None:
        super().__init__(None, f"{detail} (at byte {offset} of the archive)", path)
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"

    def __reduce__(self) -> tuple[type[ArchiveError], tuple[str, int, str]]:
        detail = str(self.strerror).removesuffix(f" (at byte {self.offset} of the archive)")
        return type(self), (str(self.filename), self.offset, detail)


class Problem(NamedTuple):
    """A part of an archive that can't be read.

    Attributes:
        file: the archive.
        offset: where in it.
        length: how many of its bytes.
        kind: "bad_archive_block", "bad_archive_index" or "missing_bytes".
        detail: what is wrong, and which bytes of the original are lost.
        lost: these bytes, as (begin, end); equal where none are, or none that are not told of elsewhere.
    """

    file: str
    offset: int
    length: int
    kind: str
    detail: str
    lost: tuple[int, int] = (0, 0)


def open_archive(path: str | os.PathLike[str]) -> Archive:
    """Opens an archive for reading.

    Raises:
        ArchiveError: it is none.  One that is damaged further on can be opened, see `Archive.problems`.
        ImportError: the package zstandard is missing.
    """
    return Archive(path)


class Archive:
    """An event file in an archive, as if it were unpacked.

    May be used by several threads at once.  What can't be read is left out by `blocks` and noted in
    `problems`.

    Attributes:
        path: the archive.
        original_name: the event file's name.
        size: the event file's size, in bytes; when the archive's end is lost, that of what is left.
        mode, mtime_ns: the event file's permissions and time of last change.
        problems: what can't be read, as far as it has been tried.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        zstd.library()
        self.path = os.fsdecode(os.fspath(path))
        self._lock = threading.Lock()
        self._unpacked: OrderedDict[int, bytes] = OrderedDict()
        self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._file_bytes = os.fstat(self._fd).st_size
            head = container.read_head(self._read)
            self.original_name = container.base_name(head.name)
        except FormatError as error:
            self.close()
            raise ArchiveError(self.path, 0, str(error)) from None
        except BaseException:
            self.close()
            raise
        self.mode, self.mtime_ns = head.mode, head.mtime_ns
        self.problems: list[Problem] = []
        self._noted: set[int] = set()
        self.crc: int | None = None  # of the original; None when the end is lost
        self._blocks = self._find_blocks(head.size)
        self._offsets = [block.offset for block in self._blocks]

    # --- finding blocks -----------------------------------------------------------------------------

    def _read(self, offset: int, size: int) -> bytes:
        """What there is of these bytes of the archive."""
        size = min(size, self._file_bytes - offset)
        return os.pread(self._fd, size, offset) if size > 0 else b""

    def _find_blocks(self, head_bytes: int) -> list[Block]:
        try:
            at = max(self._file_bytes - container.END_BYTES, 0)
            end = container.read_end(self._read(at, container.END_BYTES), self._file_bytes)
            self.size, self.crc = end.size, end.crc
            blocks = [self._block_at(at, tags) for at, tags in container.read_index(end, self._read)]
        except FormatError as error:
            self._note(
                self._file_bytes, 0, "bad_archive_index", f"{error}; its blocks were looked for one by one"
            )
            blocks = self._scan(head_bytes)
        return self._without_overlaps(blocks)

    def _block_at(self, at: int, tags: container.Tags | None) -> Block:
        header = self._read(at, container.BLOCK_HEADER_BYTES)
        block = container.read_block(header, at, self._file_bytes)
        return Block(block.at, block.offset, block.size, block.crc, block.frames, tags)

    def _scan(self, at: int) -> list[Block]:
        """The blocks from `at` on, by their headers."""
        found = []
        while (at := self._next_magic(at)) >= 0:
            try:
                found.append(self._block_at(at, None))
                at += found[-1].stored_size
            except FormatError:
                at += 1
        return found

    def _next_magic(self, at: int) -> int:
        overlap = len(container.BLOCK_MAGIC) - 1
        while len(chunk := self._read(at, _SCAN_BYTES)) > overlap:
            if (found := chunk.find(container.BLOCK_MAGIC)) >= 0:
                return at + found
            at += len(chunk) - overlap
        return -1

    def _without_overlaps(self, blocks: list[Block]) -> list[Block]:
        """In the original's order; notes what is missing."""
        kept: list[Block] = []
        end = 0
        for block in sorted(blocks, key=lambda block: block.offset):
            if block.offset < end or (self.crc is not None and block.end > self.size):
                self._note(
                    block.at,
                    block.stored_size,
                    "bad_archive_block",
                    "it holds bytes that others hold, or too many",
                )
                continue
            self._note_missing(end, block.offset, block.at)
            kept.append(block)
            end = block.end
        if self.crc is None:
            self.size = end
        self._note_missing(end, self.size, self._file_bytes)
        return kept

    def _note_missing(self, begin: int, end: int, at: int) -> None:
        if begin < end:
            detail = f"bytes {begin} to {end} of {self.original_name} are missing"
            self.problems.append(Problem(self.path, at, 0, "missing_bytes", detail, (begin, end)))

    def _note(self, at: int, length: int, kind: str, detail: str, lost: tuple[int, int] = (0, 0)) -> None:
        with self._lock:
            if at not in self._noted:
                self._noted.add(at)
                self.problems.append(Problem(self.path, at, length, kind, detail, lost))

    # --- reading ------------------------------------------------------------------------------------

    @property
    def tags(self) -> frozenset[str] | None:
        """All tags; None when the index can't tell of every block."""
        found: set[str] = set()
        for block in self._blocks:
            for tags in (None,) if block.tags is None else block.tags.frames:
                if tags is None:
                    return None
                found.update(tags)
        return frozenset(found)

    def blocks(
        self, tags: str | Iterable[str] | None = None, *, pool: Executor | None = None, ahead: int = 2
    ) -> Iterator[tuple[int, bytes]]:
        """The original's bytes, in order, as (offset in the original, bytes).

        Args:
            tags: a tag or several, or shell patterns of tags; None: all bytes.  Otherwise blocks that hold
                none of these are skipped, and so are records that needn't be unpacked for them: scalars
                are read without the pictures between them.  Other tags' records may be among what is
                given, and records without a tag always are.
            pool: threads that unpack, `ahead` blocks at once.

        What can't be unpacked is left out and noted in `problems`.
        """
        wanted = None if tags is None else [tags] if isinstance(tags, str) else list(tags)
        todo = [(block, frames) for block in self._blocks if any(frames := _needed(block, wanted))]
        for block, runs in in_order(pool, ahead, self._try_unpack, todo):
            for offset, data in runs:
                yield block.offset + offset, data

    def read_at(self, offset: int, size: int) -> bytes:
        """`size` bytes of the original from `offset` on; fewer at its end.

        Raises:
            ArchiveError: they can't be unpacked.
        """
        if offset < 0 or size < 0:
            raise ValueError(f"read_at({offset}, {size}): expected no negative number")
        end = min(offset + size, self.size)
        parts = []
        while offset < end:
            index = bisect_right(self._offsets, offset) - 1
            block = self._blocks[index] if index >= 0 else None
            if block is None or offset >= block.end:
                raise ArchiveError(
                    self.path, self._file_bytes, f"byte {offset} of {self.original_name} is missing"
                )
            data = self._kept(block)[offset - block.offset : end - block.offset]
            parts.append(data)
            offset += len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _kept(self, block: Block) -> bytes:
        """A whole block; those used last are kept unpacked."""
        with self._lock:
            data = self._unpacked.get(block.at)
            if data is not None:
                self._unpacked.move_to_end(block.at)
                return data
        ((_, data),) = self._unpack(block, (True, True, True))
        with self._lock:
            self._unpacked[block.at] = data
            while len(self._unpacked) > _KEPT_BLOCKS:
                self._unpacked.popitem(last=False)
        return data

    def _try_unpack(self, todo: tuple[Block, tuple[bool, ...]]) -> tuple[Block, list[tuple[int, bytes]]]:
        block, frames = todo
        try:
            return block, self._unpack(block, frames)
        except ArchiveError as error:
            detail = f"{error.strerror}; bytes {block.offset} to {block.end} of {self.original_name} are lost"
            self._note(block.at, block.stored_size, "bad_archive_block", detail, (block.offset, block.end))
            return block, []

    def _unpack(self, block: Block, frames: tuple[bool, ...]) -> list[tuple[int, bytes]]:
        """(offset in the block, bytes) of what can be told from the frames."""
        unpacked: list[bytes | None] = []
        at = block.at + container.BLOCK_HEADER_BYTES
        try:
            for wanted, (size, packed) in zip(frames, block.frames, strict=True):
                unpacked.append(zstd.decompress(self._read(at, packed), size) if wanted or not size else None)
                at += packed
            columns, small, large = unpacked
            data, runs = _native.decode(columns, small, large, block.size)
            if len(data) == block.size and crc32c.value(data) != block.crc:
                raise ValueError("its checksum is wrong")
        except (ValueError, OSError) as error:
            raise ArchiveError(self.path, block.at, f"a block can't be unpacked: {error}") from None
        if len(runs) == 1:
            return [(runs[0][0], data)]
        ends = [0]
        for _, size in runs:
            ends.append(ends[-1] + size)
        return [(offset, data[ends[i] : ends[i + 1]]) for i, (offset, _) in enumerate(runs)]

    # --- life ---------------------------------------------------------------------------------------

    def fileno(self) -> int:
        """Of the open file."""
        return self._fd

    def close(self) -> None:
        """Closes the file.  May be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            self.close()

    def __repr__(self) -> str:
        return f"<Archive {self.path!r} of {self.original_name!r}, {self.size} bytes>"


def _needed(block: Block, wanted: list[str] | None) -> tuple[bool, bool, bool]:
    """Which frames of a block must be unpacked for these tags; none: it can be skipped."""
    if wanted is None or block.tags is None:
        return True, True, True
    columns, small, large = (_has_any(tags, wanted) for tags in block.tags.frames)
    return columns or small or large or block.tags.untagged, small, large


def _has_any(tags: frozenset[str] | None, wanted: list[str]) -> bool:
    return tags is None or any(
        pattern in tags or any(fnmatchcase(tag, pattern) for tag in tags) for pattern in wanted
    )
