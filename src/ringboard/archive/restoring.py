"""Archives back into event files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import Executor

from ringboard._native import crc32c
from ringboard.archive import files, zstd
from ringboard.archive.packing import ArchiveReport, Progress, Task, UnfitError, said, silent
from ringboard.archive.parallel import check_threads
from ringboard.archive.reading import Archive, ArchiveError

_CHUNK_BYTES = 4 << 20


def restore(
    paths: files.StrPath | Iterable[files.StrPath],
    *,
    threads: int | None = None,
    keep: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[ArchiveReport]:
    """Unpacks archives to the event files that they were made of, byte for byte, and removes the archives.

    Each file gets its old name, mode and time, beside the archive.  An archive is removed only when the file
    is on the disk and has the checksum that was taken when it was packed.

    Args:
        paths: archives, and directories: every .rbz file below.
        threads: how many unpack at once; None: as many as there are processors.
        keep: leave the archives.
        dry_run: only say what would be restored.
        progress: called as progress(path, bytes done, bytes in all), by several threads.

    Returns:
        One report for each archive.  Of a damaged one nothing is restored; what is left of it can be read
        by `ringboard.read` and `open_archive`.

    Raises:
        ImportError: the package zstandard is missing.
        ValueError: threads is none.
    """
    zstd.library()
    task = Task(0, check_threads(threads), keep, 0, dry_run, progress or silent)
    return task.run(files.below(files.as_paths(paths), archives=True), _restore)


def _restore(path: str, task: Task, pool: Executor | None) -> ArchiveReport:
    size = 0
    try:
        status = os.stat(path)
        size = status.st_size
        with Archive(path) as packed:
            target = os.path.join(os.path.dirname(path), packed.original_name)
            if task.dry_run:
                return ArchiveReport(path, target, "restored", size, packed.size, "not done: a dry run")
            # Beside the archive, under its name: TensorBoard must not see half a file.
            with files.temporary(path) as (temporary, file):
                files.hold(packed.fileno(), path)
                if os.path.lexists(target):
                    # Of a process that was killed before it could remove the archive, or of keep=True.
                    if not os.path.isfile(target) or not _holds(target, packed):
                        raise UnfitError(f"{target} exists and holds something else")
                else:
                    for offset, data in packed.blocks(pool=pool, ahead=task.threads + 1):
                        if offset != file.tell():
                            break
                        file.write(data)
                        task.progress(path, file.tell(), packed.size)
                    file.flush()
                    _check(packed, temporary)
                    files.put_in_place(
                        file, temporary, target, packed.mode, (packed.mtime_ns, packed.mtime_ns), status
                    )
                if not task.keep:
                    files.remove(path)
        return ArchiveReport(path, target, "restored", size, packed.size)
    except files.BusyError as error:
        return ArchiveReport(path, "", "skipped", size, detail=str(error.strerror))
    except (OSError, ValueError, MemoryError, UnfitError) as error:
        return ArchiveReport(path, "", "failed", size, detail=said(error))


def _check(packed: Archive, temporary: str) -> None:
    if packed.problems:
        problem = packed.problems[0]
        raise ArchiveError(packed.path, problem.offset, problem.detail)
    if not _holds(temporary, packed):
        raise ArchiveError(packed.path, 0, "what was unpacked has not the checksum of the original")


def _holds(path: str, packed: Archive) -> bool:
    """Whether a file is the one that was packed, by size and checksum."""
    crc = 0
    with open(path, "rb") as file:
        if packed.crc is None or os.fstat(file.fileno()).st_size != packed.size:
            return False
        while chunk := file.read(_CHUNK_BYTES):
            crc = crc32c.extend(crc, chunk)
    return crc == packed.crc
