"""What the parts of SummaryWriter may ask of the whole.

SummaryWriter is one class to its users; its methods live in a file for each family of TensorBoard's
plugins, as base classes without state.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringboard._native.writer import EventStream
    from ringboard.file_writer import FileWriter


class WriterBase:
    """The attributes and methods that every part relies on; SummaryWriter has them."""

    __slots__ = ("__dict__", "__weakref__")  # the state of all parts; SummaryWriter has a slot besides

    if TYPE_CHECKING:
        log_dir: str | os.PathLike[str]
        max_queue: int
        flush_secs: int
        filename_suffix: str
        fsync_secs: float | None
        all_writers: dict[str, FileWriter] | None
        _past: Mapping[str, int]

        _file_writer_type: type[FileWriter]

        def get_logdir(self) -> str: ...
        def _get_file_writer(self) -> FileWriter: ...
        def _live_stream(self) -> EventStream: ...

    def _add_body(self, body: bytes, step: Any, walltime: float | None, tag: str = "") -> None:
        """Logs an event whose serialized fields behind the step are `body`; `tag` is for errors."""
        self._live_stream().add_event(body, step, walltime, tag)
