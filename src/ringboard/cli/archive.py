"""ringboard archive: packs finished event files."""

from __future__ import annotations

import argparse
from typing import Any

from ringboard.cli import packed_files

_DESCRIPTION = """\
Packs finished event files into archives (.rbz), a tenth of their size where they hold scalars, and removes
the files.  A file is removed only when its archive has been unpacked from the disk to the same bytes: killed
at any moment, the file or the whole archive is there.  `ringboard restore` brings it back byte for byte.

TensorBoard doesn't read archives; ringboard's own commands do.  Files that are still being written are
skipped: those that a process of yours has open, and those that changed a short time ago."""

_EXAMPLES = """\
examples:
  ringboard archive runs/                  every finished event file below runs/
  ringboard archive runs/exp1 --dry-run    only say which
  ringboard archive runs/ --level 19       smaller, and much slower
  ringboard archive runs/ --keep           leave the event files
  ringboard archive runs/ --min-age 0      also those that changed just now

exit status: 0 when all were packed or skipped, 1 when one failed (it is as it was), 2 for a wrong option or a
path that there is not."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "archive",
        help="pack finished event files",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="an event file, or a directory of them")
    parser.add_argument(
        "--level", type=int, default=3, metavar="N", help="of zstd, 1 (fastest) to 22 (smallest); default 3"
    )
    parser.add_argument(
        "--min-age",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="skip files that have changed since; default 300: torch's writer may be silent for 120",
    )
    packed_files.add_options(parser, keep="leave the event files")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ringboard.archive import pack

    packed_files.check_paths(options.paths)
    with packed_files.progress_bar() as progress:
        reports = pack(
            options.paths,
            level=options.level,
            threads=options.jobs,
            keep=options.keep,
            min_age=options.min_age,
            dry_run=options.dry_run,
            progress=progress,
        )
    return packed_files.show(reports, options, "packed", "to pack")
