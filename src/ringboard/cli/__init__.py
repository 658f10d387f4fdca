"""The command line: one module a command, each with `add_parser` and `run`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ringboard._version import __version__
from ringboard.cli import archive, recover, restore, run

_COMMANDS = (archive, recover, restore, run)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="ringboard",
        description="Tools for TensorBoard event files, and for what ringboard keeps of them.",
    )
    parser.add_argument("--version", action="version", version=f"ringboard {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status
