"""The command line: one module a command, each with `add_parser` and `run`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ringboard._version import __version__
from ringboard.cli import (
    archive,
    bench,
    board,
    check,
    export,
    inspect,
    merge,
    recover,
    repair,
    restore,
    run,
    show,
    tail,
    terminal,
    thin,
)

_COMMANDS = (
    run,
    recover,
    inspect,
    show,
    tail,
    check,
    repair,
    export,
    merge,
    thin,
    archive,
    restore,
    board,
    bench,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="ringboard",
        description="Tools for TensorBoard event files, and for what ringboard keeps of them.",
    )
    parser.add_argument("--version", action="version", version=f"ringboard {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="command")
    for command in _COMMANDS:
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    if options.run is run.run:
        return int(run.run(options))  # what the program raises is the program's
    try:
        status: int = options.run(options)
    except (OSError, ValueError, ImportError) as error:
        terminal.say(options.command, error)
        return 2
    return status
