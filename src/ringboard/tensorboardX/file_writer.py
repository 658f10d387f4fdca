"""FileWriter and DummyFileWriter, which tensorboardX has in its module `writer`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from ringboard import file_writer, hooks, proto
from ringboard.tensorboardX.event_file_writer import EventFileWriter, SilentEventFileWriter


class MetadataError(ValueError, AssertionError):
    """use_metadata within use_metadata, or for nothing: tensorboardX raises AssertionError."""


class FileWriter(file_writer.FileWriter):
    """Writes summaries and events to one log directory.

    Args:
        logdir: the directory; it is created.
        max_queue: accepted for compatibility: an event is never held back for longer than milliseconds.
        flush_secs: likewise; in seconds, how far a remote log dir may stay behind.
        filename_suffix: appended to the file's name.
        purge_step: TensorBoard hides what earlier files of the directory hold from this step on.
        fsync_secs, max_file_bytes, max_file_secs, archive_on_close: as in ringboard.FileWriter.
    """

    _event_writer_type: type[EventFileWriter] = EventFileWriter
    _dialect = "ringboard.tensorboardX"
    _profile_tag = "profiler"

    def __init__(
        self,
        logdir: str | os.PathLike[str],
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
        super().__init__(
            logdir,
            max_queue,
            flush_secs,
            filename_suffix,
            purge_step=purge_step,
            fsync_secs=fsync_secs,
            max_file_bytes=max_file_bytes,
            max_file_secs=max_file_secs,
            archive_on_close=archive_on_close,
        )
        self._default_metadata: dict[str, Any] = {}

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Logs an Event protobuf (an object with SerializeToString(), or its bytes).

        Args:
            event: the event.
            step: replaces the event's own; None is that of use_metadata, or else the event's own.
            walltime: seconds since the epoch; None is that of use_metadata, or else now.
        """
        # Not through the base class: who replaces both classes' methods wants to see each event once.
        if step is None:
            step = self._default_metadata.get("global_step")
        if walltime is None:
            walltime = self._default_metadata.get("walltime")
        self._log_event(event, step, walltime)

    def add_summary(self, summary: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Logs a Summary protobuf (an object with SerializeToString(), or its bytes)."""
        self._log_body(proto.message(5, file_writer.serialized(summary)), global_step, walltime)

    def add_openvino_graph(self, graph: Any, walltime: float | None = None) -> None:
        """Logs a GraphDef (a protobuf or its bytes)."""
        self.add_onnx_graph(graph, walltime)

    @contextlib.contextmanager
    def use_metadata(self, *, global_step: Any = None, walltime: float | None = None) -> Iterator[FileWriter]:
        """Within the context, events get these where they come without.

        Args:
            global_step: the step.
            walltime: seconds since the epoch.

        Raises:
            MetadataError: neither is given, or another such context is open.
        """
        if self._default_metadata:
            raise MetadataError("use_metadata: default metadata is set already, by an enclosing use_metadata")
        if global_step is None and walltime is None:
            raise MetadataError("use_metadata: expected global_step, walltime or both; got neither")
        self.event_writer.set_defaults(global_step, walltime)
        self._default_metadata = {"global_step": global_step, "walltime": walltime}
        try:
            yield self
        finally:
            self._default_metadata = {}
            self.event_writer.set_defaults(None, None)


class DummyFileWriter(FileWriter):
    """A FileWriter that writes nothing to disk: what is logged is checked and forgotten."""

    _event_writer_type = SilentEventFileWriter
    _dialect = ""


hooks.remember_own(EventFileWriter, FileWriter)
