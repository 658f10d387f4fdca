"""ringboard restore: unpacks archives."""

from __future__ import annotations

import argparse
from typing import Any

from ringboard.cli import packed_files

_DESCRIPTION = """\
Unpacks archives (.rbz) to the event files that they were made of, byte for byte, with their names, modes and
times, and removes the archives.  An archive is removed only when its file is on the disk and has the checksum
that was taken when it was packed."""

_EXAMPLES = """\
examples:
  ringboard restore runs/                 every archive below runs/
  ringboard restore runs/exp1 --dry-run   only say which
  ringboard restore runs/ --keep          leave the archives

exit status: 0 when all were restored, 1 when one failed (it is as it was), 2 for a wrong option or a path
that there is not."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "restore",
        help="unpack archives",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="an archive, or a directory of them")
    packed_files.add_options(parser, keep="leave the archives")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ringboard.archive import restore

    packed_files.check_paths(options.paths)
    with packed_files.progress_bar() as progress:
        reports = restore(
            options.paths,
            threads=options.jobs,
            keep=options.keep,
            dry_run=options.dry_run,
            progress=progress,
        )
    return packed_files.show(reports, options, "restored", "to restore")
