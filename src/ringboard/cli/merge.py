"""ringboard merge: one event file a run."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from ringboard.cli import terminal

_DESCRIPTION = """\
Writes a log again with one event file a run: of files that were rotated, of jobs that were restarted, or of
several machines' log dirs, whose runs of one name become one.  The records are the same, in the order in
which TensorBoard reads them.  The originals stay as they are."""

_EXAMPLES = """\
examples:
  ringboard merge runs/ -o merged/               one file for each run below runs/
  ringboard merge node0/ node1/ -o merged/       the runs of both, joined by their names

exit status: 0 when all was merged, 1 when something could not be read (the rest is merged), 2 for a wrong
option, a path that there is not, or an output that is not empty."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "merge",
        help="write a log again with one event file a run",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a log dir, an event file or an archive")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the new log dir")
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ringboard.reading.files import find_files
    from ringboard.tools import merge

    with terminal.progress(len(find_files(options.paths)), "merging") as progress:
        merged = merge(options.paths, options.output, progress=progress)
    if options.json:
        terminal.print_json([dataclasses.asdict(each) for each in merged])
    else:
        rows = [(each.run, each.files, f"{each.records:,}", terminal.size(each.bytes)) for each in merged]
        print(terminal.table(["run", "files", "records", "size"], rows))
        for each in merged:
            for problem in each.problems:
                print(f"left out: {problem.file}, bytes {problem.offset:,} on: {problem.detail}")
    return 1 if any(each.problems for each in merged) else 0
