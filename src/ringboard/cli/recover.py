"""ringboard recover: completes the event files of processes that died."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from typing import Any

from ringboard.recovery import DeadProcess, recover

_DESCRIPTION = """\
Completes the event files of your processes on this machine that died before they had written all:
killed, out of memory, crashed, ended by os._exit.  What they had accepted lies in shared memory.

The first SummaryWriter of any process does this by itself; the command is for when no other will be
made, and shows what was found.  It may be interrupted and run again: no event is written twice."""

_EXAMPLES = """\
examples:
  ringboard recover                  all that died on this machine
  ringboard recover runs/exp1        only those that logged below runs/exp1
  ringboard recover --json           for scripts
  ringboard recover --discard        give up what can't be completed

exit status: 0 when nothing is left to do, 1 when something could not be completed."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "recover",
        help="complete the event files of processes that died",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("log_dir", nargs="?", metavar="LOGDIR", help="only processes that logged below it")
    parser.add_argument(
        "--discard", action="store_true", help="remove from shared memory what can't be completed, for good"
    )
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    dead = recover(options.log_dir, discard=options.discard)
    if options.json:
        json.dump([dataclasses.asdict(process) for process in dead], sys.stdout, indent=2)
        print()
    else:
        _show(dead, options.discard)
    unfinished = [process for process in dead if process.state != "recovered"]
    return 1 if unfinished and not options.discard else 0


def _show(dead: list[DeadProcess], discard: bool) -> None:
    if not dead:
        print("Nothing to recover.")
    for process in dead:
        print(f"process {process.process or '?'}: {_sentence(process, discard)}")
        for file in process.files:
            what = f"{file.bytes:,} bytes, {file.events:,} events appended"
            print(f"  {file.state:9} {file.path}  ({what}{'; ' if file.detail else ''}{file.detail})")


def _sentence(process: DeadProcess, discard: bool) -> str:
    kept = "discarded" if discard else f"kept in {process.directory}"
    if process.state == "recovered":
        return "its files are complete"
    if process.state == "left":
        return f"not all of its files could be completed; what they lack is {kept}"
    return f"cannot be recovered: {process.detail} ({kept})"
