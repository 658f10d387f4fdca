"""Are the files sound?  Every record of every file, both checksums, and whether it is an Event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ringboard import proto
from ringboard._native.reader import records
from ringboard.reading.files import EventFile, PathLike, find_files, opened
from ringboard.reading.load import Part, Problem, Selection, read_file, read_files

RECORD_HEADER_BYTES = 12
# No tag's columns are wanted: what is sound, and what is not, is told all the same.
NOTHING = Selection((), None, None, None)
_MOST_EVENT_BYTES = 1 << 20  # that are read to tell an event's step

# progress(file): it is done.
Progress = Callable[[str], None]


@dataclass(frozen=True)
class FileCheck:
    """What was found in a file.

    Attributes:
        path, run: the file, and the run that it belongs to.
        bytes, records: its size, and how many of its records are sound.
        problems: what is not; empty: the file is sound.
        steps: for each problem the steps of the last event before it and of the first one behind it; None
            where there is none.
    """

    path: str
    run: str
    bytes: int
    records: int
    problems: list[Problem]
    steps: list[tuple[int | None, int | None]]

    @property
    def lost_bytes(self) -> int:
        return sum(problem.length for problem in self.problems)


def check(
    path: PathLike | Iterable[PathLike], *, workers: int | None = None, progress: Progress | None = None
) -> list[FileCheck]:
    """Reads every record of the event files and archives below directories, or of those that are named.

    Args:
        path: a log dir, an event file, an archive, or a list of such.
        workers: how many files to read at a time; None: as many as there are processors.
        progress: called with each file's path when it is done.

    Raises:
        FileNotFoundError: a path does not exist.
    """

    def check_one(file: EventFile) -> FileCheck:
        part = read_file(file, NOTHING, for_rules=False)
        if progress is not None:
            progress(file.path)
        steps = _steps_around(part)
        return FileCheck(file.path, file.run, part.info.bytes, part.info.records, part.problems, steps)

    return read_files(find_files(path), check_one, workers)


def sound_ranges(part: Part) -> list[tuple[int, int]]:
    """Where the file is whole records of whole events: (start, end) of each stretch, in their order."""
    ranges, at = [], 0
    for problem in sorted(part.problems, key=lambda each: each.offset):
        if problem.kind == "mixed_kinds":  # sound, but of no use to read()
            continue
        if problem.offset > at:
            ranges.append((at, problem.offset))
        at = max(at, problem.offset + problem.length)
    if at < part.info.bytes:
        ranges.append((at, part.info.bytes))
    return ranges


def _steps_around(part: Part) -> list[tuple[int | None, int | None]]:
    if not part.problems or part.file.is_archive or part.problems[0].kind == "unreadable":
        return [(None, None)] * len(part.problems)
    offsets, lengths, _ = records(part.file.path)
    with opened(part.file) as source:

        def step_of(record: int) -> int | None:
            """The step of an event; None where there is none, or it is too large to be read for that."""
            if not 0 <= record < offsets.size or lengths[record] > _MOST_EVENT_BYTES:
                return None
            payload = source.read_at(int(offsets[record]) + RECORD_HEADER_BYTES, int(lengths[record]))
            try:
                return proto.split_event(payload)[1]
            except ValueError:
                return None

        found = []
        for problem in part.problems:
            before = int(np.searchsorted(offsets, problem.offset)) - 1
            behind = int(np.searchsorted(offsets, problem.offset + problem.length))
            found.append((step_of(before), step_of(behind)))
        return found
