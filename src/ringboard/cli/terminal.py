"""What the commands print: sizes, tables, errors, and progress while something takes long."""

from __future__ import annotations

import codecs
import contextlib
import io
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


def shown(text: str, most: int = 80) -> str:
    """A tag or a run in one line, without what would steer the terminal."""
    line = "".join(
        letter if letter.isprintable() or "\udc80" <= letter <= "\udcff" else ascii(letter)[1:-1]
        for letter in text[: most + 1]
    )
    return line if len(line) <= most else line[: most - 1] + "…"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, left: int = 1) -> str:
    """Columns of text, the first `left` of them flush left."""
    cells = [list(head), *([shown(str(cell)) for cell in row] for row in rows)]
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
        discard_output()


def discard_output() -> None:
    """Nobody reads stdout any more; the interpreter flushes it once more when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def take_any_text() -> None:
    """Prints what stdout's encoding has not: bytes of file names as they are, else escaped.

    Where stdout is closed, as `>&-` leaves it, all goes nowhere.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # for good
    stdout = sys.stdout
    if isinstance(stdout, io.TextIOWrapper):
        is_utf8 = codecs.lookup(stdout.encoding).name == "utf-8"
        stdout.reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")
