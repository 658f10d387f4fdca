"""Does anything grow, or get lost, when a program logs at full rate for a long time?

Workload: threads that log scalars, a handle's scalars, log() of twenty values, histograms and images to
writers of their own and to one that all share, as fast as they can.  A thread closes its writer now and then
and goes on in a new file; a second process reads the closed files, event by event, and deletes them.  The
threads wait for it when it is two files behind, so that the disk holds a few at a time.

At the end a table says, and the exit status is 1 unless:
what was read back is what was accepted, each event in its place; memory is flat (after a warm-up, its slope
and its growth); descriptors and threads are as many as after the warm-up.

Run: python -m benches.soak [--seconds 600] [--threads 4] [--logs DIR]; make soak; SOAK_SECONDS=60 make soak
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import struct
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ringboard import SummaryWriter
from tests.support.records import event_files, masked_crc, records

STEPS_A_FILE = 400
SCALARS_A_STEP = 200  # by add_scalar, and as many by a handle
EVENTS_A_STEP = 2 * SCALARS_A_STEP + 3  # besides one of the writer that all share
KEYS = [f"metrics/{i:02}" for i in range(20)]
FILES_BEHIND = 2

# What may be left of growth: allocators keep some.
FLAT_BYTES_A_SECOND = 32 << 10
FLAT_BYTES = 16 << 20
WARM_UP = 0.25  # of the time


# --- reading, in a process of its own --------------------------------------------------------------


def scalar_tail(tag: str, value: float) -> bytes:
    """What a scalar's event ends with."""
    return tag.encode() + struct.pack("<Bf", 0x15, value)  # Summary.Value.simple_value


def step_field(step: int) -> bytes:
    """The bytes between an event's wall time and its summary's length."""
    if step == 0:
        return b"*"
    out = bytearray(b"\x10")
    while step >= 0x80:
        out.append(step & 0x7F | 0x80)
        step >>= 7
    out.append(step)
    return bytes(out) + b"*"


def wanted_events(thread: int, first_step: int, steps: int) -> Iterator[tuple[int, bytes]]:
    """(step, what the event holds) of a thread's file, in order."""
    loss, rate = scalar_tail(f"{thread}/loss", 0.5), scalar_tail(f"{thread}/rate", 0.25)
    others = [f"{thread}/{kind}".encode() for kind in ("all", "weights", "picture")]
    for i in range(first_step, first_step + steps):
        for k in range(i * SCALARS_A_STEP, (i + 1) * SCALARS_A_STEP):
            yield k, loss
            yield k, rate
        for tag in others:
            yield i, tag


def check_file(path: Path, thread: int, first_step: int, steps: int) -> tuple[int, str]:
    """How many events of a closed file are those that were logged, and what is wrong with the next. Deletes
    the file."""
    crcs: dict[bytes, int] = {}
    content = path.read_bytes()
    at = 16 + int.from_bytes(content[:8], "little")  # behind the file's version
    count = 0
    for step, part in wanted_events(thread, first_step, steps):
        length = content[at : at + 8]
        end = at + 12 + int.from_bytes(length, "little")
        payload = content[at + 12 : end]
        if length not in crcs:
            crcs[length] = masked_crc(length)
        stored = struct.unpack_from("<I", content, at + 8) + struct.unpack_from("<I", content, end)
        if stored != (crcs[length], masked_crc(payload)):
            return count, f"{path.name}: event {count} has a wrong checksum"
        field = step_field(step)
        if payload[9 : 9 + len(field)] != field or part not in payload[:100]:
            return count, f"{path.name}: event {count} is not {part!r} of step {step}"
        at = end + 4
        count += 1
    if at != len(content):
        return count, f"{path.name}: {len(content) - at} bytes too many"
    path.unlink()
    return count, ""


def check_shared(directory: Path, steps: list[int]) -> tuple[int, str]:
    """Likewise of the writer that all threads share: each thread's steps, each once, in order."""
    count, next_step = 0, Counter[bytes]()
    tails = [scalar_tail(f"{thread}/shared", 0.75) for thread in range(len(steps))]
    for path in event_files(directory):
        for payload in records(path)[1:]:
            tail = next((tail for tail in tails if payload.endswith(tail)), None)
            if tail is None or not payload[9:].startswith(step_field(next_step[tail])):
                return count, f"{path.name}: event {count} is none that was logged"
            next_step[tail] += 1
            count += 1
    return count, ""


# --- logging ---------------------------------------------------------------------------------------


@dataclass
class Sample:
    """What the process holds at one time."""

    at: float
    resident_bytes: int
    descriptors: int
    threads: int


def sample(started: float) -> Sample:
    resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Sample(
        time.monotonic() - started,
        resident_pages * os.sysconf("SC_PAGESIZE"),
        len(os.listdir("/proc/self/fd")),
        len(os.listdir("/proc/self/task")),
    )


