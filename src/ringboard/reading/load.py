"""From files to runs: each file is read once, by native code, many files at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from ringboard._native.reader import LogReader
from ringboard.reading.files import EventFile, open_archive
from ringboard.reading.messages import to_text
from ringboard.reading.rules import Marker
from ringboard.reading.values import KINDS

T = TypeVar("T")

_DETAILS = {
    "torn_tail": "the file ends within a record: it was being written, or its writer was killed",
    "zeros": "zero bytes where a record was expected: the machine went down before they were written",
    "bad_length": "no record starts here: the length's checksum does not hold, or it leads beyond the file",
    "bad_payload": "the record's checksum does not hold: its bytes have changed",
    "bad_event": "the record is sound, but it is no Event that protobuf can read",
}


@dataclass(frozen=True)
class Problem:
    """Something in a file that could not be read.  All else of the file was.

    Attributes:
        file: its path.
        offset: where in the file (of an archive: in the file that was archived).
        length: how many bytes could not be read.
        kind: "torn_tail" (the last record is not whole), "zeros", "bad_length", "bad_payload" (checksums),
            "bad_event" (checksums hold, but it is no Event), "mixed_kinds" (a tag's value is of another kind
            than its first one), "unreadable" (the file can't be opened); of a damaged archive
            "bad_archive_block", "missing_bytes" and "bad_archive_index" (then nothing may be lost).
        detail: a sentence.
    """

    file: str
    offset: int
    length: int
    kind: str
    detail: str


@dataclass(frozen=True)
class FileInfo:
    """A file of a log.

    Attributes:
        path, run: where it is, and which run it belongs to.
        bytes: its size when it was read; of an archive, that of the event file.
        records: how many sound records it has; of an archive that was read for some tags only: how many
            there are in the parts that hold them.
        events: how many of them are Events.
    """

    path: str
    run: str
    bytes: int
    records: int
    events: int


@dataclass(frozen=True)
class Selection:
    """What is wanted of a log."""

    patterns: tuple[str, ...] | None
    kinds: frozenset[str] | None
    since_step: int | None
    since_wall_time: float | None

    def from_the_start(self) -> Selection:
        """The same without `since`: what is dropped may depend on earlier points."""
        return replace(self, since_step=None, since_wall_time=None)

    def wants(self, kind: str) -> bool:
        return self.kinds is None or kind in self.kinds


@dataclass
class Chunk:
    """The new rows of one series of one file."""

    tag: str
    is_numbers: bool
    form: str
    metadata: bytes | None
    plugin: str
    steps: Any
    wall_times: Any
    values: Any  # numbers or bodies
    records: Any  # the records' offsets, of numbers under rules


@dataclass
class Part:
    """What was read of one file."""

    file: EventFile
    info: FileInfo
    chunks: list[Chunk] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def select(tags: Any, kinds: Any, since: Any) -> Selection:
    """Arguments of read() as a Selection.

    Raises:
        TypeError, ValueError: an argument is no such thing.
    """
    step, wall_time = None, None
    if isinstance(since, datetime):
        wall_time = since.timestamp()
    elif isinstance(since, (int, np.integer)) and not isinstance(since, bool):
        step = int(since)
        if not -(1 << 63) <= step < 1 << 63:
            raise ValueError(f"since={since}: expected a step of 64 bits")
    elif since is not None:
        raise TypeError(
            f"since={since!r}: expected a step (int) or a wall time (datetime), got {type(since).__name__}; "
            "datetime.fromtimestamp(seconds) makes one of seconds"
        )
    patterns = _strings("tags", tags)
    wanted = _strings("kinds", kinds)
    for kind in wanted or ():
        if kind not in KINDS:
            raise ValueError(
                f"kinds={kinds!r}: there is no kind {kind!r}; expected some of {', '.join(KINDS)}"
            )
    return Selection(patterns, None if wanted is None else frozenset(wanted), step, wall_time)


def _strings(name: str, given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable):
        raise TypeError(f"{name}={given!r}: expected a str or several, got {type(given).__name__}")
    strings = tuple(given)
    for each in strings:
        if not isinstance(each, str):
            raise TypeError(f"{name}: expected str, got {each!r} among them")
    return strings


def new_reader(selection: Selection, *, for_rules: bool) -> LogReader:
    """Under rules all is read: what is dropped depends on what is not asked for, too."""
    if for_rules:
        return LogReader(records=True)
    kinds = selection.kinds
    return LogReader(
        _with_brackets_kept(selection.patterns),
        numbers=kinds is None or "scalar" in kinds,
        bodies=kinds is None or kinds != {"scalar"},
        least_step=selection.since_step,
        least_wall_time=selection.since_wall_time,
    )


def _with_brackets_kept(patterns: Sequence[str] | None) -> list[str] | None:
    """The patterns, and each once more as plain text: a tag may have a * or a [ in it."""
    if patterns is None:
        return None
    return [*patterns, *(as_plain(each) for each in patterns if any(letter in each for letter in "*?["))]


def as_plain(text: str) -> str:
    """The pattern that matches this text alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def read_file(
    file: EventFile, selection: Selection, *, for_rules: bool, reader: LogReader | None = None
) -> Part:
    """A whole file; or all that `reader` has not read yet."""
    reader = new_reader(selection, for_rules=for_rules) if reader is None else reader
    damage: list[Problem] = []
    size = 0
    try:
        if file.is_archive:
            # With no tag wanted, all is read for what else is told of a file; see tools.check.NOTHING.
            size, damage = _scan_archive(file, reader, None if for_rules else selection.patterns or None)
        else:
            reader.open(file.path)
            reader.scan(True)
    except OSError as error:
        problem = Problem(file.path, 0, 0, "unreadable", f"the file can't be read: {error.strerror or error}")
        return Part(file, FileInfo(file.path, file.run, 0, 0, 0), problems=[problem])
    part = take(file, reader)
    reader.close()
    part.info = replace(part.info, bytes=max(size, part.info.bytes))
    if damage:
        part.problems = sorted([*part.problems, *damage], key=lambda problem: problem.offset)
    return part


def _scan_archive(
    file: EventFile, reader: LogReader, patterns: Sequence[str] | None
) -> tuple[int, list[Problem]]:
    """Feeds what the patterns need; returns the event file's size, and what of the archive is damaged."""
    with open_archive(file.path) as archive:
        for offset, block in archive.blocks(patterns):
            known = max(0, reader.offset - offset)  # read from the file that was then packed
            if known < len(block):
                reader.feed(offset + known, block[known:] if known else block)
        reader.finish()
        return archive.size, [
            Problem(file.path, begin, end - begin, kind, detail)
            for _, _, _, kind, detail, (begin, end) in archive.problems
        ]


def take(file: EventFile, reader: LogReader) -> Part:
    """What the reader has read since the last time."""
    problems = [
        Problem(file.path, offset, length, kind, _DETAILS[kind])
        for kind, offset, length in reader.take_problems()
    ]
    bad_events = sum(problem.kind == "bad_event" for problem in problems)
    records = reader.record_count
    info = FileInfo(file.path, file.run, reader.size, records, records - bad_events)
    chunks = [
        Chunk(to_text(tag), is_numbers, form, metadata, to_text(plugin), *columns)
        for tag, is_numbers, form, metadata, plugin, *columns in reader.take()
    ]
    return Part(file, info, chunks, [Marker(*each) for each in reader.take_markers()], problems)


def read_files(
    files: Sequence[EventFile], read_one: Callable[[EventFile], T], workers: int | None
) -> list[T]:
    """What `read_one` makes of each file, in their order; native code reads without the GIL."""
    if workers is None:
        workers = os.cpu_count() or 1
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers={workers!r}: expected how many files to read at a time, from 1")
    if workers == 1 or len(files) < 2:
        return [read_one(file) for file in files]
    with ThreadPoolExecutor(min(workers, len(files)), "ringboard-read") as pool:
        return list(pool.map(read_one, files))
