"""What the kernels' benches share: the clock, and rivals that may be missing."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping

Call = Callable[[], object]


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def best_seconds(call: Call, calls: int, batches: int = 9) -> float:
    """Of one call: the best of a few batches, as another program's time slice only ever adds."""
    best = float("inf")
    for _ in range(batches):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - start) / calls)
    return best


def check(log_dirs: Mapping[str, object]) -> None:
    """Nothing is written: each contender compares its answer itself, before its clock starts."""
