"""What `ringboard archive` and `ringboard restore` have in common: options, progress, what they print."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringboard.archive.packing import ArchiveReport, Progress


def add_options(parser: Any, *, keep: str) -> None:
    parser.add_argument("--keep", action="store_true", help=keep)
    parser.add_argument("--jobs", type=int, metavar="N", help="threads; default: one a processor")
    parser.add_argument("--dry-run", action="store_true", help="change nothing")
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")


def check_paths(paths: list[str]) -> None:
    """Raises FileNotFoundError before anything is done: a name may be mistyped."""
    for path in paths:
        if not os.path.lexists(path):
            raise FileNotFoundError(f"there is no {path!r}")


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """Bars on stderr, one a file at work, where that is a terminal and rich is installed; else None."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress as Bars
    except ImportError:
        yield None
        return
    tasks: dict[str, Any] = {}
    with Bars(console=Console(stderr=True), transient=True) as bars:

        def advance(path: str, done: int, size: int) -> None:
            if path not in tasks:
                tasks[path] = bars.add_task(os.path.basename(path), total=size)
            bars.update(tasks[path], completed=done, visible=done < size)

        yield advance


def show(reports: list[ArchiveReport], options: argparse.Namespace, done: str, to_do: str) -> int:
    """Prints what became of the files; returns the exit status."""
    if options.json:
        json.dump([dataclasses.asdict(report) for report in reports], sys.stdout, indent=2)
        print()
    else:
        for report in reports:
            print(_line(report, options.dry_run, to_do))
        finished = [report for report in reports if report.state == done]
        before = sum(report.bytes_before for report in finished)
        after = sum(report.bytes_after for report in finished)
        what = to_do if options.dry_run else done
        sizes = f"{before:,} bytes" if not after else f"{before:,} → {after:,} bytes"
        print(f"{len(finished)} of {len(reports)} file(s) {what}: {sizes}")
    return 1 if any(report.state == "failed" for report in reports) else 0


def _line(report: ArchiveReport, dry_run: bool, to_do: str) -> str:
    if report.state in ("skipped", "failed"):
        return f"{report.state:9} {report.path}: {report.detail}"
    if dry_run:
        return f"{to_do:9} {report.path}"
    return f"{report.state:9} {report.result}  ({report.bytes_before:,} → {report.bytes_after:,} bytes)"
