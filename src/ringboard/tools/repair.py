"""Damaged event files, made whole again: what is sound is kept, the rest is left out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from ringboard.archive import files
from ringboard.reading.files import EventFile, PathLike, find_files
from ringboard.reading.load import Part, Problem, read_file
from ringboard.tools.check import NOTHING, Progress
from ringboard.tools.records import copy_sound, head_if_needed, hidden_name, write_whole


@dataclass(frozen=True)
class Repair:
    """What became of a file.

    Attributes:
        path: the file.
        state: "sound" (it was), "repaired", "damaged" (with dry_run), "skipped" or "failed": it is as it was.
        records: how many sound records it holds.
        lost_bytes: how many bytes could not be read, and are not in the repaired file.
        problems: the damage.
        kept: where the damaged file is, with keep=True; else "".
        detail: why it was skipped, or what failed.
    """

    path: str
    state: str
    records: int = 0
    lost_bytes: int = 0
    problems: list[Problem] = field(default_factory=list)
    kept: str = ""
    detail: str = ""


def repair(
    path: PathLike | Iterable[PathLike],
    *,
    keep: bool = False,
    dry_run: bool = False,
    min_age: float = 300.0,
    progress: Progress | None = None,
) -> list[Repair]:
    """Replaces each damaged event file by one of its sound records.

    Torn and zeroed ends are cut off, damaged middles skipped.  The new file is complete and on the disk
    before it takes the old one's place: killed at any moment, one of them is there.  If the damage took the
    file's head, there is a new one.  Sound files are not touched, nor are those without any sound record:
    they may be no event files at all.  (Zeros and the beginning of a record become an empty event file.)

    Args:
        path: a log dir, an event file, or a list of such.  (Archives are not repaired: `restore` says what of
            one can be read.)
        keep: keep the damaged file beside, as <name>.damaged, with "tfevents" replaced by "rbevents".
        dry_run: only say what is damaged.
        min_age: seconds for which a file must not have changed.  What looks like a torn end may be a record
            that is being written.
        progress: called with each file's path when it is done.

    Raises:
        FileNotFoundError: a path does not exist.
    """
    writers = files.Writers()
    reports = []
    for file in find_files(path):
        try:
            reports.append(_repair_one(file, writers, keep, dry_run, min_age))
        except OSError as error:
            reports.append(Repair(file.path, "failed", detail=str(error)))
        if progress is not None:
            progress(file.path)
    return reports


def _repair_one(file: EventFile, writers: files.Writers, keep: bool, dry_run: bool, min_age: float) -> Repair:
    status = os.stat(file.path)  # before it is read: what is written meanwhile must be seen
    part = read_file(file, NOTHING, for_rules=False)
    if part.problems and part.problems[0].kind == "unreadable":
        return Repair(file.path, "failed", detail=part.problems[0].detail)
    lost = sum(problem.length for problem in part.problems)
    report = Repair(file.path, "sound", part.info.records, lost, part.problems)
    if not part.problems:
        return report
    real = os.path.realpath(file.path)
    why: str | None
    if file.is_archive:
        why = "an archive: restore it, then repair what it gives"
    elif _is_something_else(part):
        why = "it has no sound record: is it an event file at all?"
    else:
        why = writers.why_not(real, status, min_age)
    if dry_run:
        return _with(report, "damaged", why and f"would be skipped: {why}")
    if why:
        return _with(report, "skipped", why)
    kept = hidden_name(real) + ".damaged" if keep else ""
    times = status.st_atime_ns, status.st_mtime_ns

    def write(to: BinaryIO) -> None:
        to.write(head_if_needed(part))
        copy_sound(part, to)
        if files.stamp(os.stat(real)) != files.stamp(status):
            raise OSError("it was changed while it was repaired")
        if keep and not _is_same(real, kept):  # of a repair that was killed
            os.link(real, kept)

    write_whole(real, times, status.st_mode & 0o7777, write, status)
    return _with(report, "repaired", kept=kept)


def _is_something_else(part: Part) -> bool:
    """Not an event file, it seems: `ringboard repair runs/exp1/*` must not cut a checkpoint to a head."""
    if part.info.records:
        return False
    is_named = "tfevents" in os.path.basename(part.file.path)
    return not is_named or any(problem.kind not in ("torn_tail", "zeros") for problem in part.problems)


def _is_same(path: str, other: str) -> bool:
    return os.path.lexists(other) and os.path.samefile(path, other)


def _with(report: Repair, state: str, detail: str | None = None, kept: str = "") -> Repair:
    return replace(report, state=state, kept=kept, detail=detail or "")
