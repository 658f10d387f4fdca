"""Runs one scenario against one library, in a process of its own with a time limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import ringboard
from tests.faults.judge import Verdict, judge
from tests.faults.library import LIBRARIES, Scenario
from tests.faults.patience import Patience
from tests.faults.run import ACKS, NEXT, NOTES, STDERR
from tests.support.processes import end_session, session_members

ROOT = Path(__file__).parents[2]
_IDLE_S = 12.0  # longer than what a script waits for its children
_NEXT = "import importlib, sys; importlib.import_module(sys.argv[1]).SummaryWriter(sys.argv[2]).close()"


@dataclass
class Outcome:
    """What one library made of one scenario."""

    library: str
    scenario: Scenario
    verdict: Verdict
    problems: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    stderr: str = ""

    def complaints(self) -> list[str]:
        """All that is wrong, the worst first; empty when the library kept every promise."""
        verdict = self.verdict
        found = [_counted(text, count) for text, count in self.problems.items()]
        if verdict.lost:
            found.append(f"loses {verdict.lost:,} of {verdict.acknowledged:,}")
            if abs(verdict.lost_rust - verdict.lost_python) > 0:
                found[-1] += f" ({verdict.lost_python:,} in the Python reader)"
        if verdict.duplicates:
            found.append(f"{verdict.duplicates:,} twice")
        if verdict.damaged:
            found.append(_files("damaged", len(verdict.damaged)))
        if verdict.unreadable:
            found.append(
                _files("unreadable", len(verdict.unreadable)) + " (TensorBoard's Python reader raises)"
            )
        if verdict.torn and not self.scenario.may_tear:
            found.append(_files("torn", verdict.torn))
        if verdict.half_written:
            found.append("half of a call is written")
        if verdict.escaped:
            found.append(_files("stray", len(verdict.escaped)) + " outside the log dir")
        return found


def _counted(text: str, count: int) -> str:
    return text if count == 1 else f"{text} ({count}×)"


def _files(what: str, count: int) -> str:
    return f"{count} {what} file{'s' * (count > 1)}"


def perform(scenario: Scenario, library: str, home: Path) -> Outcome:
    """Runs `scenario` in `home`, which is made here, and judges what is left.

    Raises:
        Unavailable: this machine or user can't stage it.
    """
    home.mkdir(parents=True)
    (home / ACKS).mkdir()
    with scenario.stage(home):
        ending = _run(scenario, LIBRARIES[library], home)
        if scenario.recovers:
            _next_process(LIBRARIES[library], home)
        outcome = Outcome(library, scenario, judge(home))
    outcome.stderr = (home / STDERR).read_text(errors="replace")
    if ending:
        outcome.problems[ending] += 1
    for kind, text in _notes(home):
        (outcome.problems if kind == "problem" else outcome.notes)[text] += 1
    return outcome


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(Path(ringboard.__file__).parents[1]), str(ROOT)])
    return os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}


def _run(scenario: Scenario, module: str, home: Path) -> str:
    """Runs the script; how it ended, if not well."""
    command = [sys.executable, "-m", "tests.faults.run", module, str(home), scenario.name]
    with open(home / STDERR, "wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            patience = Patience(lambda: session_members(process.pid), _IDLE_S)
            while (code := process.poll()) is None:
                if patience.over():
                    return "hangs"
                time.sleep(0.01)
        finally:
            end_session(process, grace_s=0.0)
    return f"dies of {signal.Signals(-code).name}" if code < 0 else ""


def _next_process(module: str, home: Path) -> None:
    """The next training run: makes a writer elsewhere, and so completes what dead ones left behind."""
    subprocess.run(
        [sys.executable, "-c", _NEXT, module, str(home / NEXT)],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=60.0,
    )


def _notes(home: Path) -> list[list[str]]:
    path = home / NOTES
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
