"""ringboard repair: makes damaged event files whole."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING, Any

from ringboard.cli import terminal

if TYPE_CHECKING:
    from ringboard.tools.repair import Repair

_DESCRIPTION = """\
Replaces each damaged event file by one of its sound records: torn and zeroed ends are cut off, damaged
middles skipped.  The new file is complete, checked and on the disk before it takes the old one's place:
killed at any moment, one of them is there.  Sound files are not touched."""

_EXAMPLES = """\
examples:
  ringboard repair runs/ --dry-run    what is damaged, and what would be lost
  ringboard repair runs/              mend it
  ringboard repair runs/ --keep       keep the damaged files beside, under another name

exit status: 0 when every damaged file was repaired (or nothing is damaged), 1 when one was skipped or failed
(it is as it was), 2 for a wrong option or a path that there is not.  With --dry-run 0, whatever is damaged;
`ringboard check` is for scripts."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "repair",
        help="make damaged event files whole",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a log dir or an event file")
    parser.add_argument("--keep", action="store_true", help="keep the damaged file, as <name>.damaged")
    parser.add_argument("--dry-run", action="store_true", help="change nothing")
    parser.add_argument(
        "--min-age",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="skip files that have changed since: they may be being written; default 300",
    )
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ringboard.reading.files import find_files
    from ringboard.tools import repair

    with terminal.progress(len(find_files(options.paths)), "repairing") as progress:
        reports = repair(
            options.paths,
            keep=options.keep,
            dry_run=options.dry_run,
            min_age=options.min_age,
            progress=progress,
        )
    if options.json:
        terminal.print_json([dataclasses.asdict(report) for report in reports])
    else:
        _show(reports)
    return 1 if any(report.state in ("skipped", "failed") for report in reports) else 0


def _show(reports: list[Repair]) -> None:
    for report in reports:
        if report.state == "sound":
            continue
        lost = f"{report.records:,} sound records, {terminal.size(report.lost_bytes)} lost"
        print(
            f"{report.state:8} {report.path}  ({'; '.join(each for each in (lost, report.detail) if each)})"
        )
        if report.kept:
            print(f"         the damaged file is {report.kept}")
    sound = sum(report.state == "sound" for report in reports)
    print(f"{sound} of {len(reports)} file(s) were sound" if reports else "no event files")
