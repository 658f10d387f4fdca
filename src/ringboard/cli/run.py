"""ringboard run: a program whose writers are ringboard's, without a change to it."""

from __future__ import annotations

import argparse
import os
import site
import sys
from typing import Any

_DESCRIPTION = """\
Runs a Python program in which torch.utils.tensorboard and tensorboardX are ringboard, as
ringboard.install() has it; in its child processes, too.  Everything else is as with python.

This process becomes Python anew, with RINGBOARD_INSTALL=1 in its environment.  Programs that can't be
started so (by torchrun, srun, …) take that variable themselves."""

_EXAMPLES = """\
examples:
  ringboard run train.py --lr 3e-4
  ringboard run -m package.train --lr 3e-4
  ringboard run -c 'import tensorboardX; print(tensorboardX)'
  ringboard run -u -X dev train.py        with options for Python
  RINGBOARD_INSTALL=1 torchrun train.py"""

_HOOK = "ringboard-install.pth"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "run",
        help="run a program with ringboard in the place of its writers",
        usage="ringboard run [-h] [PYTHON OPTION ...] (SCRIPT | -m MODULE | -c CODE) [ARGUMENT ...]",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        # No argument is an option to this parser: they are Python's and the program's.
        prefix_chars="\0",
        add_help=False,
    )
    parser.add_argument("program", nargs=argparse.REMAINDER, help="what would follow after `python`")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    if options.program[:1] in (["-h"], ["--help"]):
        options.parser.print_help()
        return 0
    if not options.program:
        options.parser.error("what is to be run? expected a script, -m MODULE or -c CODE")
    environment = {**os.environ, "RINGBOARD_INSTALL": "1"}
    if not _hook_is_installed():
        if sys.flags.no_site or sys.flags.ignore_environment:
            options.parser.error(
                f"with -S, -E or -I Python reads neither {_HOOK}, which is not installed, nor PYTHONPATH; "
                "leave them out, or call ringboard.install() in the program"
            )
        startup = os.path.join(os.path.dirname(os.path.abspath(__file__)), "startup")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [startup, os.environ.get("PYTHONPATH")]))
    sys.stdout.flush()
    sys.stderr.flush()
    # Not runpy: a new interpreter has no module, no frame and no signal handler of ours.
    return os.execve(sys.executable, [sys.executable, *_python_options(), *options.program], environment)


def _hook_is_installed() -> bool:
    """Whether a new interpreter will read ringboard-install.pth."""
    if sys.flags.no_site:
        return False
    directories = site.getsitepackages()
    if site.ENABLE_USER_SITE:
        directories.append(site.getusersitepackages())
    return any(os.path.exists(os.path.join(each, _HOOK)) for each in directories)


def _python_options() -> list[str]:
    """The options that this interpreter was given: those in `python -u -m ringboard run …`."""
    before = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]
    if before[-2:] == ["-m", "ringboard"]:
        return before[:-2]
    if before and (before[-1] == "-mringboard" or os.path.basename(before[-1]).startswith("ringboard")):
        return before[:-1]
    return []  # called by a program
