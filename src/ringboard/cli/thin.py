"""ringboard thin: a smaller copy of a log."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from ringboard.cli import terminal

_DESCRIPTION = """\
Writes a log again, smaller: of each curve as many points as a screen has room for, no pictures and sounds.
A curve keeps its shape: of each stretch the lowest and the highest point stay.  The originals stay as they
are."""

_EXAMPLES = """\
examples:
  ringboard thin runs/ -o small/                     at most 1000 points a tag, no media
  ringboard thin runs/ -o small/ --points 200
  ringboard thin runs/ -o small/ --drop histogram,image,audio,mesh
  ringboard thin runs/ -o small/ --drop ''           thin out media, too, but keep some

exit status: 0 when all was read, 1 when something could not be (the rest is there), 2 for a wrong option, a
path that there is not, or an output that is not empty."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "thin",
        help="write a smaller copy of a log",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a log dir, an event file or an archive")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the new log dir")
    parser.add_argument(
        "--points", type=int, default=1000, metavar="N", help="at most so many a tag; default 1000"
    )
    parser.add_argument(
        "--drop",
        default="image,audio,mesh",
        metavar="KINDS",
        help="keep nothing of these; default %(default)s",
    )
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ringboard.reading.files import find_files
    from ringboard.tools import thin

    drop = [kind.strip() for kind in options.drop.split(",") if kind.strip()]
    with terminal.progress(len(find_files(options.paths)), "thinning") as progress:
        thinned = thin(options.paths, options.output, points=options.points, drop=drop, progress=progress)
    if options.json:
        terminal.print_json([dataclasses.asdict(each) for each in thinned])
    else:
        rows = [
            (
                each.run,
                f"{each.points_before:,}",
                f"{each.points_after:,}",
                terminal.size(each.bytes_before),
                terminal.size(each.bytes_after),
            )
            for each in thinned
        ]
        print(terminal.table(["run", "points", "kept", "size", "now"], rows))
        for each in thinned:
            for problem in each.problems:
                print(f"left out: {problem.file}, bytes {problem.offset:,} on: {problem.detail}")
    return 1 if any(each.problems for each in thinned) else 0