class Load:
    """One thread that logs until it is told to stop, to its own writer and to the shared one."""

    def __init__(
        self, index: int, directory: Path, shared: SummaryWriter, reader: ProcessPoolExecutor
    ) -> None:
        self.index = index
        self.directory = directory
        self.shared = shared
        self.reader = reader
        self.steps = self.found = 0
        self.wrong = ""
        self.stop = threading.Event()
        self.unread: deque[Future[tuple[int, str]]] = deque()
        self.thread = threading.Thread(target=self._run, name=f"load {index}", daemon=True)

    @property
    def accepted(self) -> int:
        return self.steps * (EVENTS_A_STEP + 1)

    def _run(self) -> None:
        try:
            while not self.stop.is_set() and not self.wrong:
                self._log_one_file()
                self._collect(FILES_BEHIND)
            self._collect(0)
        except BaseException as error:
            self.wrong = f"thread {self.index}: {error!r}"

    def _collect(self, left: int) -> None:
        while len(self.unread) > left:
            found, wrong = self.unread.popleft().result()
            self.found += found
            self.wrong = self.wrong or wrong

    def _log_one_file(self) -> None:
        random = np.random.default_rng(self.index)
        weights = random.normal(size=10_000).astype(np.float32)
        picture = random.integers(0, 256, (3, 64, 64), np.uint8)
        name, first_step = str(self.index), self.steps
        with SummaryWriter(self.directory) as writer:
            rate = writer.scalar(f"{name}/rate")
            while self.steps < first_step + STEPS_A_FILE and not self.stop.is_set():
                step = self.steps
                for k in range(step * SCALARS_A_STEP, (step + 1) * SCALARS_A_STEP):
                    writer.add_scalar(f"{name}/loss", 0.5, k)
                    rate.add(0.25, k)
                writer.log({f"{name}/all": 1.0} | dict.fromkeys(KEYS, 2.0), step)
                writer.add_histogram(f"{name}/weights", weights, step)
                writer.add_image(f"{name}/picture", picture, step)
                self.shared.add_scalar(f"{name}/shared", 0.75, step)
                self.steps += 1
            path = Path(writer.file_writer.event_writer.path)
        steps = self.steps - first_step
        self.unread.append(self.reader.submit(check_file, path, self.index, first_step, steps))


def slope(samples: list[Sample]) -> float:
    """Bytes a second of the resident set, by least squares."""
    if len(samples) < 3:
        return 0.0
    return float(np.polyfit([each.at for each in samples], [each.resident_bytes for each in samples], 1)[0])


def run_loads(seconds: float, loads: list[Load]) -> tuple[list[Sample], float]:
    """Lets the threads log for that long. Returns what was measured meanwhile, and how many events a second
    were accepted."""
    started = told = time.monotonic()
    samples = []
    for load in loads:
        load.thread.start()
    while time.monotonic() - started < seconds and not any(load.wrong for load in loads):
        time.sleep(max(0.1, min(5.0, seconds / 100)))
        samples.append(sample(started))
        if time.monotonic() - told > seconds / 20:
            told = time.monotonic()
            tell(samples[-1], loads)
    rate = sum(load.accepted for load in loads) / (time.monotonic() - started)
    for load in loads:
        load.stop.set()
    for load in loads:
        load.thread.join()
    return samples, rate


def soak(seconds: float, thread_count: int, logs: Path) -> list[tuple[str, str, bool]]:
    """Runs all. Returns the table's rows: what, how much, and whether that is as it should be."""
    context = multiprocessing.get_context("spawn")  # a forked reader would hold what this process holds
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as reader:
        reader.submit(scalar_tail, "warm", 1.0).result()
        with SummaryWriter(logs / "shared") as shared:
            loads = [Load(i, logs / f"thread{i}", shared, reader) for i in range(thread_count)]
            samples, rate = run_loads(seconds, loads)
        found, wrong = check_shared(logs / "shared", [load.steps for load in loads])
    wrong = next((load.wrong for load in loads if load.wrong), wrong)
    found += sum(load.found for load in loads)
    accepted = sum(load.accepted for load in loads)
    return [
        ("events accepted", f"{accepted:,}, {rate:,.0f} a second", accepted > 0),
        ("events read back", f"{found:,}", found == accepted),
        ("each as it was logged", wrong or "yes", not wrong),
        *held_rows(seconds, samples, thread_count),
    ]


def held_rows(seconds: float, samples: list[Sample], thread_count: int) -> list[tuple[str, str, bool]]:
    """The rows on what the process held after the warm-up."""
    settled = [each for each in samples if each.at >= WARM_UP * seconds]
    first, last = settled[0], settled[-1]
    growth = median_of(settled[-len(settled) // 4 :]) - median_of(settled[: len(settled) // 4 + 1])
    per_second = slope(settled)
    # In a short run the slope is that of a file's ups and downs: then only the growth counts.
    is_flat = growth < FLAT_BYTES and (seconds < 120 or per_second < FLAT_BYTES_A_SECOND)
    resident = (
        f"{last.resident_bytes / 2**20:.1f} MiB; after the warm-up {growth / 2**20:+.1f} MiB, "
        f"{per_second / 2**10:+.1f} KiB a second"
    )
    files = f"{last.descriptors}; {first.descriptors} after the warm-up"
    return [
        ("resident memory", resident, is_flat),
        ("descriptors", files, abs(last.descriptors - first.descriptors) <= thread_count + 1),
        ("threads", f"{last.threads}; {first.threads} after the warm-up", last.threads <= first.threads),
    ]


def median_of(samples: list[Sample]) -> float:
    return float(np.median([each.resident_bytes for each in samples]))


def tell(now: Sample, loads: list[Load]) -> None:
    accepted = sum(load.accepted for load in loads)
    print(
        f"{now.at:7.1f} s  {accepted:13,} events  {now.resident_bytes / 2**20:7.1f} MiB  "
        f"{now.descriptors} descriptors  {now.threads} threads",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SOAK_SECONDS") or 600))
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--logs", type=Path, help="where the files go for a while (default: a temporary one)")
    arguments = parser.parse_args()
    logs = Path(tempfile.mkdtemp(prefix="ringboard-soak-", dir=arguments.logs))
    try:
        rows = soak(arguments.seconds, arguments.threads, logs)
    finally:
        shutil.rmtree(logs, ignore_errors=True)
    for what, found, is_right in rows:
        print(f"{what:24}{found}{'' if is_right else '   WRONG'}")
    return 0 if all(is_right for *_, is_right in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
