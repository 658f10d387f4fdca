"""A log that is being written, read as it grows."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from types import TracebackType

from ringboard._native.reader import LogReader
from ringboard.reading.files import EventFile
from ringboard.reading.load import FileInfo, Part, Problem, Selection, new_reader, read_file, take
from ringboard.reading.log import Log, RunState, make_log


class Follower(Iterator[Log]):
    """What ringboard.read(…, follow=True) returns: an iterator of Logs, each with what is new.

    The first one has all that is there; each later one waits until something is.  Files that appear are
    noticed, in new runs, too.  A record that is being written is waited for; what is damaged is told in
    `problems` as soon as something whole follows it.

        with ringboard.read("runs", follow=True) as log:
            for new in log:
                for run in new.values(): ...

    Close it, from any thread, and a waiting iteration ends.
    """

    def __init__(
        self, find: Callable[[], list[EventFile]], selection: Selection, poll_interval: float
    ) -> None:
        self._find = find
        self._selection = selection
        self._poll_interval = poll_interval
        self._readers: dict[str, LogReader] = {}  # of an event file and its archive, one
        self._packed: set[str] = set()  # of archives that have been read: the same keys
        self._told: set[str] = set()  # of files that can't be read: their paths
        self._states: dict[str, RunState] = {}
        self._closed = threading.Event()
        self._first = True

    def __enter__(self) -> Follower:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the iteration."""
        self._closed.set()

    def __next__(self) -> Log:
        while not self._closed.is_set():
            log = self.poll()
            if self._first or len(log) or log.problems:
                self._first = False
                return log
            self._closed.wait(self._poll_interval)
        raise StopIteration

    def poll(self) -> Log:
        """What is new by now, without waiting; maybe nothing."""
        try:
            files = self._find()
        except FileNotFoundError:
            files = []  # the log dir is yet to be made, or was removed
        return make_log([self._read(file) for file in files], self._selection, None, self._states)

    def _read(self, file: EventFile) -> Part:
        key = _key(file)
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = new_reader(self._selection, for_rules=False)
        if file.is_archive:
            if key in self._packed:
                return self._nothing(file)
            self._packed.add(key)
            return read_file(file, self._selection, for_rules=False, reader=reader)
        try:
            size = os.stat(file.path).st_size
            if size == reader.offset:
                return self._nothing(file)
            shrunk = size < reader.offset
            if not shrunk:
                reader.open(file.path)
                reader.scan(False)
        except OSError as error:
            return self._failed(file, "unreadable", f"the file can't be read: {error.strerror or error}")
        if shrunk:
            detail = f"the file was cut to {size} bytes after {reader.offset} had been read; it is left alone"
            return self._failed(file, "unreadable", detail)
        part = take(file, reader)
        reader.close()
        self._told.discard(file.path)
        return part

    def _nothing(self, file: EventFile) -> Part:
        reader = self._readers.get(_key(file))
        records, size = (0, 0) if reader is None else (reader.record_count, reader.offset)
        return Part(file, FileInfo(file.path, file.run, size, records, records))

    def _failed(self, file: EventFile, kind: str, detail: str) -> Part:
        part = self._nothing(file)
        if file.path not in self._told:  # once, not at each look
            self._told.add(file.path)
            part.problems.append(Problem(file.path, 0, 0, kind, detail))
        return part


def _key(file: EventFile) -> str:
    """The event file's path, also when it is in an archive by now."""
    return os.path.join(os.path.dirname(file.path), file.name)
