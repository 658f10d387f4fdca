"""What processes that died had accepted and not yet written: completed by those that come after.

The ring lies in shared memory, which outlives its process.  The first SummaryWriter of a process looks for
rings whose processes are dead and completes their files; `recover` and `ringboard recover` do so on demand.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

from ringboard._native import recovery as _native


@dataclass(frozen=True)
class RecoveredFile:
    """An event file of a dead process that lacked something.

    Attributes:
        path: the event file.
        state: "complete" (it now holds all that was accepted), "gone" (it has been deleted) or "left" (it
            could not be completed; `detail` says why, and another attempt may).
        events: how many events were appended, not counting those of a full disk's time.
        bytes: how many bytes were appended.
        detail: what is wrong, or missing.
    """

    path: str
    state: str
    events: int
    bytes: int
    detail: str


@dataclass(frozen=True)
class DeadProcess:
    """A process that died before it could write all, and what has become of its files.

    Attributes:
        process: its number.
        state: "recovered" (nothing is left to do), "left" (some files could not be completed; what they
            lack is kept for another attempt) or "unusable" (what it left can't be read: damaged, or made by
            another version).
        files: those that lacked something.
        directory: where its ring lies, or lay.
        detail: what is wrong.
    """

    process: int
    state: str
    files: list[RecoveredFile] = field(default_factory=list)
    directory: str = ""
    detail: str = ""


def recover(log_dir: str | os.PathLike[str] | None = None, *, discard: bool = False) -> list[DeadProcess]:
    """Completes the event files of this user's processes on this machine that died: killed, crashed,
    out of memory, ended by os._exit.

    The first SummaryWriter that a process makes does this by itself, for all log dirs.  It may be killed at
    any moment and called again: no event is written twice.  Files are only ever appended to, and only if
    they end as the dead process left them.

    Args:
        log_dir: only processes that logged below this directory; None: all.
        discard: gives up what can't be completed (its disk is gone, another file has its name …), which
            otherwise stays in shared memory for another attempt until the machine is started anew.

    Returns:
        One entry for each dead process that left something, living ones not among them.
    """
    below = "" if log_dir is None else os.path.abspath(os.fsdecode(os.fspath(log_dir)))
    found = _native.recover(below, discard)
    return [
        DeadProcess(process, state, [RecoveredFile(*each) for each in files], directory, detail)
        for directory, process, state, files, detail in found
        if state not in ("alive", "elsewhere")
    ]


def _summary(dead: list[DeadProcess]) -> str:
    """What the first writer of a process has to tell, in one line; "" when nothing was lacking."""
    files = [each for process in dead for each in process.files]
    completed = [each for each in files if each.state == "complete"]
    left = [each for each in files if each.state == "left"]
    parts = []
    if completed:
        events = sum(each.events for each in completed)
        where = os.path.dirname(completed[0].path) + (" and others" if len(completed) > 1 else "")
        parts.append(
            f"completed {len(completed)} event file(s) of processes that had died "
            f"({events} events, in {where})"
        )
    if left:
        parts.append(f"could not complete {left[0].path}: {left[0].detail}")
    unusable = [each for each in dead if each.state == "unusable"]
    if unusable:
        parts.append(
            f"cannot read what process {unusable[0].process or '?'} left in {unusable[0].directory}: "
            f"{unusable[0].detail}"
        )
    if left or unusable:
        parts.append("`ringboard recover` tells more")
    return "; ".join(parts)


def _not_told_yet(process: DeadProcess) -> bool:
    """True once for each process whose files can't be completed: every other one would tell of it again."""
    if process.state == "recovered":
        return True
    try:
        os.close(
            os.open(os.path.join(process.directory, "told"), os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        )
    except OSError:
        return False
    return True


def recover_at_first_writer() -> None:
    """Called once a process, by its first writer.  Whatever happens here must not stop a training."""
    try:
        line = _summary([process for process in recover() if _not_told_yet(process)])
    except Exception as error:
        line = f"cannot look for what dead processes left: {error}"
    if line and sys.stderr is not None:
        print(f"ringboard: {line}", file=sys.stderr)
