"""FileWriter and EventFileWriter: one log directory's event file, under the names that programs know."""

from __future__ import annotations

import functools
import os
import warnings
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from ringboard import hooks, proto, remote
from ringboard._native.writer import STATS, EventStream
from ringboard.arrays import describe
from ringboard.event_file import check_file_options, check_log_dir, check_suffix, open_stream, opening


class EventFileWriter:
    """Writes events to one file in `logdir`; after close(), the next event opens a new file.

    A remote log dir (see `ringboard.remote`) has the file when flush() or close() returns, and every
    flush_secs seconds.

    Args:
        logdir: the directory; it is created.
        max_queue_size: accepted for compatibility: an event is never held back for longer than
            milliseconds.
        flush_secs: likewise.
        filename_suffix: appended to the file's name.
        purge_step: TensorBoard hides what earlier files of the directory hold from this step on.
        fsync_secs: how old, in seconds, an event may grow before it is on the disk itself and survives a
            power failure; None leaves that to flush(fsync=True) and to the operating system.
        max_file_bytes: the events go on in a new file where this one would grow beyond.
        max_file_secs: the events go on in a new file when this one is so old.
        archive_on_close: see SummaryWriter.
    """

    _clean_tag: Callable[[Any], str] | None = None  # a dialect's rule for the tags of scalars

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        max_queue_size: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
        *,
        purge_step: int | None = None,
        fsync_secs: float | None = None,
        max_file_bytes: int | None = None,
        max_file_secs: float | None = None,
        archive_on_close: bool = False,
    ) -> None:
        self._options = check_file_options(fsync_secs, max_file_bytes, max_file_secs)
        self._logdir = check_log_dir(logdir)
        if remote.is_remote(self._logdir) and {"max_file_bytes", "max_file_secs"} & self._options.keys():
            raise ValueError(
                f"log_dir={self._logdir!r}: a remote log dir has one event file; leave out max_file_bytes "
                "and max_file_secs, or log into a local directory"
            )
        self._archive_on_close = bool(archive_on_close) and _can_archive(self._logdir)
        self._max_queue_size = max_queue_size
        self._flush_secs = flush_secs
        self._filename_suffix = check_suffix(filename_suffix)
        self._past: dict[str, int] = {}
        self._defaults: tuple[Any, Any] = (None, None)
        self._mirror: remote.Mirror | None = None
        self._stream = self._open(purge_step)

    def _open(self, purge_step: int | None = None) -> EventStream:
        """A new event file."""
        if not remote.is_remote(self._logdir):
            return open_stream(
                self._logdir, self._filename_suffix, purge_step, self._clean_tag, **self._options
            )
        spool = remote.spool_directory()
        stream = open_stream(spool, self._filename_suffix, purge_step, self._clean_tag)
        target = remote.join(self._logdir, os.path.basename(stream.path))
        self._mirror = remote.Mirror(stream.path, target, self._flush_secs)
        return stream

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, by pickle or copy.deepcopy, is another file of the same directory."""
        arguments = (self._logdir, self._max_queue_size, self._flush_secs, self._filename_suffix)
        options = self._options | ({"archive_on_close": True} if self._archive_on_close else {})
        return functools.partial(type(self), **options), arguments

    def get_logdir(self) -> str:
        """The directory that the event file is in."""
        return self._logdir

    def live_stream(self) -> EventStream:
        """The open file; a new one after close() and in a forked child."""
        if not self._stream.usable:
            with opening():
                if not self._stream.usable:
                    past = self.stats()
                    stream = self._open()
                    stream.set_defaults(*self._defaults)
                    self._stream = stream
                    self._past = past
        return self._stream

    def set_defaults(self, step: Any, walltime: Any) -> None:
        """What events get whose step or wall time is None: None is 0 and now."""
        self.live_stream().set_defaults(step, walltime)
        self._defaults = step, walltime

    def stats(self) -> dict[str, int]:
        """What became of the events of all files that this object has written; see SummaryWriter.stats."""
        return add_counts(self._past, self._stream.stats())

    def add_event(self, event: Any) -> None:
        """Logs an Event protobuf (an object with SerializeToString(), or its bytes) as it is."""
        self._log_event(event)

    def _log_event(self, event: Any) -> None:
        wall_time, step, body = proto.split_event(serialized(event))
        self.live_stream().add_event(body, step, wall_time)

    def flush(self, *, fsync: bool = False) -> None:
        """Returns when all accepted before has been given to the operating system, or, with fsync, is on
        the disk itself."""
        self._stream.flush(fsync)
        if self._mirror is not None:
            self._mirror.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        stream = self._stream
        closes = stream.usable  # not in a forked child: the file is the parent's
        if closes:
            stream.close()
            _closed.add(self)
        if self._mirror is not None:
            mirror, self._mirror = self._mirror, None
            mirror.close()
        elif closes and self._archive_on_close:
            from ringboard.archive.packing import pack_closed

            for path in stream.paths:
                pack_closed(path)

    def reopen(self) -> None:
        """Opens a new file, if closed."""
        self.live_stream()

    # Where programs look for the file's name: torch's and tensorboardX's ways to it.

    @property
    def _file_name(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        """The event file; of several, the one that is written to now."""
        return self._stream.path if self._mirror is None else self._mirror.target

    @property
    def paths(self) -> list[str]:
        """All files since this writer was opened, or opened again after close(); the oldest first."""
        return self._stream.paths if self._mirror is None else [self._mirror.target]

    @property
    def _ev_writer(self) -> EventFileWriter:
        return self

    @property
    def _py_recordio_writer(self) -> EventFileWriter:
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._stream.path!r}>"


# Those whose file is finished, though shared memory names it as long as they live.
_closed: weakref.WeakSet[EventFileWriter] = weakref.WeakSet()


def closed_files() -> list[str]:
    """The event files of this process's writers that have been closed."""
    closed = [writer for writer in list(_closed) if not writer._stream.usable]
    return [path for writer in closed for path in writer._stream.paths]


