"""A program run with the original writer and with ours, and the comparison of what TensorBoard shows."""

from __future__ import annotations

import atexit
import dataclasses
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

import ringboard
from tests.frameworks.warm import Warm
from tests.support.accumulator import load_runs
from tests.support.events import events_by_run, read_events
from tests.support.records import event_files
from tests.support.views import View, compare, views

T = TypeVar("T")
PROGRAMS = Path(__file__).parent / "programs"
REQUIRED = "RINGBOARD_REQUIRE_FRAMEWORKS"
LOGS = "logs"
_ROOT = Path(__file__).parents[2]
_TIMEOUT_S = 300.0
# Which nodes a graph has is each library's own choice; that there are some is asserted.  A session's start
# is written twice by ours, so that both readers purge (README, differences).
_NOT_COMPARED = ("file_version", "graph_def", "tagged_run_metadata", "session_log")
# A run of add_hparams is named after the clock.
_CLOCK_NAME = re.compile(r"(?<![\d.])\d{10}\.\d+(?![\d.])")
# Our writer keeps a boolean hyperparameter a boolean; torch's makes it a number (README, differences).
_BOOLEANS = {
    "DATA_TYPE_BOOL": "DATA_TYPE_FLOAT64",
    "bool_value: true": "number_value: 1.0",
    "bool_value: false": "number_value: 0.0",
}


def need(*packages: str) -> None:
    """Skips the test when a package isn't installed; fails it instead where they have to be, as in CI."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        reason = f"not installed: {', '.join(missing)} (make test-frameworks installs all)"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{REQUIRED}=1, but {reason}")
        pytest.skip(reason)


def environment() -> dict[str, str]:
    """Of both runs: nothing is downloaded, and one thread computes, so that sums have one order."""
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(ringboard.__file__).parents[1]), str(_ROOT)]),
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "MPLBACKEND": "agg",
        "PYTHONHASHSEED": "0",
    }


@dataclasses.dataclass(frozen=True)
class Both:
    """Two working directories; each holds what its run logged below `logs`."""

    ours: Path
    theirs: Path

    @property
    def log_dirs(self) -> tuple[Path, Path]:
        return self.ours / LOGS, self.theirs / LOGS

    def check_who_wrote(self) -> None:
        """Every file of ours is ringboard's, none of theirs: the drop-in worked, and only where it was."""
        for log_dir, wanted in zip(self.log_dirs, (True, False), strict=True):
            files = event_files(log_dir)
            assert files, f"no event file below {log_dir}"
            for path in files:
                writer = read_events(path)[0].source_metadata.writer
                assert ("ringboard" in writer) == wanted, f"{path} was written by {writer!r}"

    def check_same(self, by_the_clock: Collection[str] = (), rtol: float = 1e-6) -> None:
        """Asserts that both hold the same runs, and the same values in the same order.

        Args:
            by_the_clock: tags whose values are times or rates; they are there in both, at the same steps.
            rtol: of a histogram's two sums.
        """
        self.check_who_wrote()
        ours, theirs = (_runs(log_dir, by_the_clock) for log_dir in self.log_dirs)
        assert sorted(ours) == sorted(theirs), "other runs"
        lines = [
            f"run {run!r}: {line}" for run in ours for line in compare(ours[run], theirs[run], rtol=rtol)
        ]
        assert not lines, "\n".join(lines[:40])
        assert any(theirs.values()), "nothing was logged, so nothing was compared"
        self._check_shown(by_the_clock)

    def _check_shown(self, by_the_clock: Collection[str]) -> None:
        """The same once more as EventAccumulator hands it to TensorBoard's tabs."""
        ours, theirs = (_without_clock(load_runs(each)) for each in self.log_dirs)
        for run, view in theirs.items():
            kinds, expected = ours[run].tags(), view.tags()
            assert bool(kinds.pop("graph", None)) == bool(expected.pop("graph", None)), f"{run}: the graph"
            for each in (kinds, expected):
                each.pop("run_metadata", None)
            assert kinds == expected, f"{run}: other tags"
            for tag in set(expected.get("scalars", ())) - set(by_the_clock):
                assert ours[run].scalars(tag) == view.scalars(tag), f"{run}: scalar {tag!r}"


def _runs(log_dir: Path, by_the_clock: Collection[str]) -> dict[str, list[View]]:
    return {
        run: [_comparable(each, by_the_clock) for each in views(events, without=_NOT_COMPARED)]
        for run, events in _without_clock(events_by_run(log_dir)).items()
    }


def _comparable(value: View, by_the_clock: Collection[str]) -> View:
    if value.tag in by_the_clock:
        return dataclasses.replace(value, payload=dict.fromkeys(value.payload, "…"))
    if value.plugin == "hparams" and isinstance(value.content, str):
        content = value.content
        for ours, theirs in _BOOLEANS.items():
            content = content.replace(ours, theirs)
        return dataclasses.replace(value, content=content)
    return value


def _without_clock(runs: Mapping[str, T]) -> dict[str, T]:
    """The runs that are named after the clock are "<time>", "<time> 1", … in the order of their times."""
    found: dict[str, T] = {}
    for run in sorted(runs):
        name = plain = _CLOCK_NAME.sub("<time>", run)
        number = 0
        while name in found:
            number += 1
            name = f"{plain} {number}"
        found[name] = runs[run]
    return found


def run_both(program: str, root: Path, *arguments: str, launcher: Sequence[str] = ()) -> Both:
    """Runs programs/`program` in `root`/theirs as it is, and in `root`/ours under `ringboard run`.

    Args:
        program: a file name, or a whole path.  It logs below "logs" in the working directory.
        root: an empty directory.
        arguments: of the program.
        launcher: what stands between the interpreter and the program, such as -m torch.distributed.run; the
            program is started anew then, not in a fork of a process that has the imports (see warm).

    Raises:
        AssertionError: a run fails; with what it said.
    """
    both = Both(root / "ours", root / "theirs")
    command = [str(PROGRAMS / program), *arguments]
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(_run, directory, dropin, [*launcher, *command], warm=not launcher)
            for directory, dropin in ((both.theirs, ()), (both.ours, ("-m", "ringboard", "run")))
        ]
    for run in runs:
        run.result()
    return both


def run_plain(program: str, directory: Path, *arguments: str) -> None:
    """Runs programs/`program` once, as it is, in a new directory."""
    _run(directory, (), [str(PROGRAMS / program), *arguments], warm=True)


_warm: dict[tuple[str, ...], Warm] = {}


@atexit.register
def _close_warm() -> None:
    while _warm:
        _warm.popitem()[1].close()


def _run(directory: Path, dropin: tuple[str, ...], command: list[str], *, warm: bool) -> None:
    directory.mkdir(parents=True)
    interpreter = [sys.executable, *dropin]
    if warm:
        process = _warm.get(dropin) or _warm.setdefault(dropin, Warm(interpreter, environment()))
        code, said = process.run(directory, command, _TIMEOUT_S)
    else:
        done = subprocess.run(
            [*interpreter, *command],
            cwd=directory,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        code, said = done.returncode, done.stdout
    assert code == 0, f"{[*interpreter, *command]}: exit code {code}\n{said}"
