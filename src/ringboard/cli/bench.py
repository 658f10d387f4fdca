"""ringboard bench: how fast is it here?"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import shutil
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ringboard.cli import terminal

_DESCRIPTION = """\
Measures what logging costs on this machine, with ringboard and, where they are installed, with torch's and
tensorboardX's writers: the time that the caller of a method spends in it.  The writers take turns; the median
of some rounds counts.  It takes about ten seconds."""

_EXAMPLES = """\
examples:
  ringboard bench
  ringboard bench --dir /scratch    with the files there
  ringboard bench --json

exit status: 0."""

_ROUNDS = 5
_WRITERS = {"ringboard": "ringboard", "torch": "torch.utils.tensorboard", "tensorboardX": "tensorboardX"}
_TAGS = [f"layer{index}/norm" for index in range(20)]


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "bench",
        help="measure what logging costs on this machine",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "--dir", help="where the event files go for a moment; default: the temporary directory"
    )
    parser.add_argument("--json", action="store_true", help="print seconds as JSON")
    parser.set_defaults(run=run)


def _scalars(writer: Any, count: int) -> None:
    add = writer.add_scalar
    for step in range(count):
        add("loss", 0.5, step)


def _log(writer: Any, count: int) -> None:
    """20 values a step, as each library does it best."""
    values = dict.fromkeys(_TAGS, 0.5)
    log = getattr(writer, "log", None)
    for step in range(count):
        if log is not None:
            log(values, step)
        else:
            for tag, value in values.items():
                writer.add_scalar(tag, value, step)


def _histograms(writer: Any, count: int) -> None:
    for step in range(count):
        writer.add_histogram("weights", _normal(), step)


def _images(writer: Any, count: int) -> None:
    for step in range(count):
        writer.add_image("photo", _photo(), step)


@cache
def _normal() -> Any:
    return np.random.default_rng(1).normal(size=100_000).astype(np.float32)


@cache
def _photo() -> Any:
    """A smooth picture with the noise of a camera."""
    noise = np.random.default_rng(1).integers(0, 9, (3, 256, 256))
    return (np.add.outer(np.arange(256), np.arange(256)) // 2 + noise).astype(np.uint8)


# name → (what logs, calls of ringboard's, calls of the others')
_WORKS: dict[str, tuple[Callable[[Any, int], None], int, int]] = {
    "add_scalar": (_scalars, 20_000, 1000),
    "20 scalars a step": (_log, 2000, 50),
    "add_histogram, 100,000 values": (_histograms, 100, 10),
    "add_image, 256 x 256": (_images, 50, 5),
}


def run(options: argparse.Namespace) -> int:
    found = measure(options.dir)
    if options.json:
        terminal.print_json(found)
        return 0
    names = list(dict.fromkeys(name for row in found.values() for name in row))
    rows = []
    for work, row in found.items():
        ours = row["ringboard"]
        rows.append(
            [work]
            + [
                _seconds(row[name]) + ("" if name == "ringboard" else f"  ({row[name] / ours:.0f} x)")
                if name in row
                else ""
                for name in names
            ]
        )
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    print(f"{machine}, Python {platform.python_version()}")
    print(terminal.table(["a call of", *names], rows))
    return 0


def measure(directory: str | None = None) -> dict[str, dict[str, float]]:
    """{work: {writer: seconds a call}}."""
    import ringboard

    ringboard.uninstall()  # the originals' names are to be the originals
    writers = {}
    for name, module in _WRITERS.items():
        try:
            writers[name] = importlib.import_module(module).SummaryWriter
        except Exception:  # not installed, or broken; then it has no column
            continue
    found: dict[str, dict[str, list[float]]] = {work: {} for work in _WORKS}
    with terminal.progress(_ROUNDS * len(_WORKS), "measuring") as progress:
        for _ in range(_ROUNDS):
            for work, (act, ours, theirs) in _WORKS.items():
                for name, writer in writers.items():
                    count = ours if name == "ringboard" else theirs
                    found[work].setdefault(name, []).append(_time(writer, act, count, directory))
                if progress is not None:
                    progress(work)
    return {
        work: {name: statistics.median(times) for name, times in row.items()} for work, row in found.items()
    }


def _time(make: Any, act: Callable[[Any, int], None], count: int, directory: str | None) -> float:
    log_dir = tempfile.mkdtemp(prefix="ringboard-bench-", dir=directory)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            writer = make(log_dir)
            act(writer, 2)  # tags are known, modules loaded
            begin = time.perf_counter()
            act(writer, count)
            seconds = (time.perf_counter() - begin) / count
            writer.close()
        return seconds
    finally:
        shutil.rmtree(log_dir, ignore_errors=True)


def _seconds(seconds: float) -> str:
    for unit, scale in (("ns", 1e9), ("us", 1e6), ("ms", 1e3)):
        if seconds * scale < 999.5:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds:.3g} s"
