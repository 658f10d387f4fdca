"""What was acknowledged against what TensorBoard's two readers find, and against the bytes themselves."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event

from tests.faults.run import ACKS, LOG, NEXT, NOTES, STDERR, VICTIM
from tests.support import rustboard
from tests.support.records import event_files, run_name, spans

# Events of this tag belong to calls that raised: none may be there.
REFUSED = "refused"

Steps = dict[str, set[int]]


@dataclass
class Verdict:
    """What became of the acknowledged events of one log dir."""

    acknowledged: int = 0
    lost_python: int = 0  # acknowledged, but not found by TensorBoard's reader in Python
    lost_rust: int = 0  # likewise by RustBoard
    duplicates: int = 0
    torn: int = 0  # files that end inside a record
    damaged: list[str] = field(default_factory=list)  # files with a bad record
    unreadable: list[str] = field(default_factory=list)  # files at which TensorBoard's Python reader raises
    half_written: int = 0
    escaped: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return max(self.lost_python, self.lost_rust)


def acknowledged(home: Path) -> Steps:
    """{tag: steps} whose calls had returned."""
    found = {}
    for path in sorted((home / ACKS).glob("*")):
        steps = np.flatnonzero(np.fromfile(path, np.uint8))
        found[unquote(path.name)] = set(steps.tolist())
    return found


def judge(home: Path) -> Verdict:
    log = home / LOG
    verdict = Verdict(escaped=_escaped(home))
    acks = acknowledged(home)
    verdict.acknowledged = sum(map(len, acks.values()))
    verdict.lost_python = _missing(acks, _by_python(log, verdict))
    verdict.lost_rust = _missing(acks, _by_rustboard(log))
    _walk(log, verdict)
    return verdict


def _missing(acks: Steps, found: Steps) -> int:
    return sum(len(steps - found.get(tag, set())) for tag, steps in acks.items())


def _by_python(log: Path, verdict: Verdict) -> Steps:
    """What TensorBoard's reader in Python finds in each file; one that dies finds no more."""
    found: Steps = {}
    for path in event_files(log):
        try:
            for record in RawEventFileLoader(str(path)).Load():
                event = Event.FromString(record)
                for value in event.summary.value:
                    found.setdefault(value.tag, set()).add(event.step)
        except Exception as error:
            verdict.unreadable.append(f"{path}: {error!r}")
    return found


def _by_rustboard(log: Path) -> Steps:
    if not log.is_dir():
        return {}
    try:
        runs = rustboard.steps_by_run(log)
    except AssertionError as error:
        print(error)
        return {}
    found: Steps = {}
    for tags in runs.values():
        for tag, steps in tags.items():
            found.setdefault(tag, set()).update(steps)
    return found


def _walk(log: Path, verdict: Verdict) -> None:
    """Every record, its checksums, and how often each (run, tag, step) is there."""
    times: Counter[tuple[str, str, int]] = Counter()
    for path in event_files(log):
        if path.is_symlink():  # by which a file would count twice
            continue
        try:
            records = spans(path, allow_torn_tail=True)
        except AssertionError as error:
            verdict.damaged.append(str(error))
            continue
        if (records[-1].end if records else 0) < path.stat().st_size:
            verdict.torn += 1
        run = run_name(log, path)
        for record in records:
            event = Event.FromString(record.data)
            times.update((run, value.tag, event.step) for value in event.summary.value)
    verdict.duplicates = sum(count - 1 for count in times.values())
    verdict.half_written = sum(count for (_, tag, _), count in times.items() if tag == REFUSED)


def _escaped(home: Path) -> list[str]:
    """Files below `home` that nobody but the library can have put there."""
    found = []
    for folder, folders, files in os.walk(home):
        if Path(folder) == home:
            folders[:] = [name for name in folders if name not in (LOG, ACKS, NEXT)]
        found += [os.path.relpath(os.path.join(folder, name), home) for name in files]
    return [path for path in found if path not in (NOTES, VICTIM, STDERR)]
