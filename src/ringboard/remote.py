"""Log directories elsewhere: URLs that fsspec knows, and prefixes that a program has registered.

The native core writes each event file into a spool, a private temporary directory of this process.  A
`Mirror` brings what is new there to where it belongs: at flush() and close(), every flush_secs by one daemon
thread for all, and at the process's end.  Where that fails, the spool is kept, tried again and told of.

Through fsspec a file is uploaded whole each time: object stores can't append, and a whole upload that failed
half-way can simply be repeated.  A registered factory's file gets the new bytes only.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Protocol

_CHUNK = 1 << 20
_SHORTEST_BACK_OFF_S, _LONGEST_BACK_OFF_S = 1.0, 60.0

# prefix → factory, as tensorboardX has them: `open(path)` gives an object with write, flush and close;
# `directory_check(path)` is called before.
FACTORIES: dict[str, Any] = {}


class RemoteError(OSError):
    """A remote file could not be written; what it should hold is kept in a local file."""


def register_factory(prefix: str, factory: Any) -> None:
    """Has log directories that begin with `prefix` + ":" written through `factory.open(path)`."""
    if ":" in prefix:
        raise ValueError(f"prefix {prefix!r} must not hold a colon")
    FACTORIES[prefix] = factory


def is_remote(path: str) -> bool:
    """Whether a path is none of the local file system."""
    return "://" in path or (":" in path and path.partition(":")[0] in FACTORIES)


def join(directory: str, name: str) -> str:
    """The path of a file in a remote directory."""
    return f"{directory.rstrip('/')}/{name}"


def check(path: str) -> None:
    """Finds out whether files can be written below a remote directory, before anything is logged.

    Raises:
        ImportError: what writes there is not installed.
        ValueError: nothing does.
    """
    factory = _factory_of(path)
    if factory is not None:
        factory.directory_check(path)
    else:
        _file_system(path)


def _factory_of(path: str) -> Any:
    """The registered factory for a path, unless it says that it can't work here; else None."""
    factory = FACTORIES.get(path.partition(":")[0])
    return factory if getattr(factory, "usable", lambda: True)() else None


def _file_system(path: str) -> tuple[Any, str]:
    """fsspec's file system of a URL, and the path in it."""
    try:
        import fsspec
    except ImportError as error:
        raise ImportError(
            f"log_dir={path!r}: writing to URLs needs fsspec, which is missing: pip install ringboard[remote]"
        ) from error
    try:
        file_system, inner = fsspec.core.url_to_fs(path)
    except ImportError as error:
        hint = getattr(FACTORIES.get(path.partition(":")[0]), "needs", "")
        raise ImportError(f"log_dir={path!r}: {error}{'; or ' + hint if hint else ''}") from error
    except ValueError as error:
        raise ValueError(
            f"log_dir={path!r}: {error}; pass a local directory, or a URL that fsspec knows"
        ) from error
    return file_system, inner


# --- where files go -----------------------------------------------------------------------------------


class Destination(Protocol):
    """A remote file."""

    def extend(self, spool: str, size: int) -> None:
        """Makes it hold the first `size` bytes of the file `spool`, or more."""

    def close(self) -> None: ...


class _Object:
    """A file of an fsspec file system."""

    def __init__(self, path: str) -> None:
        self._file_system, self._path = _file_system(path)

    def extend(self, spool: str, size: int) -> None:
        self._file_system.put_file(spool, self._path)

    def close(self) -> None:
        pass


class _Written:
    """A file that a registered factory has opened."""

    def __init__(self, path: str, factory: Any) -> None:
        self._file = factory.open(path)
        self._sent = 0

    def extend(self, spool: str, size: int) -> None:
        with open(spool, "rb") as source:
            source.seek(self._sent)
            while self._sent < size:
                chunk = source.read(min(_CHUNK, size - self._sent))
                if not chunk:
                    break
                self._file.write(chunk)
                self._sent += len(chunk)
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def open_destination(path: str) -> Destination:
    """The remote file `path`, which is new."""
    factory = _factory_of(path)
    return _Object(path) if factory is None else _Written(path, factory)


def write_file(path: str, content: bytes) -> None:
    """Writes a whole remote file: what is not an event file."""
    factory = _factory_of(path)
    if factory is not None:
        file = factory.open(path)
        file.write(content)
        file.flush()
        file.close()
        return
    file_system, inner = _file_system(path)
    file_system.makedirs(file_system._parent(inner), exist_ok=True)
    file_system.pipe_file(inner, content)


@contextlib.contextmanager
def staged(log_dir: str) -> Iterator[str]:
    """A local directory that stands for a remote one: what is new in it at the end is uploaded.

    It is the same one each time, so that a file which grows by each call (the projector's config) does.
    What other processes have put into the remote directory is not in it.
    """
    stage = os.path.join(spool_directory(), "stage", *log_dir.replace(":", "").split("/"))
    os.makedirs(stage, exist_ok=True)
    yield stage
    for path, stamp in _stamps(stage).items():
        target = join(log_dir, path.replace(os.sep, "/"))
        if _mirrors.uploaded.get(target) != stamp:
            with open(os.path.join(stage, path), "rb") as file:
                write_file(target, file.read())
            _mirrors.uploaded[target] = stamp


