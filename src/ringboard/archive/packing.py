"""Event files into archives."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from ringboard._native import archive as _native
from ringboard._native import crc32c
from ringboard.archive import container, files, zstd
from ringboard.archive.container import Block, End, FormatError, Head, Tags
from ringboard.archive.parallel import check_threads, in_order
from ringboard.archive.reading import Archive
from ringboard.recovery import recover

# progress(path, bytes done, bytes in all)
Progress = Callable[[str, int, int], None]

DEFAULT_LEVEL = 3
# torch's writer leaves a file alone for up to two minutes while it is open, and opens it only to write.
DEFAULT_MIN_AGE_S = 300.0
# Files up to this size are packed side by side, larger ones by all threads together.
_LARGE_FILE_BYTES = 4 * container.BLOCK_BYTES


@dataclass(frozen=True)
class ArchiveReport:
    """What became of one file.

    Attributes:
        path: the file that was to be packed, or restored.
        result: the archive, or the restored file; "" if there is none.
        state: "packed" or "restored", "skipped", or "failed": then the file is as it was.
        bytes_before, bytes_after: the sizes of both.
        detail: why it was skipped, or what failed.
    """

    path: str
    result: str
    state: str
    bytes_before: int = 0
    bytes_after: int = 0
    detail: str = ""


def pack(
    paths: files.StrPath | Iterable[files.StrPath],
    *,
    level: int = DEFAULT_LEVEL,
    threads: int | None = None,
    keep: bool = False,
    min_age: float = DEFAULT_MIN_AGE_S,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[ArchiveReport]:
    """Packs event files into archives, each beside its file, and removes the file.

    A file is removed only when its archive is on the disk and has been unpacked from there to the same bytes.
    Killed at any moment, the file or the whole archive is there.  Modes and times are kept.

    Args:
        paths: event files, and directories: every file below with "tfevents" in its name.
        level: of zstd, 1 (fastest) to 22 (smallest).
        threads: how many pack at once; None: as many as there are processors.
        keep: leave the event files.
        min_age: seconds for which a file must not have changed.  Files that a process of this user has open
            are known and skipped, but not those of other machines, and of writers that open theirs only to
            write, as torch's does.
        dry_run: only say what would be packed.
        progress: called as progress(path, bytes done, bytes in all), by several threads.

    Returns:
        One report for each file, in the order of the names; it tells of what failed.

    Raises:
        ImportError: the package zstandard is missing.
        ValueError: level or threads are none.
    """
    zstd.check_level(level)
    threads = check_threads(threads)
    if not dry_run:
        recover()  # what dead processes left belongs into their files first
    writers = files.Writers()
    task = Task(level, threads, keep, min_age, dry_run, progress or silent)
    return task.run(files.below(files.as_paths(paths), archives=False), partial(_pack, writers=writers))


def silent(path: str, done: int, size: int) -> None:
    pass


class UnfitError(Exception):
    """A file is not to be touched, for a reason that is no failure."""


@dataclass(frozen=True)
class Task:
    level: int
    threads: int
    keep: bool
    min_age: float
    dry_run: bool
    progress: Progress

    def run(
        self, paths: list[str], one: Callable[[str, Task, Executor | None], ArchiveReport]
    ) -> list[ArchiveReport]:
        """Small files side by side, large ones each by all threads."""
        with ThreadPoolExecutor(self.threads, thread_name_prefix="ringboard-archive") as pool:
            small = [path for path in paths if _size(path) <= _LARGE_FILE_BYTES]
            by_path = dict(
                zip(
                    small,
                    in_order(pool, 2 * self.threads, lambda path: one(path, self, None), small),
                    strict=True,
                )
            )
            for path in paths:
                if path not in by_path:
                    by_path[path] = one(path, self, pool)
        return [by_path[path] for path in paths]


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def pack_closed(path: str) -> None:
    """For writers with archive_on_close: packs a file that this process has just closed.

    Whatever happens, the training's end is not disturbed by more than a warning.
    """
    try:
        task = Task(DEFAULT_LEVEL, 1, keep=False, min_age=0, dry_run=False, progress=silent)
        report = _pack(path, task, None, None)
        why = "" if report.state == "packed" else report.detail
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    if why:
        warnings.warn(
            f"archive_on_close: {path} could not be packed and stays as it is: {why}",
            RuntimeWarning,
            stacklevel=2,
        )


def _pack(path: str, task: Task, pool: Executor | None, writers: files.Writers | None) -> ArchiveReport:
    directory, name = os.path.split(path)
    target = os.path.join(directory, container.archive_name(name))
    size = 0
    try:
        status = os.stat(path, follow_symlinks=False)
        size = status.st_size
        why = None if writers is None else writers.why_not(path, status, task.min_age)
        if why is None and not files.is_event_file(name):
            why = 'no event file: no "tfevents" in its name'
        if why is not None:
            return ArchiveReport(path, "", "skipped", size, detail=why)
        if task.dry_run:
            return ArchiveReport(path, target, "packed", size, detail="not done: a dry run")
        with open(path, "rb") as original, files.temporary(target) as (temporary, file):
            files.hold(original.fileno(), path)
            if files.stamp(os.fstat(original.fileno())) != files.stamp(status):
                raise UnfitError("it has changed meanwhile")
            if os.path.lexists(target):
                # Of a process that was killed before it could remove the original, or of keep=True.
                _verify(target, original, status, task, pool, f"{target} exists and is no archive of it")
            else:
                _write(original, status, name, file, task, pool)
                _verify(temporary, original, status, task, pool, "the archive differs from it")
                _check_unchanged(path, status)
                files.put_in_place(
                    file,
                    temporary,
                    target,
                    stat.S_IMODE(status.st_mode),
                    (status.st_atime_ns, status.st_mtime_ns),
                    status,
                )
            if not task.keep:
                _check_unchanged(path, status)
                files.remove(path)
            packed_size = os.stat(target).st_size
        return ArchiveReport(path, target, "packed", size, packed_size)
    except UnfitError as error:
        return ArchiveReport(path, "", "skipped", size, detail=str(error))
    except files.BusyError as error:
        return ArchiveReport(path, "", "skipped", size, detail=str(error.strerror))
    except (OSError, ValueError, MemoryError) as error:
        return ArchiveReport(path, "", "failed", size, detail=said(error))


def _check_unchanged(path: str, status: os.stat_result) -> None:
    if files.stamp(os.stat(path, follow_symlinks=False)) != files.stamp(status):
        raise UnfitError("it has changed meanwhile")


def said(error: Exception) -> str:
    """An error in a report; of what is not ours, its kind too."""
    ours = (FormatError, OSError, UnfitError)
    return str(error) if isinstance(error, ours) else f"{type(error).__name__}: {error}"


# --- writing ------------------------------------------------------------------------------------------


def _write(
    original: BinaryIO, status: os.stat_result, name: str, file: BinaryIO, task: Task, pool: Executor | None
) -> None:
    head = Head(name, stat.S_IMODE(status.st_mode), status.st_mtime_ns)
    file.write(head.pack())
    pieces = Pieces(original, status.st_size)
    blocks: list[Block] = []
    for block, frames in in_order(pool, task.threads + 1, partial(pack_block, level=task.level), pieces):
        placed = replace(block, at=file.tell())
        file.write(placed.pack())
        file.writelines(frames)
        blocks.append(placed)
        task.progress(original.name, placed.end // 2, status.st_size)
    if pieces.offset != status.st_size:
        raise UnfitError("it has changed meanwhile")
    index = container.pack_index(blocks)
    packed = zstd.compress(index, task.level)
    index_at = file.tell()
    file.write(packed)
    end = End(index_at, len(packed), len(index), crc32c.value(packed), pieces.offset, pieces.crc)
    file.write(end.pack())
    file.flush()
    os.fsync(file.fileno())


class Pieces:
    """The original as (offset, bytes), cut between records where there are any."""

    def __init__(self, original: BinaryIO, size: int) -> None:
        self._original = original
        self._size = size
        self.offset = 0  # behind what was given
        self.crc = 0  # of what was given

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        data = b""
        wanted = container.BLOCK_BYTES
        self._original.seek(0)
        while True:
            wanted = min(wanted, self._size - self.offset)
            data += self._original.read(wanted - len(data))
            if not data:
                return
            at_end = len(data) < wanted or len(data) == self._size - self.offset
            taken = len(data) if at_end else _native.split(data)
            if taken == 0 and wanted < _native.MAX_BLOCK_BYTES:
                wanted = min(2 * wanted, _native.MAX_BLOCK_BYTES)  # a record that is larger than a block
                continue
            piece = data[:taken] if taken else data
            data = data[len(piece) :]
            self.crc = crc32c.extend(self.crc, piece)
            offset, self.offset = self.offset, self.offset + len(piece)
            wanted = min(max(container.BLOCK_BYTES, 2 * len(data)), _native.MAX_BLOCK_BYTES)
            yield offset, piece


def pack_block(piece: tuple[int, bytes], level: int) -> tuple[Block, list[bytes]]:
    """A block that has no place yet, and its frames."""
    offset, data = piece
    *streams, tags, untagged = _native.encode(data)
    frames = [zstd.compress(stream, level) for stream in streams]
    sizes = tuple((len(stream), len(frame)) for stream, frame in zip(streams, frames, strict=True))
    known = Tags(tuple(container.text_tags(each) for each in tags), untagged)
    return Block(0, offset, len(data), crc32c.value(data), sizes, known), frames


# --- verifying ----------------------------------------------------------------------------------------


def _verify(
    path: str, original: BinaryIO, status: os.stat_result, task: Task, pool: Executor | None, otherwise: str
) -> None:
    """Unpacks the archive from the disk and holds it against the original.

    Raises:
        FormatError: saying `otherwise`.
    """
    with Archive(path) as packed:
        original.seek(0)
        at = 0
        crc = 0
        for offset, data in packed.blocks(pool=pool, ahead=task.threads + 1):
            if offset != at or original.read(len(data)) != data:
                break
            at += len(data)
            crc = crc32c.extend(crc, data)
            task.progress(original.name, (status.st_size + at) // 2, status.st_size)
        whole = at == packed.size == status.st_size and crc == packed.crc and not packed.problems
    if not whole or original.read(1):
        _check_unchanged(original.name, status)
        raise FormatError(otherwise)
