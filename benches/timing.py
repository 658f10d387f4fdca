"""The loops under the clock, and what the process used meanwhile."""

from __future__ import annotations

import contextlib
import resource
import shutil
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benches import contenders, judge
from benches.work import Case, Measure
from benches.workloads import TAG, ScalarStyle

PERCENTILES = {"p50": 50.0, "p99": 99.0, "p999": 99.9}
USAGE_MEASURES = (
    Measure("cpu", "CPU, all threads, an event"),
    Measure("rss_growth", "peak RSS − RSS before", "B"),
    Measure("preempted", "preemptions", "count"),
)


def percentiles(nanoseconds: array[int]) -> dict[str, float]:
    """p50, p99, p999 and max, in seconds."""
    ordered = sorted(nanoseconds)
    last = len(ordered) - 1
    found = {key: ordered[round(last * percent / 100)] / 1e9 for key, percent in PERCENTILES.items()}
    return found | {"max": ordered[-1] / 1e9}


class Usage:
    """CPU time, memory and preemptions from here to `finish`."""

    def __init__(self) -> None:
        with contextlib.suppress(OSError):  # from now on VmHWM is the peak since now
            Path("/proc/self/clear_refs").write_text("5")
        self._rss = _memory("VmRSS")
        self._preempted = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
        self._cpu = time.process_time()

    def finish(self, events: int) -> dict[str, float]:
        """Call it before the results are read back: that takes memory and CPU too."""
        return {
            "cpu": (time.process_time() - self._cpu) / events,
            "preempted": resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw - self._preempted,
            "rss_growth": max(0, _memory("VmHWM") - self._rss),
        }


def _memory(field: str) -> int:
    """A line of /proc/self/status in bytes (ru_maxrss would be inherited from the parent)."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# --- scalars --------------------------------------------------------------------------------------


def warm_up(library: str, case: Case, feed: Callable[[Any, int], None]) -> None:
    """Lazy imports, thread start, first touches: in a file of its own."""
    contenders.prepare(library, case)
    writer = contenders.open_writer(library, case.log_dir / "warm_up")
    feed(writer, 200)
    writer.close()
    shutil.rmtree(case.log_dir / "warm_up")


def scalars_to_closed_file(
    library: str, case: Case, tags: tuple[str, ...], feed: Callable[[Any, int], None]
) -> dict[str, float]:
    """Logs case.amount values, closes, and then judges every byte of the file."""
    steps = case.amount // len(tags)
    values = steps * len(tags)
    log_dir = case.log_dir / "run"
    writer = contenders.open_writer(library, log_dir)
    usage = Usage()
    start = time.perf_counter()
    feed(writer, steps)
    fed = time.perf_counter()
    high_water = writer.stats()["ring_high_water_bytes"] if library == "ringboard" else None
    writer.close()
    closed = time.perf_counter()
    used = usage.finish(values)
    size = judge.check_scalar_file(judge.only_file(log_dir), tags, steps)
    found = {"call": (fed - start) / values, "closed": (closed - start) / values, "bytes": size / values}
    return found | used | ({"ring_high_water": high_water} if high_water is not None else {})


def scalar_latencies(library: str, case: Case, style: ScalarStyle) -> dict[str, float]:
    """Every call under a clock of its own (its cost, of two looks, is in the numbers)."""
    calls = max(100, case.amount // style.values_a_call)
    log_dir = case.log_dir / "latencies"
    writer = contenders.open_writer(library, log_dir)
    call, items, now = style.bind(writer), style.items(), time.perf_counter_ns
    took = array("q", bytes(8 * calls))
    if style.takes_tag:
        for index in range(calls):
            item = items[index % len(items)]
            before = now()
            call(TAG, item, index + 1)
            took[index] = now() - before
    else:
        for index in range(calls):
            item = items[index % len(items)]
            before = now()
            call(item, index + 1)
            took[index] = now() - before
    writer.close()
    judge.check_scalar_file(judge.only_file(log_dir), style.tags, calls)
    return percentiles(took)


def bare_calls(calls: int, call: Callable[[str, float, int], None]) -> dict[str, float]:
    """The floor under both numbers: the loop around a function, and the clock itself."""
    start = time.perf_counter()
    for step in range(calls):
        call(TAG, 0.5, step)
    mean = (time.perf_counter() - start) / calls
    took, now = array("q", bytes(8 * calls)), time.perf_counter_ns
    for index in range(calls):
        before = now()
        call(TAG, 0.5, index)
        took[index] = now() - before
    return percentiles(took) | {"call": mean}


# --- heavier events -------------------------------------------------------------------------------

EVENT_MEASURES = (
    Measure("end_to_end", "in the file, sustained", headline=True),
    Measure("caller", "caller's part, alone, p50"),
    Measure("caller_p99", "p99"),
    Measure("caller_max", "max"),
    Measure("caller_sustained", "caller's part, sustained, mean"),
    Measure("alone", "one call and flush(), p50"),
    Measure("bytes", "file bytes", "B"),
    *USAGE_MEASURES,
)


def log_events(
    library: str, case: Case, log_one: Callable[[Any, int], None], events_a_call: int = 1
) -> dict[str, float]:
    """`log_one(writer, step)` case.amount times: without a pause, then with a flush() behind each.

    The first pass says what a call costs in the long run, all of it: until flush() returns.  The second
    says how long the caller is kept when nothing is waiting.
    """
    warm_up(library, case, lambda writer, _: [log_one(writer, step) for step in range(3)])
    sustained, paced = case.log_dir / "sustained", case.log_dir / "paced"

    writer = contenders.open_writer(library, sustained)
    usage = Usage()
    start = time.perf_counter()
    for step in range(case.amount):
        log_one(writer, step)
    fed = time.perf_counter()
    writer.flush()
    flushed = time.perf_counter()
    used = usage.finish(case.amount)
    writer.close()
    size = judge.check_count(judge.only_file(sustained), case.amount * events_a_call)

    calls, now = max(3, min(case.amount, 300)), time.perf_counter_ns
    caller, alone = array("q", bytes(8 * calls)), array("q", bytes(8 * calls))
    writer = contenders.open_writer(library, paced)
    for step in range(calls):
        before = now()
        log_one(writer, step)
        caller[step] = now() - before
        writer.flush()
        alone[step] = now() - before
    writer.close()
    judge.check_count(judge.only_file(paced), calls * events_a_call)

    kept = percentiles(caller)
    return used | {
        "end_to_end": (flushed - start) / case.amount,
        "caller_sustained": (fed - start) / case.amount,
        "caller": kept["p50"],
        "caller_p99": kept["p99"],
        "caller_max": kept["max"],
        "alone": percentiles(alone)["p50"],
        "bytes": size / case.amount,
    }
