"""What the commands print: sizes, tables, errors, and progress while something takes long."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any


def say(command: str, message: object) -> None:
    print(f"ringboard {command}: {message}", file=sys.stderr)


def print_json(value: Any) -> None:
    json.dump(plain(value), sys.stdout, indent=2, allow_nan=False)
    print()


def plain(value: Any) -> Any:
    """The same, with strings for what JSON has no number for: NaN and infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def size(count: float) -> str:
    """Bytes for people: 512 B, 1.5 kB, 20 MB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5 or unit == "TB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 9.95 else f"{count:.1f} {unit}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, left: int = 1) -> str:
    """Columns of text, the first `left` of them flush left."""
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = []
    for row in cells:
        padded = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


@contextlib.contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[str], None] | None]:
    """A bar on stderr that moves on with each file, where that is a terminal and rich is installed."""
    if total < 2 or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        yield None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)

        def advance(path: str) -> None:
            bar.update(task, advance=1, description=f"{what} {os.path.basename(path)}")

        yield advance


@contextlib.contextmanager
def quiet_when_nobody_reads() -> Iterator[None]:
    """`ringboard … | head` ends without a traceback."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes stdout once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
