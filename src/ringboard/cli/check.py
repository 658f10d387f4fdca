"""ringboard check: are the files sound?"""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING, Any

from ringboard.cli import terminal

if TYPE_CHECKING:
    from ringboard.tools.check import FileCheck

_DESCRIPTION = """\
Reads every record of every event file and archive, checks both checksums, and takes every event apart.
Of what is damaged it says the file, the place, what is lost, and between which steps."""

_EXAMPLES = """\
examples:
  ringboard check runs/                 all event files below runs/
  ringboard check runs/ --quiet && …    only the exit status and the damage
  ringboard check runs/ --json          for scripts

exit status: 0 when all files are sound, 1 when one is not, 2 for a wrong option or a path that there is not.
`ringboard repair` makes damaged files whole."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help="check every record of event files and archives",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a log dir, an event file or an archive")
    parser.add_argument("--quiet", action="store_true", help="say nothing of sound files")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ringboard.reading.files import find_files
    from ringboard.tools import check

    with terminal.progress(len(find_files(options.paths)), "checking") as progress:
        checks = check(options.paths, progress=progress)
    if options.json:
        terminal.print_json([dataclasses.asdict(each) for each in checks])
    else:
        for each in checks:
            if each.problems or not options.quiet:
                print(_lines(each))
        damaged = sum(bool(each.problems) for each in checks)
        if damaged:
            lost = terminal.size(sum(each.lost_bytes for each in checks))
            mend = "; see ringboard repair" if any(map(_can_be_repaired, checks)) else ""
            print(f"{damaged} of {len(checks)} file(s) damaged, {lost} unreadable{mend}")
        elif not options.quiet:
            print(f"{len(checks)} file(s) sound" if checks else "no event files")
    return 1 if any(each.problems for each in checks) else 0


def _can_be_repaired(found: FileCheck) -> bool:
    """It is an event file that can be opened and has damage of its own."""
    from ringboard.reading.files import ARCHIVE_SUFFIX

    own = any(problem.kind != "unreadable" for problem in found.problems)
    return own and not found.path.endswith(ARCHIVE_SUFFIX)


def _lines(found: FileCheck) -> str:
    state = "damaged" if found.problems else "sound"
    lines = [f"{state:8} {found.path}  ({terminal.size(found.bytes)}, {found.records:,} records)"]
    for problem, (before, behind) in zip(found.problems, found.steps, strict=True):
        end = problem.offset + problem.length
        lines.append(f"  bytes {problem.offset:,} to {end:,}: {problem.detail}")
        if before is not None or behind is not None:
            lines.append(f"    {_between(before, behind)}")
    return "\n".join(lines)


def _between(before: int | None, behind: int | None) -> str:
    if behind is None:
        return f"lost is what came after an event of step {before}"
    if before is None:
        return f"lost is what came before an event of step {behind}"
    return f"lost is what came between an event of step {before} and one of step {behind}"
