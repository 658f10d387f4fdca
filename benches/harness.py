"""Runs the contenders of a work side by side: checked first, a process each, order shuffled, repeated."""

from __future__ import annotations

import importlib
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from benches.units import quantity
from benches.work import Contender, Measure, Work

ROOT = Path(__file__).resolve().parent.parent
# On the disk that the checkout is on, and not in /tmp, which may be memory.
LOGS = ROOT / "build" / "bench-logs"
# In the order of the README's table.
CLAIMS = (
    "scalar_call", "scalar_throughput", "histogram", "image", "embedding", "mixed_step", "import",
    "frameworks", "writers", "media", "figures", "plugins", "graph", "reading", "crc32c", "histogram_kernel",
    "pixels", "archive",
)  # fmt: skip
_LIMIT_S = 900
Progress = Callable[[str], None]


class WrongAnswerError(AssertionError):
    """A contender wrote something else than it was told: nothing is timed."""


@dataclass(frozen=True)
class Samples:
    """What the contenders of one work took: a dict of numbers for each contender and repeat."""

    work: Work
    size: str
    runs: dict[str, list[dict[str, float]]]

    def of(self, contender: str, measure: str) -> list[float]:
        """One number a repeat; empty when the contender has no such measure."""
        return [run[measure] for run in self.runs[contender] if measure in run]

    def ratios(self, peer: str, ours: str, measure: str) -> list[float]:
        """peer ÷ ours, each of one repeat."""
        pairs = zip(self.of(peer, measure), self.of(ours, measure), strict=False)
        return [theirs / mine for theirs, mine in pairs]

    def median(self, contender: str, measure: str) -> float:
        return statistics.median(self.of(contender, measure))

    def having(self, measure: Measure, *libraries: str) -> list[Contender]:
        """The contenders of these libraries (of any, if none is named) that have this measure."""
        return [
            each
            for each in self.work.contenders
            if self.of(each.name, measure.key) and (not libraries or each.library in libraries)
        ]


def works_of(module: ModuleType) -> tuple[Work, ...]:
    """A bench file has one WORK, or WORKS."""
    return module.WORKS if hasattr(module, "WORKS") else (module.WORK,)


def all_works() -> list[Work]:
    return [work for claim in CLAIMS for work in works_of(importlib.import_module(f"benches.bench_{claim}"))]


def find_work(name: str) -> Work:
    works = {work.name: work for work in all_works()}
    if name not in works:
        raise ValueError(f"no work {name!r}; there are {', '.join(works)}")
    return works[name]


def run_child(
    work: Work, contender: Contender, amount: int, ring_bytes: int | None, folder: Path
) -> dict[str, float]:
    """One run in a new interpreter, its logs below `folder`."""
    out = folder / "numbers.json"
    command = [sys.executable, "-m", "benches.child", work.name, contender.name, f"--amount={amount}"]
    command += [f"--log-dir={folder / 'logs'}", f"--out={out}"]
    command += [f"--ring-bytes={ring_bytes}"] if ring_bytes is not None else []
    (folder / "logs").mkdir(parents=True)
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise WrongAnswerError(f"{work.name}, {contender.name}: not done in {_LIMIT_S} s") from None
    if done.returncode != 0:
        raise WrongAnswerError(f"{work.name}, {contender.name}: exit status {done.returncode}\n{done.stderr}")
    found: dict[str, float] = json.loads(out.read_text())
    return found


def check(work: Work, size: str, logs: Path) -> dict[str, dict[str, float]]:
    """Every contender does a little of the work, and the judge compares.

    Returns:
        What each contender measured on the way.

    Raises:
        WrongAnswerError: with what differs.
    """
    with tempfile.TemporaryDirectory(dir=logs) as name:
        log_dirs, found = {}, {}
        for index, contender in enumerate(work.contenders):
            folder = Path(name) / str(index)
            ring_bytes = work.amounts[size].ring_bytes
            found[contender.name] = run_child(work, contender, work.check_amount, ring_bytes, folder)
            if any((folder / "logs").iterdir()):
                log_dirs[contender.name] = folder / "logs"
        try:
            work.check(log_dirs)
        except AssertionError as error:
            raise WrongAnswerError(f"{work.name}: {error}") from error
    return found


def measure(
    work: Work, size: str, repeats: int, *, seed: int, logs: Path = LOGS, progress: Progress = lambda _: None
) -> Samples:
    """Checks, then runs every contender `repeats` times.  The logs of a run are unlinked before the next.

    In a smoke test, whose numbers mean nothing, the check's own run is enough.
    """
    logs.mkdir(parents=True, exist_ok=True)
    if work.check_amount:
        progress(f"{work.name}: comparing what {len(work.contenders)} contenders write")
        checked = check(work, size, logs)
        if size == "smoke":
            return Samples(work, size, {name: [found] for name, found in checked.items()})
    shuffled = random.Random(seed)
    runs: dict[str, list[dict[str, float]]] = {each.name: [] for each in work.contenders}
    for repeat in range(repeats):
        order = list(work.contenders)
        shuffled.shuffle(order)
        for contender in order:
            folder = Path(tempfile.mkdtemp(dir=logs))
            amount = work.amounts[size]
            try:
                found = run_child(work, contender, amount.of(contender.library), amount.ring_bytes, folder)
            finally:
                shutil.rmtree(folder)
            runs[contender.name].append(found)
            told = ", ".join(
                f"{m.title} {quantity(found[m.key], m.unit)}" for m in work.headlines if m.key in found
            )
            progress(f"{work.name} {repeat + 1}/{repeats}: {contender.name}: {told}")
    return Samples(work, size, runs)
