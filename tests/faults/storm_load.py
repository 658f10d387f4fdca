"""The load of the kill storm: several writers and threads, all kinds of events, each call acknowledged.

Every payload follows from its step, so that the judge can tell a wrong event from a right one.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import ringboard
from tests.faults.run import MAX_STEPS, Run

# Pictures are small most of the time, and larger than the ring's cells and the writer's batch now and then.
SIDES = (64, 64, 64, 64, 200, 64, 64, 700)
# The smallest ring is full and turns over all the time, and no picture fits in.
RINGS = (64 << 10, 1 << 20, 32 << 20)
CLOSES = 0.02  # how often a file is closed after a burst
LOGGED = ("log/a", "log/b", "log/c")


def picture(step: int) -> np.ndarray:
    side = SIDES[step % len(SIDES)]
    rows = np.arange(side, dtype=np.uint8)[:, None] + np.arange(side, dtype=np.uint8)
    return np.stack([rows, rows ^ np.uint8(step & 255), np.full_like(rows, step & 255)])


def values(step: int) -> np.ndarray:
    """Of a histogram: their number is what the judge asks for."""
    return np.linspace(-1.0, 1.0, 1 + step * 37 % 5000, dtype=np.float32)


def text(step: int) -> str:
    return f"step {step} " * (1 + step % 300)


def _scalars(writer, run: Run) -> Iterator[None]:
    handle = writer.scalar("handle")
    acks, handle_acks = run.acks("scalar"), run.acks("handle")
    for step in range(MAX_STEPS):
        writer.add_scalar("scalar", step, step)
        acks.add(step)
        handle.add(step, step)
        handle_acks.add(step)
        yield


def _other_scalars(writer, run: Run) -> Iterator[None]:
    acks = run.acks("other")
    for step in range(MAX_STEPS):
        writer.add_scalar("other", step, step, new_style=True)
        acks.add(step)
        yield


def _logs(writer, run: Run) -> Iterator[None]:
    acks = [run.acks(tag) for tag in LOGGED]
    for step in range(MAX_STEPS):
        writer.log(dict.fromkeys(LOGGED, step), step)
        for each in acks:
            each.add(step)
        yield


def _each_step(run: Run, tag: str, log: Callable[[int], object]) -> Iterator[None]:
    acks = run.acks(tag)
    for step in range(MAX_STEPS):
        log(step)
        acks.add(step)
        yield


def _histograms(writer, run: Run) -> Iterator[None]:
    return _each_step(run, "histogram", lambda step: writer.add_histogram("histogram", values(step), step))


def _pictures(writer, run: Run) -> Iterator[None]:
    return _each_step(run, "picture", lambda step: writer.add_image("picture", picture(step), step))


def _texts(writer, run: Run) -> Iterator[None]:
    return _each_step(run, "text/text_summary", lambda step: writer.add_text("text", text(step), step))


def _sub_runs(writer, run: Run) -> Iterator[None]:
    return _each_step(run, "main", lambda step: writer.add_scalars("main", {"a": step, "b": step}, step))


def _go(writer, work: Iterator[None], chance: random.Random, pace_s: float) -> None:
    """Bursts and pauses, so that the ring is now full and now empty; now and then a new file."""
    while True:
        for _ in range(chance.choice((1, 10, 300))):
            next(work)
        if chance.random() < CLOSES:
            writer.close()
        if pace_s:
            time.sleep(chance.expovariate(1.0 / pace_s))


def load(home: Path, seed: int) -> None:
    """Logs until it is killed."""
    run, chance = Run("ringboard", home), random.Random(seed)
    # Few processes log as fast as they can: what they leave takes the readers long.
    pace_s = chance.choice((0.001, 0.003, 0.003, 0.01, 0.01, 0.0))
    ringboard.configure(ring_bytes=chance.choice(RINGS))
    # Some go on in new files all the time.
    first = run.writer(max_file_bytes=chance.choice((None, None, 2000, 200_000)))
    second = run.writer("second", max_file_bytes=chance.choice((None, 200_000)))
    kinds: list[tuple[Callable, object]] = [
        (_scalars, first),
        (_histograms, second),
        (_logs, first),
        (_pictures, second),
        (_other_scalars, second),
        (_texts, first),
        (_sub_runs, run.writer("third")),
    ]
    chosen = chance.sample(kinds, chance.randint(1, len(kinds)))
    workers = [(writer, kind(writer, run), random.Random(chance.random()), pace_s) for kind, writer in chosen]
    for worker in workers[1:]:
        threading.Thread(target=_go, args=worker, daemon=True).start()
    _go(*workers[0])
