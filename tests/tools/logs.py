"""Logs to read, and damage done to them."""

from __future__ import annotations

import contextlib
import io
import os
import random
from pathlib import Path

import numpy as np

import ringboard
from ringboard import cli
from tests.support.records import Span, event_files, records, spans

LONG_AGO = 1_700_000_000


def write_log(log_dir: Path, steps: int = 200, **options: object) -> Path:
    """Two runs with some of everything, in several files each if `options` say so."""
    for run in ("train", "deep/eval"):
        with ringboard.SummaryWriter(log_dir / run, **options) as writer:
            for step in range(steps):
                writer.add_scalar("loss", 1 / (step + 1), step)
                writer.log({"a": step, "b": -step}, step)
                if step % 50 == 0:
                    writer.add_histogram("weights", np.arange(step + 2), step)
                    writer.add_image("picture", np.full((3, 8, 8), step % 255, np.uint8), step)
                    writer.add_text("text", f"step {step}", step)
    age(log_dir)
    return log_dir


def age(log_dir: Path) -> None:
    """As if all had been written long ago."""
    for path in event_files(log_dir):
        os.utime(path, (LONG_AGO, LONG_AGO))


def damage(path: Path, chance: random.Random) -> list[Span]:
    """Flips bytes, zeroes stretches, tears the end; returns the records that are untouched."""
    content = bytearray(path.read_bytes())
    found = spans(path)
    hit: list[tuple[int, int]] = []
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content))
        if chance.random() < 0.5:
            content[at] ^= 1 << chance.randrange(8)
            hit.append((at, at + 1))
        else:
            end = min(len(content), at + chance.randint(1, 500))
            changed = [index for index in range(at, end) if content[index]]
            content[at:end] = bytes(end - at)
            hit += [(index, index + 1) for index in changed]
    if chance.random() < 0.5:
        cut = len(content) - chance.randint(1, 60)
        hit.append((cut, len(content)))
        del content[cut:]
    path.write_bytes(content)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return [span for span in found if not any(start < span.end and span.start < end for start, end in hit)]


def contents(log_dir: Path) -> dict[str, list[bytes]]:
    """{run: the payloads of all records of its files}."""
    found: dict[str, list[bytes]] = {}
    for path in event_files(log_dir):
        found.setdefault(path.parent.relative_to(log_dir).as_posix(), []).extend(records(path))
    return found


def command(*arguments: object, code: int = 0) -> str:
    """What a command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = cli.main([str(each) for each in arguments])
    assert status == code, out.getvalue()
    return out.getvalue()