def _stamps(directory: str) -> dict[str, tuple[int, int, int]]:
    """What tells whether a file has been written since, for each file below a directory."""
    found = {}
    for parent, _directories, names in os.walk(directory):
        for name in names:
            status = os.stat(os.path.join(parent, name))
            path = os.path.relpath(os.path.join(parent, name), directory)
            found[path] = status.st_ino, status.st_mtime_ns, status.st_size
    return found


# --- one file -----------------------------------------------------------------------------------------


class Mirror:
    """Keeps a remote file as long as its spool.

    Args:
        spool: a local file that only ever grows.
        target: the remote path.
        flush_secs: how long the remote file may stay behind.
    """

    def __init__(self, spool: str, target: str, flush_secs: float) -> None:
        self.spool = spool
        self.target = target
        self._every = max(float(flush_secs), 0.1)
        self._destination = open_destination(target)
        self._sent = 0
        self._pid = os.getpid()
        self._busy = False  # under the lock: a signal handler may come in the middle
        self._lock = threading.RLock()
        self._back_off = 0.0
        self.due = 0.0  # at once: the file should exist
        _mirrors.watch(self)

    def flush(self) -> None:
        """Returns when the remote file holds what the spool does.

        Raises:
            RemoteError: it could not be written.  It is tried again later.
        """
        if self._pid != os.getpid():
            return  # the parent's file is the parent's to flush
        try:
            self._extend()
        except Exception as error:
            raise self._told(error) from error

    def close(self) -> None:
        """A flush, then the remote file is closed and the spool removed."""
        if self._pid != os.getpid():
            return
        try:
            self._extend()
            self._destination.close()
        except Exception as error:
            raise self._told(error) from error
        _mirrors.forget(self)
        os.unlink(self.spool)

    def try_flush(self) -> str | None:
        """A flush that says what went wrong instead of raising it."""
        try:
            self.flush()
        except RemoteError as error:
            return str(error)
        return None

    def _extend(self) -> None:
        with self._lock:
            if self._busy:
                return
            self._busy = True
            try:
                size = os.stat(self.spool).st_size
                if size > self._sent:
                    self._destination.extend(self.spool, size)
                    self._sent = size
                self._back_off = 0.0
                self.due = time.monotonic() + self._every
            except BaseException:
                self._back_off = min(max(2 * self._back_off, _SHORTEST_BACK_OFF_S), _LONGEST_BACK_OFF_S)
                self.due = time.monotonic() + self._back_off
                raise
            finally:
                self._busy = False

    def _told(self, error: Exception) -> RemoteError:
        # Of the library's own kind of errors only the text is kept: they are no OSErrors at times.
        return RemoteError(
            getattr(error, "errno", None),
            f"cannot write the remote file ({type(error).__name__}: {error}); its events are kept in "
            f"{self.spool} and tried again",
            self.target,
        )


# --- all files of this process ------------------------------------------------------------------------


class _Mirrors:
    """The mirrors of this process, the thread that looks after them, and the spool's directory."""

    def __init__(self) -> None:
        self._condition = threading.Condition(threading.RLock())
        self._watched: list[Mirror] = []
        self._thread: threading.Thread | None = None
        self._directory: str | None = None
        self.uploaded: dict[str, tuple[int, int, int]] = {}  # what `staged` has uploaded, by its target

    def directory(self) -> str:
        """A new directory for one spool, which only this user can read."""
        with self._condition:
            if self._directory is None:
                import tempfile

                self._directory = tempfile.mkdtemp(prefix="ringboard-spool-")
                _finish_when_the_process_ends()
            return self._directory

    def watch(self, mirror: Mirror) -> None:
        with self._condition:
            self._watched.append(mirror)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ringboard-remote", daemon=True)
                self._thread.start()
            self._condition.notify()

    def forget(self, mirror: Mirror) -> None:
        with self._condition:
            if mirror in self._watched:
                self._watched.remove(mirror)

    def _run(self) -> None:
        while True:
            with self._condition:
                now = time.monotonic()
                due = [mirror for mirror in self._watched if mirror.due <= now]
                if not due:
                    soonest = min((mirror.due for mirror in self._watched), default=None)
                    self._condition.wait(None if soonest is None else soonest - now)
                    continue
            for mirror in due:
                if message := mirror.try_flush():
                    sys.stderr.write(f"ringboard: {message}\n")

    def finish(self) -> None:
        """At the process's end: everything goes where it belongs, or stderr hears where it is."""
        from ringboard._native.writer import drain

        drain(60.0)
        for mirror in list(self._watched):
            try:
                mirror.close()
            except RemoteError as error:
                sys.stderr.write(f"ringboard: {error}\n")
        if self._directory is not None:
            import shutil

            shutil.rmtree(os.path.join(self._directory, "stage"), ignore_errors=True)
            with contextlib.suppress(OSError):  # it holds what could not be written
                os.rmdir(self._directory)


_mirrors = _Mirrors()


def spool_directory() -> str:
    """Where this process's event files lie until they are uploaded."""
    return _mirrors.directory()


def _forget_the_parents() -> None:
    global _mirrors  # noqa: PLW0603
    _mirrors = _Mirrors()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_the_parents)


def _finish() -> None:
    _mirrors.finish()


def _finish_when_the_process_ends() -> None:
    """atexit; but processes of multiprocessing end by os._exit, where only its own hooks run."""
    util, process = sys.modules.get("multiprocessing.util"), sys.modules.get("multiprocessing.process")
    if util is not None and process is not None and process.parent_process() is not None:
        util.Finalize(None, _finish, exitpriority=-50)
    else:
        import atexit

        atexit.register(_finish)
