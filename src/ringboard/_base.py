"""What the parts of SummaryWriter may ask of the whole.

SummaryWriter is one class to its users; its methods live in a file for each family of TensorBoard's
plugins, as base classes without state.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ringboard.event_file import check_file_options

if TYPE_CHECKING:
    from ringboard._native.writer import EventStream
    from ringboard.file_writer import FileWriter


class WriterBase:
    """The attributes and methods that every part relies on; SummaryWriter has them."""

    __slots__ = ("__dict__", "__weakref__")  # the state of all parts; SummaryWriter has a slot besides

    fsync_secs: float | None = None
    max_file_bytes: int | None = None
    max_file_secs: float | None = None
    archive_on_close: bool = False

    if TYPE_CHECKING:
        log_dir: str | os.PathLike[str]
        max_queue: int
        flush_secs: int
        filename_suffix: str
        all_writers: dict[str, FileWriter] | None
        _past: Mapping[str, int]

        _file_writer_type: type[FileWriter]

        def get_logdir(self) -> Any: ...
        def _get_file_writer(self) -> FileWriter: ...
        def _live_stream(self) -> EventStream: ...

    def _set_file_options(self, **options: Any) -> None:
        vars(self).update(check_file_options(**options))

    def _file_options(self) -> dict[str, Any]:
        """What all files of this writer are opened with."""
        return check_file_options(
            self.fsync_secs, self.max_file_bytes, self.max_file_secs, self.archive_on_close
        )

    def _add_body(self, body: bytes, step: Any, walltime: float | None, tag: str = "") -> None:
        """Logs an event whose serialized fields behind the step are `body`; `tag` is for errors."""
        self._live_stream().add_event(body, step, walltime, tag)
