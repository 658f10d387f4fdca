"""The command line: one module a command, each with `add_parser` and `run`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

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

# What a shell says of a program that SIGPIPE or SIGINT has ended.
_NOBODY_READS, _INTERRUPTED = 141, 130


class _CommandParser(argparse.ArgumentParser):
    """Descriptions and examples are shown as they are written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status: its own, or what a shell says of one that a signal ended."""
    parser = argparse.ArgumentParser(
        prog="ringboard",
        description="Tools for TensorBoard event files, and for what ringboard keeps of them.",
    )
    parser.add_argument("--version", action="version", version=f"ringboard {__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, dest="command", parser_class=_CommandParser
    )
    for command in _COMMANDS:
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    if options.run is run.run:
        return int(run.run(options))  # what the program raises is the program's
    terminal.take_any_text()
    try:
        status: int = options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        terminal.discard_output()
        return _NOBODY_READS
    except KeyboardInterrupt:
        terminal.say(options.command, "interrupted")
        return _INTERRUPTED
    except (OSError, ValueError, ImportError) as error:
        terminal.say(options.command, error)
        return 2
    return status