def _can_archive(log_dir: str) -> bool:
    """Whether archive_on_close can be done: found out before a training, not at its end."""
    from ringboard.archive import zstd

    zstd.library()
    if remote.is_remote(log_dir):
        warnings.warn(
            f"log_dir={log_dir!r}: archive_on_close is for local directories; a remote one gets the event "
            "files as they are",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True


class FileWriter:
    """Writes summaries and events to one log directory.

    Its arguments are those of its `event_writer`; see EventFileWriter.
    """

    _event_writer_type = EventFileWriter
    _dialect = "ringboard.torch"  # where others may have put another EventFileWriter
    _profile_tag = "step1"  # what the Graphs tab calls a graph's run metadata

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
        *,
        purge_step: int | None = None,
        fsync_secs: float | None = None,
        max_file_bytes: int | None = None,
        max_file_secs: float | None = None,
        archive_on_close: bool = False,
    ) -> None:
        own = self._event_writer_type
        replaced = hooks.replaced_type(self._dialect, own)
        # Somebody else's class may know the originals' arguments only.
        options = check_file_options(fsync_secs, max_file_bytes, max_file_secs, archive_on_close)
        if purge_step is not None:
            options["purge_step"] = purge_step
        self.event_writer: EventFileWriter = replaced(
            check_log_dir(log_dir), max_queue, flush_secs, filename_suffix, **options
        )

    def get_logdir(self) -> str:
        """The directory that the event file is in."""
        return self.event_writer.get_logdir()

    def is_hooked(self) -> bool:
        """Whether other tools want to see the events; see ringboard.hooks."""
        return hooks.hooks_events(self) or hooks.hooks_file(self.event_writer)

    def _live_stream(self) -> Any:
        """What SummaryWriter logs to: the open file, an EventStream, unless hooks must see what is logged."""
        return hooks.HookedStream(self) if self.is_hooked() else self.event_writer.live_stream()

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Logs an Event protobuf (an object with SerializeToString(), or its bytes).

        Args:
            event: the event.
            step: replaces the event's own, unless None.
            walltime: seconds since the epoch; None is now.
        """
        self._log_event(event, step, walltime)

    def add_summary(self, summary: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Logs a Summary protobuf (an object with SerializeToString(), or its bytes)."""
        self._log_body(proto.message(5, serialized(summary)), global_step, walltime)

    def _log_event(self, event: Any, step: Any, walltime: float | None) -> None:
        _, own_step, body = proto.split_event(serialized(event))
        if hooks.hooks_file(self.event_writer):
            hooked = hooks.event_of(body, own_step if step is None else step, walltime)
            if hooked is not None:
                self.event_writer.add_event(hooked)
                return
        self.event_writer.live_stream().add_event(body, own_step if step is None else step, walltime)

    def _log_body(self, body: bytes, step: Any, walltime: float | None) -> None:
        """An event of a body that holds neither step nor wall time, past add_event unless that is hooked."""
        if self.is_hooked():
            event = hooks.event_of(body, None, walltime)
            if event is not None:
                self.add_event(event, step, walltime)
                return
        self.event_writer.live_stream().add_event(body, step, walltime)

    def add_graph(self, graph_profile: Any, walltime: float | None = None) -> None:
        """Logs a graph: torch's pair of a GraphDef and a RunMetadata (protobufs or their bytes)."""
        from ringboard.graph import graph_events

        graph, stats = graph_profile
        for body in graph_events(graph, stats, self._profile_tag):
            self._log_body(body, None, walltime)

    def add_onnx_graph(self, graph: Any, walltime: float | None = None) -> None:
        """Logs a GraphDef (a protobuf or its bytes)."""
        from ringboard.graph import graph_events

        for body in graph_events(graph):
            self._log_body(body, None, walltime)

    def stats(self) -> dict[str, int]:
        """What became of the events; nothing is known of those of somebody else's event writer."""
        stats = getattr(self.event_writer, "stats", None)
        return dict.fromkeys(STATS, 0) if stats is None else stats()

    def flush(self, *, fsync: bool = False) -> None:
        """Returns when all accepted before has been given to the operating system, or, with fsync, is on
        the disk itself."""
        self.event_writer.flush(fsync=True) if fsync else self.event_writer.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        self.event_writer.close()

    def reopen(self) -> None:
        """Opens a new file, if closed."""
        self.event_writer.reopen()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.get_logdir()!r}>"


hooks.remember_own(EventFileWriter, FileWriter)


def add_counts(past: Mapping[str, int], now: dict[str, int]) -> dict[str, int]:
    """Counts of events add up; what is said of the ring is only true now."""
    return {
        name: count if name.startswith("ring") else past.get(name, 0) + count for name, count in now.items()
    }


def serialized(message: Any) -> bytes:
    """The bytes of a protobuf message, whoever generated its class; bytes are taken as they are."""
    if isinstance(message, bytes):
        return message
    serialize = getattr(message, "SerializeToString", None)
    if serialize is None:
        raise TypeError(
            f"expected a protobuf message (an object with SerializeToString()), got {describe(message)}"
        )
    data: bytes = serialize()
    return data
