"""ringboard board: TensorBoard, archives included."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

from ringboard.cli import terminal

_DESCRIPTION = """\
Starts TensorBoard on a log dir.  Archives, which TensorBoard can't read, are restored into a temporary
directory, beside links to everything else; it is removed at the end, and the log dir stays as it is.  What is
being logged meanwhile shows as usual, but new runs beside archived ones only after a restart."""

_EXAMPLES = """\
examples:
  ringboard board runs/
  ringboard board runs/ --port 6007 --bind_all     the rest goes to TensorBoard

exit status: TensorBoard's; 2 for a path that there is not, or when TensorBoard is not installed."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "board",
        help="start TensorBoard on a log dir, archives included",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("log_dir", metavar="LOGDIR")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="…", help="for TensorBoard")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("tensorboard") is None:
        terminal.say("board", 'TensorBoard is not installed: pip install "ringboard[board]"')
        return 2
    if not os.path.isdir(options.log_dir):
        terminal.say("board", f"{options.log_dir!r}: expected a log dir")
        return 2
    archives = archives_below(options.log_dir)
    if not archives:
        return _tensorboard(options.log_dir, options.arguments)
    with _ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="ringboard-board-") as mirror:
        with terminal.progress(len(archives), "restoring") as progress:
            make_mirror(options.log_dir, mirror, progress)
        return _tensorboard(mirror, options.arguments)


def archives_below(log_dir: str) -> list[str]:
    from ringboard.reading.files import find_files

    return [file.path for file in find_files(log_dir) if file.is_archive]


def make_mirror(log_dir: str, mirror: str, progress: Any = None, above: frozenset[str] = frozenset()) -> None:
    """Makes `mirror` a directory in which TensorBoard finds what is in `log_dir`, with archives restored.

    Args:
        above: the directories that `log_dir` is in; a link back to one of them is left out.
    """
    from ringboard.archive import open_archive

    above |= {os.path.realpath(log_dir)}
    own = {os.path.realpath(path) for path in archives_below(log_dir)}
    directories = {os.path.dirname(path) for path in own}
    with os.scandir(log_dir) as entries:
        for entry in entries:
            path = os.path.realpath(entry.path)
            target = os.path.join(mirror, entry.name)
            if path in above:
                continue
            if entry.is_dir() and any(each == path or each.startswith(path + os.sep) for each in directories):
                os.mkdir(target)
                make_mirror(entry.path, target, progress, above)
            elif path in own:
                packed = open_archive(entry.path)
                with open(os.path.join(mirror, packed.original_name), "xb") as file:
                    for _, data in packed.blocks():
                        file.write(data)
                if progress is not None:
                    progress(entry.path)
            else:
                os.symlink(path, target)


def _tensorboard(log_dir: str, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", log_dir, *arguments]
    with _ended_by_sigterm(), subprocess.Popen(command) as process:
        try:
            while True:
                try:
                    return process.wait()
                except KeyboardInterrupt:
                    pass  # TensorBoard gets it too, and ends
        finally:
            process.terminate()  # SIGTERM came to us alone


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM, too, leaves neither the restored files nor TensorBoard behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
