"""FileWriter: one log directory's event file, under the names that programs know from torch."""

from __future__ import annotations

import os
from typing import Any

from ringboard._native.writer import EventStream
from ringboard.arrays import describe
from ringboard.event_file import check_log_dir, check_suffix, open_stream, opening


class FileWriter:
    """Writes events to one file in `log_dir`; after close(), the next event opens a new file.

    Args:
        log_dir: the directory; it is created.
        max_queue: accepted for compatibility: an event is never held back for longer than milliseconds.
        flush_secs: likewise.
        filename_suffix: appended to the file's name.
        purge_step: events of this and later steps in earlier files of the directory are hidden by
            TensorBoard.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
        purge_step: int | None = None,
    ) -> None:
        self._logdir = check_log_dir(log_dir)
        self._suffix = check_suffix(filename_suffix)
        self._max_queue = max_queue
        self._flush_secs = flush_secs
        self._stream = open_stream(self._logdir, self._suffix, purge_step)

    def get_logdir(self) -> str:
        """The directory that the event file is in."""
        return self._logdir

    def _live_stream(self) -> EventStream:
        """The open file; a new one after close() and in a forked child."""
        if not self._stream.usable:
            with opening():
                if not self._stream.usable:
                    self._stream = open_stream(self._logdir, self._suffix)
        return self._stream

    def add_summary(self, summary: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Logs a summary protobuf: any object with SerializeToString(), or its bytes."""
        data = summary if isinstance(summary, bytes) else _serialized(summary)
        from ringboard import proto

        self._live_stream().add_event(proto.message(5, data), global_step, walltime)

    def flush(self) -> None:
        """Returns when all accepted before has been given to the operating system."""
        self._stream.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        if self._stream.usable:
            self._stream.close()

    def reopen(self) -> None:
        """Opens a new file, if closed."""
        self._live_stream()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._logdir!r}>"


def _serialized(message: Any) -> bytes:
    serialize = getattr(message, "SerializeToString", None)
    if serialize is None:
        raise TypeError(
            f"expected a protobuf message (an object with SerializeToString()), got {describe(message)}"
        )
    data: bytes = serialize()
    return data
