"""Event files to pack, archives of them, and damage."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import numpy as np

import ringboard
from ringboard import archive


def log_everything(directory: Path, steps: int = 300) -> Path:
    """One event file with every kind of event; pictures between the scalars."""
    rng = np.random.default_rng(0)
    with ringboard.SummaryWriter(directory) as writer:
        for step in range(steps):
            writer.add_scalar("train/loss", rng.normal(), step)
            writer.log({"a": step / 3, "b": rng.normal()}, step)
            if step % 10 == 0:
                writer.add_scalar("val/loss", rng.normal(), step)
                writer.add_histogram("weights", rng.normal(size=100), step)
                writer.add_text("note", f"step {step}", step)
                writer.add_image("noise", rng.integers(0, 255, (3, 100, 100), dtype=np.uint8), step)
    (file,) = directory.iterdir()
    return file


def packed(file: Path, **options: object) -> Path:
    (report,) = archive.pack(file, min_age=0, **options)
    assert report.state == "packed", report
    return Path(report.result)


def mutated(data: bytes, rng: random.Random, times: int) -> bytes:
    """Some of its bytes changed, cut out, doubled or swapped for zeros."""
    for _ in range(times):
        at = rng.randrange(len(data) + 1)
        span = rng.choice((1, 8, 100))
        part = data[at : at + span]
        new = rng.choice((b"", part * 2, bytes(len(part)), rng.randbytes(len(part))))
        data = data[:at] + new + data[at + span :]
    return data


def _events() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        return log_everything(Path(directory) / "run", steps=11).read_bytes()


EVENTS = _events()
