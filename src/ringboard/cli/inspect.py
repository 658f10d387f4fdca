"""ringboard inspect: what is in a log."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from ringboard.cli import terminal

if TYPE_CHECKING:
    from ringboard.reading import Log, Series

_DESCRIPTION = """\
Shows what a log holds: for each tag of each run its kind, how many points it has, its first, last, least and
greatest step, and how many points TensorBoard's default reader hides because a later one has a lower step or
the same.  And its files: sizes, records, and what of them can't be read."""

_EXAMPLES = """\
examples:
  ringboard inspect runs/                       all of it
  ringboard inspect runs/ --tags 'train/*'      some tags
  ringboard inspect runs/ --kinds scalar,image  some kinds
  ringboard inspect runs/ --json                for scripts

exit status: 0, 1 when something of a file can't be read, 2 for a wrong option or a path that there is not."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "inspect",
        help="show what a log holds",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a log dir, an event file or an archive")
    add_selection(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=run)


def add_selection(parser: Any) -> None:
    parser.add_argument(
        "--tags", action="append", metavar="PATTERN", help="only these tags; * is any text; may be repeated"
    )
    parser.add_argument("--kinds", metavar="KINDS", help="only these kinds, as scalar,image")


def selection(options: argparse.Namespace) -> dict[str, Any]:
    """--tags and --kinds as arguments of ringboard.read."""
    kinds = None if options.kinds is None else [kind.strip() for kind in options.kinds.split(",")]
    return {"tags": options.tags, "kinds": kinds}


def run(options: argparse.Namespace) -> int:
    from ringboard.reading import read

    log = read(options.paths, **selection(options))
    if options.json:
        terminal.print_json(_as_json(log))
    else:
        with terminal.quiet_when_nobody_reads():
            _show(log)
    return 1 if log.problems else 0


def hidden(series: Series) -> int:
    """How many points RustBoard does not show."""
    from ringboard.reading.rules import rustboard

    return len(series) - int(rustboard(series.steps).sum())


def _about(series: Series) -> dict[str, Any]:
    steps = series.steps
    return {
        "kind": series.kind,
        "points": len(series),
        "first_step": int(steps[0]),
        "last_step": int(steps[-1]),
        "min_step": int(steps.min()),
        "max_step": int(steps.max()),
        "first_wall_time": float(series.wall_times[0]),
        "last_wall_time": float(series.wall_times[-1]),
        "hidden_by_rustboard": hidden(series),
    }


def _as_json(log: Log) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "runs": {name: {tag: _about(series) for tag, series in run.items()} for name, run in log.items()},
        "files": [asdict(file) for file in log.files],
        "problems": [asdict(problem) for problem in log.problems],
    }


_HEAD = ("tag", "kind", "points", "first", "last", "least", "greatest", "hidden")


def _show(log: Log) -> None:
    for name, one in log.items():
        files = [file for file in log.files if file.run == name]
        bytes_ = terminal.size(sum(file.bytes for file in files))
        print(f"run {terminal.shown(name)}  ({len(files)} file(s), {bytes_}, {_span(list(one.values()))})")
        rows = []
        for tag, series in sorted(one.items()):
            about = _about(series)
            steps = [about[f"{which}_step"] for which in ("first", "last", "min", "max")]
            rows.append([tag, about["kind"], about["points"], *steps, about["hidden_by_rustboard"] or ""])
        print(terminal.table(_HEAD, rows, left=2))
        print()
    for problem in log.problems:
        print(f"{problem.file}, byte {problem.offset:,}: {problem.kind}: {problem.detail}")
    if any(hidden(series) for one in log.values() for series in one.values()):
        print(
            "hidden: points that TensorBoard doesn't show, because a later one has a lower step or the same."
        )
    if not log:
        print("no events")


def _span(series: list[Series]) -> str:
    first = min(float(each.wall_times[0]) for each in series)
    last = max(float(each.wall_times[-1]) for each in series)
    try:
        began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(first))
    except (OverflowError, ValueError, OSError):
        return "of no time that there is"
    return f"from {began}, {_duration(last - first)}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
