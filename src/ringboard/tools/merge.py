"""Many event files of a run into one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from ringboard.reading.files import EventFile, PathLike, find_files, original_name
from ringboard.reading.load import Problem, read_file
from ringboard.tools.check import NOTHING, Progress
from ringboard.tools.records import by_run, copy_sound, head_if_needed, write_whole

_MODE = 0o666


@dataclass(frozen=True)
class MergedRun:
    """A run of the merged log.

    Attributes:
        run: its name.
        path: its one event file.
        files: how many there were.
        bytes, records: of the one.
        problems: what of the files could not be read, and is not in it.
    """

    run: str
    path: str
    files: int
    bytes: int
    records: int
    problems: list[Problem]


def merge(
    path: PathLike | Iterable[PathLike], into: PathLike, *, progress: Progress | None = None
) -> list[MergedRun]:
    """Writes the log again with one event file a run.

    The records are the same, in the order in which TensorBoard reads them: by the files' names.  Archives
    are read, too.  The originals stay as they are.

    Args:
        path: a log dir, or several: runs of one name are then one run.  Or event files and archives.
        into: the new log dir; it must be empty, or not exist.  A file is there only when it is complete.
        progress: called with each original's path when it is done.

    Raises:
        FileNotFoundError: a path does not exist.
        FileExistsError: there is something in `into`.
        OSError: no room, no permission, …; runs that were complete by then are there.
    """
    every_file = _of_all(path)
    target = new_log_dir(into)
    merged = []
    for run, found in by_run(every_file):
        os.makedirs(os.path.join(target, run), exist_ok=True)
        place = os.path.normpath(os.path.join(target, run, found[0].name))
        problems: list[Problem] = []
        # The time of the file is that of the latest.
        latest = max(os.stat(file.path).st_mtime_ns for file in found)

        def write(to: BinaryIO, found: list[EventFile] = found, problems: list[Problem] = problems) -> None:
            for number, file in enumerate(found):
                part = read_file(file, NOTHING, for_rules=False)
                problems += part.problems
                if number == 0:
                    to.write(head_if_needed(part))
                copy_sound(part, to)
                if progress is not None:
                    progress(file.path)

        written = write_whole(place, (latest, latest), default_mode(), write)
        merged.append(MergedRun(run, place, len(found), written.info.bytes, written.info.records, problems))
    return merged


def _of_all(path: PathLike | Iterable[PathLike]) -> list[EventFile]:
    """Of several directories: each run relative to its own; what several of them hold, once."""
    if isinstance(path, (str, os.PathLike)):
        return find_files(path)
    found: dict[str, EventFile] = {}
    every = [file for each in path for file in find_files(each)]
    for file in sorted(every, key=lambda file: file.is_archive):  # an event file rather than its archive
        directory, name = os.path.split(os.path.realpath(file.path))
        found.setdefault(os.path.join(directory, original_name(name)), file)
    return sorted(found.values(), key=lambda file: (file.run, file.name, file.path))


def new_log_dir(into: PathLike) -> str:
    """A directory with nothing in it.

    Raises:
        FileExistsError: there is something in it, or it is a file.
    """
    target = os.fspath(into)
    os.makedirs(target, exist_ok=True)
    if os.listdir(target):
        raise FileExistsError(f"{str(target)!r} is not empty: name a new directory")
    return str(target)


def default_mode() -> int:
    """What a new file gets."""
    umask = os.umask(0)
    os.umask(umask)
    return _MODE & ~umask
