"""ringboard export: scalars as a table."""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

from ringboard.cli import terminal
from ringboard.cli.inspect import add_selection

if TYPE_CHECKING:
    from ringboard.reading import Log

_DESCRIPTION = """\
Writes the scalars of a log as one table: run, tag, step, wall_time (seconds since 1970), value."""

_EXAMPLES = """\
examples:
  ringboard export runs/ > scalars.csv
  ringboard export runs/ -o scalars.parquet              by the name's end: .csv, .jsonl, .parquet
  ringboard export runs/ --tags 'train/*' --format jsonl | jq .value

exit status: 0, 1 when something of a file can't be read (the rest is exported), 2 for a wrong option or a
path that there is not."""

_FORMATS = ("csv", "jsonl", "parquet")
_COLUMNS = ("run", "tag", "step", "wall_time", "value")


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "export",
        help="write scalars as CSV, JSON lines or Parquet",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a log dir, an event file or an archive")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: stdout")
    parser.add_argument("--format", choices=_FORMATS, help="default: by the output's name, else csv")
    add_selection(parser)
    parser.add_argument(
        "--rules", choices=("tensorboard", "rustboard"), help="only the points that this reader shows"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ringboard.reading import read

    wanted = options.format or _format_of(options.output)
    if wanted == "parquet" and options.output is None:
        terminal.say("export", "Parquet needs -o FILE")
        return 2
    if options.kinds not in (None, "scalar"):
        terminal.say(
            "export", f"--kinds {options.kinds}: only scalars make a table; see ringboard.read for others"
        )
        return 2
    log = read(options.paths, options.tags, "scalar", rules=options.rules)
    if wanted == "parquet":
        _write_parquet(log, options.output)
    else:
        with terminal.quiet_when_nobody_reads(), _opened(options.output) as file:
            (_write_csv if wanted == "csv" else _write_json_lines)(log, file)
    for problem in log.problems:
        terminal.say("export", f"left out: {problem.file}, byte {problem.offset:,} on: {problem.detail}")
    return 1 if log.problems else 0


def _format_of(output: str | None) -> str:
    ending = os.path.splitext(output or "")[1].lstrip(".")
    return {"jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet"}.get(ending, "csv")


@contextlib.contextmanager
def _opened(output: str | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with (
        _whole(output) as path,
        open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        yield file


@contextlib.contextmanager
def _whole(output: str) -> Iterator[str]:
    """Where to write a file that is to be there only when it is complete; a pipe or a device as it is."""
    # Not of the real path: /dev/stdout leads to a pipe, which has none.
    if os.path.exists(output) and not os.path.isfile(output):
        yield output
        return
    target = os.path.realpath(output)
    part = target + ".part"
    try:
        yield part
        os.replace(part, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)


def _rows(log: Log) -> Iterator[tuple[str, str, int, float, float]]:
    for run, one in log.items():
        for tag, series in one.items():
            columns = series.steps.tolist(), series.wall_times.tolist(), series.values.tolist()
            for step, wall_time, value in zip(*columns, strict=True):
                yield run, tag, step, wall_time, value


def _write_csv(log: Log, file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(log))


def _write_json_lines(log: Log, file: TextIO) -> None:
    for row in _rows(log):
        file.write(json.dumps(terminal.plain(dict(zip(_COLUMNS, row, strict=True)))) + "\n")


def _write_parquet(log: Log, output: str) -> None:
    table = log.to_arrow()  # says what to install, if need be
    from pyarrow import parquet

    with _whole(output) as path:
        parquet.write_table(table, path)
