"""flush_on_sigterm: a process that is asked to end flushes its writers first, then does what it did before.

A Python signal handler runs in the main thread, between two bytecodes of whatever was going on there, so it
may find any lock of that thread held.  The flush therefore runs in a thread of its own, for which the handler
waits a bounded time.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
import warnings
import weakref
from types import FrameType
from typing import Any, Protocol

# Long enough for a disk, shorter than the 30 s that schedulers leave between SIGTERM and SIGKILL.
PATIENCE_S = 10.0


class Writer(Protocol):
    def flush(self) -> None: ...


_writers: dict[int, weakref.ref[Any]] = {}
_installed: _Handler | None = None
_flushing_pid = 0


def watch(writer: Writer) -> None:
    """From now on SIGTERM flushes this writer.  The handler is installed by the first; only the main thread
    can do that, so elsewhere there is a RuntimeWarning and no flush."""
    key = id(writer)

    def gone(reference: weakref.ref[Any]) -> None:
        if _writers.get(key) is reference:
            del _writers[key]
            _restore_if_last()

    _writers[key] = weakref.ref(writer, gone)
    _install()


def forget(writer: Writer) -> None:
    """Undoes watch(); the last one restores the earlier handler, unless somebody has replaced ours."""
    if _writers.pop(id(writer), None) is not None:
        _restore_if_last()


def _install() -> None:
    global _installed  # noqa: PLW0603
    present = signal.getsignal(signal.SIGTERM)
    if isinstance(present, _Handler):
        return
    if present is None:
        _warn("the process has a SIGTERM handler that was not installed from Python")
        return
    handler = _Handler(present)
    try:
        signal.signal(signal.SIGTERM, handler)
    except ValueError:
        _warn("a signal handler can only be installed by the main thread; make the writer there")
        return
    _installed = handler


def _warn(reason: str) -> None:
    warnings.warn(f"flush_on_sigterm has no effect: {reason}", RuntimeWarning, stacklevel=6)


def _restore_if_last() -> None:
    global _installed  # noqa: PLW0603
    if _writers or _installed is None:
        return
    if signal.getsignal(signal.SIGTERM) is _installed:
        if threading.current_thread() is not threading.main_thread():
            return  # it stays, flushes nothing, and goes on to the earlier handler
        signal.signal(signal.SIGTERM, _installed.earlier)
    _installed = None


class _Handler:
    """The signal handler; `earlier` is what it goes on to."""

    def __init__(self, earlier: Any) -> None:
        self.earlier = earlier

    def __call__(self, number: int, frame: FrameType | None) -> Any:
        _flush_all()
        if callable(self.earlier):
            return self.earlier(number, frame)
        # Whoever has replaced this handler and calls it out of courtesy wants the process to live on.
        if self.earlier is signal.SIG_DFL and signal.getsignal(number) is self:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        return None


def _flush_all() -> None:
    global _flushing_pid  # noqa: PLW0603
    if _flushing_pid == os.getpid():
        return  # a second SIGTERM: somebody is in a hurry
    writers = [writer for reference in list(_writers.values()) if (writer := reference()) is not None]
    if not writers:
        return
    _flushing_pid = os.getpid()
    try:
        done = _thread.allocate_lock()
        done.acquire()
        try:
            _thread.start_new_thread(_flush, (writers, done))
        except RuntimeError:  # no more threads: then here, where it may find a lock of its own
            _flush(writers, done)
        if not done.acquire(timeout=PATIENCE_S):
            _tell(f"SIGTERM: not everything could be flushed within {PATIENCE_S:.0f} s")
    finally:
        _flushing_pid = 0


def _flush(writers: list[Any], done: _thread.LockType) -> None:
    for writer in writers:
        try:
            writer.flush()
        except Exception as error:  # whatever it is, the others are flushed all the same
            _tell(f"SIGTERM: {error}")
    done.release()


def _tell(message: str) -> None:
    # Not through sys.stderr, whose lock the interrupted code may hold.
    os.write(2, f"ringboard: {message}\n".encode(errors="replace"))
