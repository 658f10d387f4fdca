"""Many methods of one family in one work: each a row, timed to the closed file and in the caller."""

from __future__ import annotations

import importlib.util
import shutil
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benches import contenders, judge, timing
from benches.work import OURS, PEERS, Amount, Case, Contender, Measure, Work

LogOne = Callable[[Any, int], None]
Check = Callable[[Mapping[str, Path]], None]
# Of each method's number of calls.
_PER_CENT = {"smoke": Amount(2, 2), "small": Amount(20, 20), "full": Amount(100, 100)}
_PACED_CALLS = 100
_WARM_UP_CALLS = 1
_CHECK = 1  # "per cent": so many calls of each contender are compared
_CHECK_CALLS = 1


@dataclass(frozen=True)
class Method:
    """A call as users write it.

    Attributes:
        key: unique in its work; a measure, and the name of the folder that it logs below.
        title: the call, for the table.
        make: library → log_one(writer, step), with its data made.
        ours, peers: how many calls at full size.
        events: that a call writes, over all files.
        libraries: that have the method.
        needs: modules that the peers need for it: a peer without them has no number.
        check: as Work.check, over this method's log dirs.
    """

    key: str
    title: str
    make: Callable[[str], LogOne]
    ours: int
    peers: int
    events: int = 1
    libraries: tuple[str, ...] = (OURS, *PEERS)
    needs: Mapping[str, tuple[str, ...]] | None = None
    check: Check = judge.check_same_events

    def runs_in(self, library: str) -> bool:
        needed = (self.needs or {}).get(library, ())
        return library in self.libraries and all(importlib.util.find_spec(name) for name in needed)

    def calls(self, library: str, per_cent: int) -> int:
        if per_cent == _CHECK:
            return _CHECK_CALLS
        full = self.ours if library == OURS else self.peers
        return max(2, full * per_cent // 100)


def work(
    name: str, title: str, methods: Sequence[Method], extra: tuple[Contender, ...] = (), notes: str = ""
) -> Work:
    """One work of all `methods`: two measures each, of which the first is a headline.

    Args:
        name, title, notes: as Work's.
        methods: its rows.
        extra: contenders beside the libraries; what they write is not compared.
    """
    return Work(
        name=name,
        title=title,
        contenders=(
            *(
                Contender(library, library, partial(run, library=library, methods=methods))
                for library in (OURS, *PEERS)
            ),
            *extra,
        ),
        measures=tuple(
            measure
            for method in methods
            for measure in (
                Measure(method.key, method.title, headline=True),
                Measure(_caller(method), f"{method.title}: the caller's part"),
            )
        ),
        amounts=_PER_CENT,
        check_amount=_CHECK,
        check=partial(check, methods=methods),
        notes=f"n is per cent of the calls at full size. {notes}".strip(),
        many=True,
    )


def _caller(method: Method) -> str:
    return f"{method.key}_caller"


def run(case: Case, library: str, methods: Sequence[Method]) -> dict[str, float]:
    """Every method after the other, each in files of its own."""
    contenders.prepare(library, case)
    found = {}
    for method in methods:
        if method.runs_in(library):
            log_dir = case.log_dir / method.key
            calls = method.calls(library, case.amount)
            log_one = method.make(library)
            closed, caller = log_calls(library, log_dir, log_one, calls, method.events)
            found |= {method.key: closed, _caller(method): caller}
    return found


def log_calls(library: str, log_dir: Path, log_one: LogOne, calls: int, events: int) -> tuple[float, float]:
    """Seconds a call: from the first call of `calls` to the closed file; and the caller's, alone (p50).

    Alone means with a flush() behind each call, outside the clock, so that nothing is waiting.
    """
    warm_up = log_dir / "warm_up"
    writer = contenders.open_writer(library, warm_up)
    for step in range(_WARM_UP_CALLS):
        log_one(writer, step)
    writer.close()
    shutil.rmtree(warm_up)

    writer = contenders.open_writer(library, log_dir / "sustained")
    start = time.perf_counter()
    for step in range(calls):
        log_one(writer, step)
    writer.close()
    closed = time.perf_counter() - start
    judge.check_counts(log_dir / "sustained", calls * events)

    paced_calls = min(calls, _PACED_CALLS)
    took, now = array("q", bytes(8 * paced_calls)), time.perf_counter_ns
    writer = contenders.open_writer(library, log_dir / "paced")
    for step in range(paced_calls):
        before = now()
        log_one(writer, step)
        took[step] = now() - before
        writer.flush()
    writer.close()
    judge.check_counts(log_dir / "paced", paced_calls * events)
    return closed / calls, timing.percentiles(took)["p50"]


def check(log_dirs: Mapping[str, Path], methods: Sequence[Method]) -> None:
    """Every method's own check over those that have it."""
    for method in methods:
        wrote = {name: path / method.key / "sustained" for name, path in log_dirs.items()}
        wrote = {name: path for name, path in wrote.items() if path.exists()}
        assert OURS in wrote, f"{method.key}: ringboard wrote nothing"
        try:
            method.check(wrote)
        except AssertionError as error:
            raise AssertionError(f"{method.title}: {error}") from error
