"""Event files: their names, their first records, their directories."""

from __future__ import annotations

import errno
import itertools
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ringboard import proto, remote
from ringboard._native.wire import event_record
from ringboard._native.writer import EventStream, generation
from ringboard.arrays import to_step

_counter = itertools.count()
_VERSION = proto.text(3, "brain.Event:2")
_HEAD_BODY = _VERSION + proto.message(10, proto.text(1, "ringboard"))
_LOCAL_URL = "file://"

# Held while files are opened, so that threads which find a writer closed don't open one file each.
# Reentrant, because a signal handler may log in the middle of it; renewed in forked children, because
# the thread that held it may not exist there.
_opening = threading.RLock()


def opening() -> threading.RLock:
    """The lock over the opening of files."""
    return _opening


def _renew_lock() -> None:
    global _opening  # noqa: PLW0603
    _opening = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def host_name() -> str:
    # Not socket.gethostname: importing socket costs more than the rest of this package.
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return name.replace(os.sep, "_") or "localhost"


def default_log_dir(comment: str) -> str:
    """runs/<month><day>_<hour>-<minute>-<second>_<host><comment>, as torch names it."""
    return os.path.join("runs", time.strftime("%b%d_%H-%M-%S") + f"_{host_name()}{comment}")


def check_suffix(suffix: str) -> str:
    """A file name's suffix: anything but a way out of the directory."""
    if os.sep in suffix or "/" in suffix or "\0" in suffix:
        raise ValueError(f"filename_suffix={suffix!r} must not hold a path separator")
    return suffix


def check_fsync_secs(fsync_secs: Any) -> float | None:
    """How often files are made durable: a number of seconds, or None for when it is asked for."""
    return _check_secs("fsync_secs", fsync_secs)


def _check_secs(name: str, seconds: Any) -> float | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds >= 0:
        raise ValueError(f"{name}={seconds!r}: expected a number of seconds, or None")
    return seconds


def check_file_options(
    fsync_secs: Any = None,
    max_file_bytes: Any = None,
    max_file_secs: Any = None,
    archive_on_close: Any = False,
) -> dict[str, Any]:
    """What a program wants of its event files, by name; what it does not say is left out.

    Raises:
        ValueError: a number is impossible.
    """
    if max_file_bytes is not None and (
        isinstance(max_file_bytes, bool)
        or not isinstance(max_file_bytes, (int, np.integer))
        or not 1 <= max_file_bytes < 2**63
    ):
        raise ValueError(
            f"max_file_bytes={max_file_bytes!r}: expected a whole number of bytes from 1, or None"
        )
    options = {
        "fsync_secs": check_fsync_secs(fsync_secs),
        "max_file_bytes": max_file_bytes,
        "max_file_secs": _check_secs("max_file_secs", max_file_secs),
        "archive_on_close": True if archive_on_close else None,
    }
    return {name: value for name, value in options.items() if value is not None}


def check_log_dir(log_dir: str | os.PathLike[str]) -> str:
    """The directory as str: local, or one that `remote` knows how to write to.

    Raises:
        ValueError, ImportError: a URL that nothing can write to.
    """
    try:
        path = os.fspath(log_dir)
    except TypeError:
        raise TypeError(f"log_dir: expected a path, got {type(log_dir).__name__} {log_dir!r}") from None
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if path.startswith(_LOCAL_URL):
        return path[len(_LOCAL_URL) :]
    if remote.is_remote(path):
        remote.check(path)
    return path


def file_head(purge_step: int | None = None) -> bytes:
    """The first records of a file: its version and, for a purge, what hides the later steps.

    torch's purging file says START once, and TensorBoard's Python reader takes the first START of a run
    for its initial one, so nothing is purged there.  The second one purges in both readers.
    """
    now = time.time()
    head = event_record(now, 0, _HEAD_BODY)
    if purge_step is not None:
        start = proto.message(7, proto.integer(1, 1))  # session_log{status: START}
        step = to_step("purge_step", purge_step)
        head += event_record(now, step, _VERSION)
        head += event_record(now, step, start) * 2
    return head


def open_stream(
    log_dir: str,
    suffix: str,
    purge_step: int | None = None,
    clean_tag: Callable[[Any], str] | None = None,
    fsync_secs: float | None = None,
    max_file_bytes: int | None = None,
    max_file_secs: float | None = None,
) -> EventStream:
    """Creates the directory and a new event file in it, its header on disk.

    With a limit of the file's size or age the stream goes on in a new file there.
    """
    try:
        os.makedirs(log_dir, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            errno.ENOTDIR, "the log dir, or a part of its path, is a file and no directory", error.filename
        ) from None
    head = file_head(purge_step)
    while True:
        # Padded, because TensorBoard reads files of one second in the order of their names.
        stem = f"events.out.tfevents.{int(time.time()):010d}.{host_name()}.{os.getpid()}"
        before = os.path.join(log_dir, f"{stem}.{next(_counter):06d}")
        try:
            if max_file_bytes is None and max_file_secs is None:
                stream = EventStream(before + suffix, head, clean_tag, fsync_secs)
            else:
                # All names of one length, so that they are read in the order of their numbers.
                limits = max_file_bytes, max_file_secs, before + ".", suffix, _HEAD_BODY
                stream = EventStream(f"{before}.000000{suffix}", head, clean_tag, fsync_secs, limits)
        except FileExistsError:
            continue  # another process of this number, in another container, on a shared directory
        _flush_when_the_process_ends()
        return stream


_registered_generation = -1


def _flush_when_the_process_ends() -> None:
    """Processes of multiprocessing end by os._exit: only multiprocessing's own hooks run there.

    (Ordinary processes are drained natively, after the interpreter is gone.)
    """
    global _registered_generation  # noqa: PLW0603
    if _registered_generation == generation():
        return
    _registered_generation = generation()
    import sys

    util = sys.modules.get("multiprocessing.util")
    process = sys.modules.get("multiprocessing.process")
    if util is None or process is None:
        return
    if process.parent_process() is None:
        # A child of the fork server that unpickles its arguments does not know yet that it is one, and when
        # it begins it forgets all finalizers and runs these.
        util.register_after_fork(_drain_at_end, _drain_at_end)
    else:
        _drain_at_end()


def _drain_at_end(_: object = None) -> None:
    if _registered_generation == generation():  # not in a child that was forked since
        from multiprocessing import util

        from ringboard._native.writer import retire

        util.Finalize(None, retire, args=(60.0,), exitpriority=-100)


def sub_run_dir(log_dir: str, name: str) -> str:
    """A directory of a run below `log_dir`; slashes nest, nothing leads out of it.

    Raises:
        ValueError: a symbolic link below log_dir leads out of it, or the name cannot be a path.
    """
    if "\0" in name:
        raise ValueError(f"run name {name!r} holds a NUL character, which no path can")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"run name {name!r} holds a lone surrogate; TensorBoard can't read such directories"
        ) from None
    parts = [part for part in name.replace(os.sep, "/").split("/") if part not in ("", ".")]
    safe = ["_" * len(part) if set(part) == {"."} else part for part in parts]
    if remote.is_remote(log_dir):
        return remote.join(log_dir, "/".join(safe)) if safe else log_dir
    path = os.path.join(log_dir, *safe)
    root = os.path.realpath(log_dir)
    if os.path.commonpath([root, os.path.realpath(path)]) != root:
        raise ValueError(f"run name {name!r}: a symbolic link leads out of the log dir {log_dir!r}")
    return path
