"""Files that appear whole or not at all, and the lock under which they do.

Drafts are written beside their target and renamed over it: a reader, and a process that dies, see the old
content or the new.  No reader of TensorBoard opens a draft's name.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Iterable, Iterator
from types import TracebackType

_LOCK_TIMEOUT_S = 10.0
_LOCK_POLL_S = 0.005
_counter = itertools.count()

# Between the threads of a process.  Reentrant, because a signal handler may log in the middle of it; renewed
# in forked children, because the thread that held it may not exist there.
_threads = threading.RLock()
_held: set[tuple[int, int]] = set()  # directories (device, inode) whose lock the thread above holds


def _renew_lock() -> None:
    global _threads  # noqa: PLW0603
    _threads = threading.RLock()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


@contextlib.contextmanager
def locked(directory: str) -> Iterator[None]:
    """Holds the directory against everybody else who asks here: threads, and processes on this machine.

    The lock is on the directory itself, so no lock file stays behind, and the kernel drops it when a process
    dies.  File systems that have no such lock, and whoever holds it for more than ten seconds, are passed by:
    writers compare before they replace, too.
    """
    with _threads:
        fd = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
        found = os.fstat(fd)
        identity = (found.st_dev, found.st_ino)
        taken = identity not in _held and _lock(fd)
        if taken:
            _held.add(identity)
        try:
            yield
        finally:
            if taken:
                _held.discard(identity)
                _unlock(fd)
            os.close(fd)


def _lock(fd: int) -> bool:
    """Whether the lock could be had."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOCK_POLL_S)
        except OSError:  # some network file systems
            return False


def _unlock(fd: int) -> None:
    """Not left to close(): a child that was forked meanwhile holds the same open file."""
    import fcntl

    fcntl.flock(fd, fcntl.LOCK_UN)


class Drafts:
    """New files of a directory: they take their names together, at `publish`; the rest is removed."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._drafts: dict[str, str] = {}  # name → the draft's path

    def write(self, name: str, content: Iterable[bytes]) -> None:
        """Writes the draft of `name`."""
        path, fd = self._open(name)
        self._drafts[name] = path
        with open(fd, "wb", buffering=0) as file:
            for part in content:
                view = memoryview(part)
                while view:  # a raw write may be short
                    view = view[file.write(view) :]

    def _open(self, name: str) -> tuple[str, int]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
        while True:
            path = os.path.join(self._directory, f"{name}.{os.getpid()}.{next(_counter)}.draft")
            try:
                return path, os.open(path, flags, 0o666)
            except FileExistsError:
                continue  # of a process that died and had this number

    def publish(self) -> None:
        """Renames all drafts to what they are drafts of."""
        for name, path in list(self._drafts.items()):
            os.replace(path, os.path.join(self._directory, name))
            del self._drafts[name]

    def __enter__(self) -> Drafts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path in self._drafts.values():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
