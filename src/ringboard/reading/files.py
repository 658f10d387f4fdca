"""Which files a log has, which run each belongs to, and their bytes."""

from __future__ import annotations

import importlib
import itertools
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

ARCHIVE_SUFFIX = ".rbz"
PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class EventFile:
    """A file of a log.

    Attributes:
        path: of the event file or the archive.
        run: the name of the run, as TensorBoard names it.
        name: of the event file, or of the one that was archived; a run's files are read in this order.
    """

    path: str
    run: str
    name: str

    @property
    def is_archive(self) -> bool:
        return self.path.endswith(ARCHIVE_SUFFIX)


class Bytes(Protocol):
    """An open file: the original bytes."""

    def read_at(self, offset: int, size: int) -> bytes: ...


def is_event_file(name: str) -> bool:
    """Whether TensorBoard would read a file of this name, or it is an archive of one."""
    return "tfevents" in name or name.endswith(ARCHIVE_SUFFIX)


def original_name(name: str) -> str:
    """The name of the event file that an archive of this name was made of."""
    if not name.endswith(ARCHIVE_SUFFIX):
        return name
    return name[: -len(ARCHIVE_SUFFIX)].replace("rbevents", "tfevents")


def find_files(path: PathLike | Iterable[PathLike]) -> list[EventFile]:
    """The event files and archives below directories, or those that are named, run by run.

    An archive beside the event file that it was made of is left out.

    Raises:
        FileNotFoundError: a path does not exist.
        TypeError: it is no path.
    """
    if isinstance(path, (str, os.PathLike)):
        paths = [os.fspath(path)]
    elif isinstance(path, Iterable):
        paths = [os.fspath(each) for each in path]
    else:
        raise TypeError(
            f"expected the path of a log dir or an event file, or a list of such; got {type(path).__name__}"
        )
    for each in paths:
        if not isinstance(each, str):
            raise TypeError(f"expected a path as a str, got {each!r}")
        if not os.path.exists(each):
            raise FileNotFoundError(
                f"there is no {each!r}: expected a log dir, an event file, an archive (*{ARCHIVE_SUFFIX}), "
                "or a list of such"
            )
    directories = [each if os.path.isdir(each) else os.path.dirname(os.path.abspath(each)) for each in paths]
    root = directories[0] if len(set(directories)) == 1 else _common(directories)
    found: dict[str, EventFile] = {}
    for each in paths:
        for file in _below(each):
            directory, name = os.path.split(file)
            run = os.path.relpath(directory or ".", root)
            found.setdefault(os.path.realpath(file), EventFile(file, run, original_name(name)))
    taken = {(file.run, file.name) for file in found.values() if not file.is_archive}
    kept = [file for file in found.values() if not (file.is_archive and (file.run, file.name) in taken)]
    return sorted(kept, key=lambda file: (file.run, file.name, file.path))


def _common(directories: list[str]) -> str:
    try:
        return os.path.commonpath([os.path.abspath(each) for each in directories])
    except ValueError:  # on several drives
        return os.curdir


def _below(path: str) -> Iterator[str]:
    """The files below a directory; links are followed, but no directory is read twice.

    One that is there itself, besides links to it, has its own name.  One that can't be listed comes as if it
    were a file: whoever opens it says why it can't be read.
    """
    if not os.path.isdir(path):
        yield path
        return
    seen = set()
    tops = [path]
    closed: list[str] = []

    def walk(top: str) -> Iterator[tuple[str, list[str], list[str]]]:
        return os.walk(top, onerror=lambda error: closed.append(error.filename))

    while tops:
        links: list[str] = []
        for directory, subdirectories, names in itertools.chain.from_iterable(map(walk, tops)):
            status = os.stat(directory)
            if (status.st_dev, status.st_ino) in seen:
                subdirectories.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            subdirectories.sort()
            paths = (os.path.join(directory, name) for name in subdirectories)
            links += [each for each in paths if os.path.islink(each)]
            for name in sorted(names):
                file = os.path.join(directory, name)
                if is_event_file(name) and os.path.isfile(file):
                    yield file
        tops = links
    yield from closed


# --- bytes ------------------------------------------------------------------------------------------------


class _Opened:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read_at(self, offset: int, size: int) -> bytes:
        parts = []
        while size > 0:
            part = os.pread(self._descriptor, min(size, 1 << 30), offset)
            if not part:
                break
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b"".join(parts)


@contextmanager
def opened(file: EventFile) -> Iterator[Bytes]:
    """The file's bytes, or those that an archive was made of."""
    if file.is_archive:
        yield open_archive(file.path)
        return
    descriptor = os.open(file.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        yield _Opened(descriptor)
    finally:
        os.close(descriptor)


def open_archive(path: str) -> Any:
    """Of ringboard.archive: `size`, `original_name`, `blocks(tags)`, `read_at(offset, size)`."""
    archive: Any = importlib.import_module("ringboard.archive")
    return archive.open_archive(path)
