"""ringboard tail: what is logged, as it is logged."""

from __future__ import annotations

import argparse
import heapq
import json
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ringboard.cli import terminal
from ringboard.cli.inspect import add_selection, selection

if TYPE_CHECKING:
    from ringboard.reading import Log, Series

_DESCRIPTION = """\
Prints what is logged below a directory while it is being logged, new runs included: time, run, tag, step,
value.  Of what is no scalar it says the kind; what is damaged is told on stderr."""

_EXAMPLES = """\
examples:
  ringboard tail runs/                        until Ctrl-C
  ringboard tail runs/ --tags loss -n 0       only what comes from now on
  ringboard tail runs/ --json | jq .value     a JSON object a line

exit status: 0, 2 for a wrong option or a path that there is not."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "tail",
        help="print what is logged, as it is logged",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a log dir or an event file")
    add_selection(parser)
    parser.add_argument(
        "-n",
        type=int,
        default=10,
        metavar="N",
        help="begin with the last N that are there; default %(default)s",
    )
    parser.add_argument(
        "--every", type=float, default=0.5, metavar="SECONDS", help="look so often; default %(default)s"
    )
    parser.add_argument("--once", action="store_true", help="don't wait for more")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ringboard.reading import read

    if options.n < 0:
        terminal.say("tail", f"-n {options.n}: expected a number from 0")
        return 2
    print_row = _print_json if options.json else _print_line
    with terminal.quiet_when_nobody_reads():
        try:
            with read(
                options.paths, **selection(options), follow=True, poll_interval=options.every
            ) as follower:
                for number, new in enumerate(follower):
                    if number == 0:
                        rows = sorted(heapq.nlargest(options.n, _rows(new, options.n)))
                    else:
                        rows = sorted(_rows(new))
                    for row in rows:
                        print_row(*row)
                    sys.stdout.flush()
                    for problem in new.problems:
                        place = f"{problem.file}, byte {problem.offset:,}"
                        terminal.say("tail", f"{terminal.shown(place, 300)}: {problem.detail}")
                    if options.once:
                        break
        except KeyboardInterrupt:
            pass
    return 0


def _rows(log: Log, most: int | None = None) -> Iterator[tuple[float, str, str, int, Any]]:
    """All points of a log; or, of each series, its `most` latest: a long log is much larger as rows."""
    for run, one in log.items():
        for tag, series in one.items():
            chosen = slice(None) if most is None else _latest(series, most)
            wall_times, steps = series.wall_times[chosen].tolist(), series.steps[chosen].tolist()
            is_scalar = series.kind == "scalar"
            values = series.values[chosen].tolist() if is_scalar else [f"<{series.kind}>"] * len(steps)
            for wall_time, step, value in zip(wall_times, steps, values, strict=True):
                yield wall_time, run, tag, step, value


def _latest(series: Series, most: int) -> Any:
    rows = np.lexsort((series.steps, series.wall_times))
    return rows[max(rows.size - most, 0) :]


def _print_line(wall_time: float, run: str, tag: str, step: int, value: Any) -> None:
    try:
        at = time.strftime("%H:%M:%S", time.localtime(wall_time))
    except (OverflowError, ValueError, OSError):
        at = "?"
    shown = f"{value:.6g}" if isinstance(value, float) else value
    print(f"{at}  {terminal.shown(run)}  {terminal.shown(tag)}  {step}  {shown}")


def _print_json(wall_time: float, run: str, tag: str, step: int, value: Any) -> None:
    row = {"wall_time": wall_time, "run": run, "tag": tag, "step": step, "value": value}
    print(json.dumps(terminal.plain(row)))
