"""Which files may be packed, and how one takes another's place: at no moment is there no whole one."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ringboard._native import recovery as _recovery
from ringboard._native.writer import drain
from ringboard.archive.container import SUFFIX
from ringboard.file_writer import closed_files

StrPath = str | os.PathLike[str]
Identity = tuple[int, int]  # device, inode
_TEMPORARY = ".tmp"


def as_paths(paths: StrPath | Iterable[StrPath]) -> list[str]:
    """One path, or several, as a list."""
    given = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
    return [os.fsdecode(os.fspath(path)) for path in given]


def below(paths: Iterable[str], *, archives: bool) -> list[str]:
    """The files given, and the event files, or archives, below the directories given."""
    found: dict[str, None] = {}
    for path in paths:
        if not os.path.isdir(path):
            found[path] = None
            continue
        for parent, directories, names in os.walk(path):
            directories.sort()
            for name in sorted(names):
                if name.endswith(SUFFIX) if archives else is_event_file(name):
                    found[os.path.join(parent, name)] = None
    return list(found)


def is_event_file(name: str) -> bool:
    return "tfevents" in name and not name.endswith((SUFFIX, _TEMPORARY))


# --- who writes to it ---------------------------------------------------------------------------------


def identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino


def stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    """What changes when a file is written to, or another takes its name."""
    return *identity(status), status.st_size, status.st_mtime_ns


class Writers:
    """The files that somebody writes to, as far as this process can know.

    Of ringboard's own processes the shared memory tells, of the user's others /proc; of other users' and
    other machines' nothing does but the file's age.
    """

    def __init__(self) -> None:
        drain(1.0)  # of a writer that was closed just now, the end may still be in the ring
        self._ours = _recovery.files_in_use() - _identities(closed_files())
        self._others: set[Identity] | None = None

    def why_not(self, path: str, status: os.stat_result, min_age: float) -> str | None:
        """Why a file is not to be packed; None: it may be."""
        if not stat.S_ISREG(status.st_mode):
            return "a symbolic link" if stat.S_ISLNK(status.st_mode) else "no plain file"
        if path.endswith(SUFFIX):
            return "an archive already"
        if identity(status) in self._ours:
            return "still being written, or its process died and `ringboard recover` could not complete it"
        if time.time() - status.st_mtime < min_age:
            return f"younger than {min_age:g} s: it may still be written; see min_age"
        if self._others is None:
            self._others = _open_for_writing()
        is_open = identity(status) in self._others
        return "still being written: a process has it open" if is_open else None


def _identities(paths: list[str]) -> set[Identity]:
    found = set()
    for path in paths:
        with contextlib.suppress(OSError):
            found.add(identity(os.stat(path)))
    return found


def _open_for_writing() -> set[Identity]:
    """Which files this user's processes have open for writing; nothing where /proc can't tell."""
    found = set()
    for process in _names_in("/proc"):
        if not process.isdigit():
            continue
        for fd in _names_in(f"/proc/{process}/fd"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{process}/fdinfo/{fd}", encoding="ascii", errors="replace") as info:
                    flags = int(info.read().split("flags:")[1].split()[0], 8)
                if flags & os.O_ACCMODE != os.O_RDONLY:
                    found.add(identity(os.stat(f"/proc/{process}/fd/{fd}")))
    return found


def _names_in(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


# --- one file in another's place ----------------------------------------------------------------------


class BusyError(OSError):
    """Another process makes the same file."""


@contextlib.contextmanager
def temporary(target: str) -> Iterator[tuple[str, BinaryIO]]:
    """An empty file beside `target`, as (path, file); removed at the end unless it was renamed.

    There is one such name for a target, locked as long as its process lives, and under its new name until the
    end.  So two processes don't make the same file, and what a killed one left is taken over.

    Raises:
        BusyError: another process has it.
    """
    path = target + _TEMPORARY
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with open(fd, "r+b") as file:
        _lock(fd, path)
        # Its maker may have finished between open and lock.
        if not _is_named(fd, path):
            raise BusyError(None, "another process has just made it", target)
        try:
            os.ftruncate(fd, 0)
            yield path, file
        finally:
            if _is_named(fd, path):
                os.unlink(path)


def hold(fd: int, path: str) -> None:
    """Locks an open file that is to be removed, until it is closed.

    Whoever has just made it from its counterpart has it locked, and removes that one next: then it is the
    only one left.

    Raises:
        BusyError: another process has it, or has removed it.
    """
    _lock(fd, path)
    with contextlib.suppress(FileNotFoundError):
        if identity(os.stat(path)) == identity(os.fstat(fd)):
            return
    raise BusyError(None, "another process has just removed it", path)


def _lock(fd: int, path: str) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(None, "another process is making it", path) from None
    except OSError:
        pass  # a file system without locks


def _is_named(fd: int, path: str) -> bool:
    try:
        return identity(os.stat(path, follow_symlinks=False)) == identity(os.fstat(fd))
    except FileNotFoundError:
        return False


def put_in_place(
    file: BinaryIO,
    path: str,
    target: str,
    mode: int,
    times: tuple[int, int],
    owner: os.stat_result | None = None,
) -> None:
    """Gives a finished temporary file its name, durably.

    Args:
        owner: a file whose user and group it gets, as far as this process may give it away.
    """
    if owner is not None:
        _give_to(file.fileno(), owner)
    os.fchmod(file.fileno(), mode)
    os.utime(file.fileno(), ns=times)
    os.fsync(file.fileno())
    os.rename(path, target)
    sync_directory(target)


def _give_to(fd: int, owner: os.stat_result) -> None:
    for user in (owner.st_uid, -1):  # the group alone, where the user can't be changed
        with contextlib.suppress(OSError):
            os.fchown(fd, user, owner.st_gid)
            return


def remove(path: str) -> None:
    os.unlink(path)
    sync_directory(path)


def sync_directory(path: str) -> None:
    """Makes a new or removed name durable."""
    fd = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
