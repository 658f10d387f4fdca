"""tensorboardX.event_file_writer: event files, one a log directory."""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import Any

from ringboard import file_writer, proto
from ringboard._native.wire import event_record
from ringboard._native.writer import EventStream
from ringboard.arrays import describe
from ringboard.event_file import host_name
from ringboard.tensorboardX.record_writer import RecordWriter, directory_check
from ringboard.tensorboardX.summary import clean_tag

__all__ = ["EventFileWriter", "EventsWriter", "RecordWriter", "directory_check"]

_counter = itertools.count()


class EventFileWriter(file_writer.EventFileWriter):
    """Writes events to one file in `logdir`, the tags of scalars cleaned."""

    _clean_tag = staticmethod(clean_tag)

    def add_event(self, event: Any) -> None:
        """Logs an Event protobuf (an object with SerializeToString(), or its bytes) as it is."""
        self._log_event(event)


class SilentEventFileWriter(EventFileWriter):
    """Writes nothing: what is logged is checked, counted and forgotten."""

    def _open(self, purge_step: int | None = None) -> EventStream:
        return EventStream(None, b"", self._clean_tag)


class EventsWriter:
    """Writes events to the file `file_prefix`.out.tfevents.…, in the thread that calls.

    Args:
        file_prefix: the path up to ".out.tfevents".
        filename_suffix: what the file's name ends with.
    """

    def __init__(self, file_prefix: str | os.PathLike[str], filename_suffix: str = "") -> None:
        # The process and a count, without which two files of one second would be one.
        self._file_name = (
            f"{os.fspath(file_prefix)}.out.tfevents.{int(time.time()):010d}.{host_name()}."
            f"{os.getpid()}.{next(_counter):06d}{filename_suffix}"
        )
        self._num_outstanding_events = 0
        self._py_recordio_writer = RecordWriter(self._file_name)
        self._lock = threading.RLock()
        self._append(event_record(time.time(), 0, proto.text(3, "brain.Event:2")))

    def write_event(self, event: Any) -> None:
        """Writes an Event protobuf.

        Raises:
            TypeError: it is none.
        """
        if not hasattr(event, "SerializeToString"):
            raise TypeError(
                f"expected an Event protobuf (an object with SerializeToString()), got {describe(event)}"
            )
        self._write_serialized_event(event.SerializeToString())

    def _write_serialized_event(self, event_str: bytes) -> None:
        with self._lock:
            self._num_outstanding_events += 1
            self._py_recordio_writer.write(event_str)

    def _append(self, record: bytes) -> None:
        with self._lock:
            self._num_outstanding_events += 1
            self._py_recordio_writer.write_framed(record)

    def flush(self) -> bool:
        """Has the file on disk."""
        with self._lock:
            self._num_outstanding_events = 0
            self._py_recordio_writer.flush()
        return True

    def close(self) -> bool:
        """A flush, then the file is closed."""
        done = self.flush()
        with self._lock:
            self._py_recordio_writer.close()
        return done
