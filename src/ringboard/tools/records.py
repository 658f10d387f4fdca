"""Copies of records, into files that are whole or not there at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from ringboard.archive import files
from ringboard.event_file import file_head
from ringboard.reading.files import EventFile, opened
from ringboard.reading.load import Part, read_file
from ringboard.tools.check import NOTHING, RECORD_HEADER_BYTES, sound_ranges

_COPY_BYTES = 4 << 20
_VERSION_KEY = b"\x1a"  # Event.file_version


class VerifyError(OSError):
    """What was written is not what was to be written."""


def copy_range(source: Any, start: int, end: int, to: BinaryIO) -> None:
    """Bytes of an open file or archive.

    Raises:
        OSError: it ends before.
    """
    while start < end:
        data = source.read_at(start, min(end - start, _COPY_BYTES))
        if not data:
            raise OSError(f"the file ended at byte {start}: it was changed while it was read")
        to.write(data)
        start += len(data)


def copy_sound(part: Part, to: BinaryIO) -> None:
    """All whole records of a file; nothing of one that can't be opened."""
    ranges = sound_ranges(part)
    if not ranges:
        return
    with opened(part.file) as source:
        for start, end in ranges:
            copy_range(source, start, end, to)


def needs_head(part: Part) -> bool:
    """Whether the file's first sound record does not say its version: without it, TensorBoard guesses."""
    ranges = sound_ranges(part)
    if not ranges:
        return True
    start, end = ranges[0]
    with opened(part.file) as source:
        # Wall time (9 bytes), perhaps a step (up to 11), then the version.
        payload = source.read_at(start + RECORD_HEADER_BYTES, min(end - start - RECORD_HEADER_BYTES, 64))
    return b"brain.Event:" not in payload or _VERSION_KEY not in payload


def write_whole(
    target: str,
    times: tuple[int, int],
    mode: int,
    write: Callable[[BinaryIO], Any],
    owner: os.stat_result | None = None,
) -> Part:
    """Makes an event file, which is there under its name only when it is complete, checked and on the disk.

    Returns what reading it from the disk gave.

    Raises:
        VerifyError: it can't be read back.
        OSError: no room, no permission, …; nothing is left behind then.
    """
    with files.temporary(hidden_name(target)) as (path, file):
        write(file)
        file.flush()
        written = read_file(EventFile(path, "", ""), NOTHING, for_rules=False)
        if written.problems:
            problem = written.problems[0]
            raise VerifyError(f"{target}: what was written can't be read back, at byte {problem.offset}")
        files.put_in_place(file, path, target, mode, times, owner)
    return written


def hidden_name(target: str) -> str:
    """A name beside it that TensorBoard does not take for an event file."""
    directory, name = os.path.split(target)
    return os.path.join(directory, name.replace("tfevents", "rbevents"))


def head_if_needed(part: Part) -> bytes:
    return file_head() if needs_head(part) else b""


def by_run(found: Iterable[EventFile]) -> Iterator[tuple[str, list[EventFile]]]:
    """The files of each run, in their order."""
    runs: dict[str, list[EventFile]] = {}
    for file in found:
        runs.setdefault(file.run, []).append(file)
    yield from runs.items()
