"""How many scalars a second are read back from an event file?

Workload: event files of ringboard's own writing, of one tag and of 20 in turn, hot in the page cache; read to
the end, so that every point can be asked for.  ringboard reads with one thread and checks both checksums of
every record; the columns are compared with what was logged before the clock starts, and after.
Rivals: RustBoard (tensorboard-data-server), TensorBoard's default reader, by its own clock and without its
start-up; it does not check the payloads' checksums, and keeps a sample of 1,000 points a tag.
EventAccumulator, TensorBoard's reader for programs, keeps all points (size guidance 0); RawEventFileLoader is
its part that only cuts the file into records.  They read fewer events, told per event.
Left out: cold disks, and files of other kinds.

Run: pytest benches/bench_reading.py [--bench-size full], or python -m benches.report --only reading
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benches.peers import check
from benches.work import OURS, Amount, Case, Contender, Measure, Work

_TAGS = {"one": ("train/loss",), "twenty": tuple(f"train/metric_{number}" for number in range(20))}
_LOADED = re.compile(r"Finished load cycle \(([0-9.]+)(µs|ms|s)\)")
_UNITS = {"µs": 1e-6, "ms": 1e-3, "s": 1.0}
_TIMES = 5  # the best counts: another program's time slice only ever adds
_RUSTBOARDS = 10  # times the amount of the Python loaders

# (seconds, processor's seconds or None) of one reading: of a directory, with this many steps of each tag
Read = Callable[[Path, int, tuple[str, ...]], tuple[float, float | None]]


def write(directory: Path, tags: tuple[str, ...], points: int) -> int:
    """Logs about `points` points; how many of each tag."""
    from ringboard import SummaryWriter

    steps = points // len(tags)
    with SummaryWriter(directory) as writer:
        if len(tags) == 1:
            writer.add_scalar_series(tags[0], np.arange(steps, dtype=np.float32), np.arange(steps))
        for step in range(steps if len(tags) > 1 else 0):
            for tag in tags:
                writer.add_scalar(tag, step, step)
    return steps


def with_ringboard(directory: Path, steps: int, tags: tuple[str, ...]) -> tuple[float, float | None]:
    import ringboard

    start, start_cpu = time.perf_counter(), time.process_time()
    log = ringboard.read(directory, workers=1)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    assert log.problems == []
    assert tuple(log["."]) == tags
    for series in log["."].values():
        assert np.array_equal(series.steps, np.arange(steps))
        assert np.array_equal(series.values, np.arange(steps, dtype=np.float32))
    return seconds, cpu


def with_rustboard(directory: Path, _steps: int, _tags: tuple[str, ...]) -> tuple[float, float | None]:
    import tensorboard_data_server

    command = [
        tensorboard_data_server.server_binary(),
        f"--logdir={directory}",
        "--reload=once",
        "--port=0",
        f"--port-file={directory.parent / 'port'}",
        "--die-after-stdin",
        "--verbose",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            found = next(filter(None, map(_LOADED.search, server.stderr)))
        finally:
            server.kill()
    return float(found[1]) * _UNITS[found[2]], None


def with_event_accumulator(directory: Path, steps: int, tags: tuple[str, ...]) -> tuple[float, float | None]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    loader = EventAccumulator(str(directory), size_guidance={"scalars": 0})
    start, start_cpu = time.perf_counter(), time.process_time()
    loader.Reload()
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    for tag in tags:
        assert [event.step for event in loader.Scalars(tag)] == list(range(steps))
    return seconds, cpu


def with_raw_loader(directory: Path, steps: int, tags: tuple[str, ...]) -> tuple[float, float | None]:
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader

    (path,) = directory.iterdir()
    start, start_cpu = time.perf_counter(), time.process_time()
    count = sum(1 for _ in RawEventFileLoader(str(path)).Load())
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    assert count == steps * len(tags) + 1
    return seconds, cpu


def run(case: Case, read: Read, times: int, factor: int) -> dict[str, float]:
    found = {}
    for name, tags in _TAGS.items():
        directory = case.log_dir / name
        steps = write(directory, tags, case.amount * factor)
        taken = [read(directory, steps, tags) for _ in range(times)]
        points = steps * len(tags)
        found[name] = min(seconds for seconds, _ in taken) / points
        found[f"{name} rate"] = 1 / found[name]
        cpu = [each for _, each in taken if each is not None]
        if cpu:
            found[f"{name} cpu"] = min(cpu) / points
    return found


WORK = Work(
    name="reading",
    title="scalars read back",
    contenders=(
        Contender(OURS, OURS, partial(run, read=with_ringboard, times=_TIMES, factor=1)),
        Contender("RustBoard", "other", partial(run, read=with_rustboard, times=_TIMES, factor=_RUSTBOARDS)),
        Contender("EventAccumulator", "other", partial(run, read=with_event_accumulator, times=1, factor=1)),
        Contender("RawEventFileLoader", "other", partial(run, read=with_raw_loader, times=1, factor=1)),
    ),
    measures=(
        Measure("one", "a point, one tag", headline=True),
        Measure("one rate", "points a second, one tag", "count"),
        Measure("one cpu", "CPU a point, one tag"),
        Measure("twenty", "a point, 20 tags", headline=True),
        Measure("twenty rate", "points a second, 20 tags", "count"),
        Measure("twenty cpu", "CPU a point, 20 tags"),
    ),
    amounts={
        "smoke": Amount(ours=20_000, peers=1_000),
        "small": Amount(ours=2_000_000, peers=50_000),
        "full": Amount(ours=10_000_000, peers=200_000),
    },
    check_amount=1000,
    check=check,
    notes=f"RustBoard reads {_RUSTBOARDS} times its n.  Ours and RustBoard's are the best of {_TIMES}.",
)


def test_reading(publish):
    publish()
