"""tensorboardX.global_writer: one writer for all modules and processes of a program, which counts the steps.

The process that makes it owns the files and the counters.  Others, forked or spawned with it, send what they
log over a local socket, and a thread of the owner logs it as it arrives.  So there is one event file, in
which each tag's steps ascend.  (With a file for each process, TensorBoard's default reader would show a
fraction: it reads one file after the other and drops a tag's later steps where an earlier one follows.)
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from ringboard.arrays import describe, to_scalar, to_stored_tag, to_walltime, widened
from ringboard.file_writer import FileWriter
from ringboard.summaries.picture import to_picture
from ringboard.tensorboardX.writer import OWN_ARGUMENTS, SummaryWriter

if TYPE_CHECKING:  # it imports multiprocessing, which takes its time
    from ringboard.tensorboardX.mailbox import Message, Outbox

_METHODS = ("add_scalar", "add_image", "add_text")  # that other processes may call
_writer: GlobalSummaryWriter | None = None


class GlobalSummaryWriter:
    """A SummaryWriter that counts each tag's steps itself, over all threads and processes that log to it.

    Forked children have it; to others it is passed as an argument (of multiprocessing.Process, or of a
    pool's initializer).

    Args:
        logdir, comment, purge_step, max_queue, flush_secs, filename_suffix, write_to_disk, log_dir: see
            SummaryWriter.
        coalesce_process: accepted for compatibility: all processes share one event file.
        kwargs: fsync_secs, max_file_bytes, max_file_secs, flush_on_sigterm, archive_on_close: see
            SummaryWriter.  Others are accepted for compatibility, and ignored.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        log_dir: str | os.PathLike[str] | None = None,
        coalesce_process: bool = True,
        **kwargs: Any,
    ) -> None:
        self.smw: SummaryWriter | None = SummaryWriter(
            logdir,
            comment,
            purge_step,
            max_queue,
            flush_secs,
            filename_suffix,
            write_to_disk,
            log_dir,
            **{name: kwargs[name] for name in OWN_ARGUMENTS if name in kwargs},
        )
        self._steps: Counter[tuple[str, str]] = Counter()
        self._counting = threading.RLock()
        from ringboard.tensorboardX.mailbox import Inbox

        self._inbox = Inbox(self._log_received, self._flush_here)
        self._address = self._inbox.address
        self._outbox: Outbox | None = None
        self._owner = os.getpid()

    # --- logging --------------------------------------------------------------------------------------

    def add_scalar(self, tag: str, scalar_value: Any, walltime: float | None = None) -> None:
        """Logs one number at the tag's next step.

        Args:
            tag: the name of the series.
            scalar_value: a number, or a one-element array or tensor of any library.
            walltime: seconds since the epoch; None is now.
        """
        tag = to_stored_tag(tag)
        self._log("add_scalar", tag, to_scalar(tag, scalar_value), walltime)

    def add_image(
        self, tag: str, img_tensor: Any, walltime: float | None = None, dataformats: str = "CHW"
    ) -> None:
        """Logs a picture at the tag's next step.

        Args:
            tag: the name of the picture.
            img_tensor: (3, H, W) by default, or as dataformats says; see SummaryWriter.add_image.
            walltime: seconds since the epoch; None is now.
            dataformats: the order of the axes: "CHW", "HWC", "HW", …
        """
        tag = to_stored_tag(tag)
        array, axes = to_picture(tag, img_tensor, dataformats)
        self._log("add_image", tag, widened(array), walltime, dataformats=axes)

    def add_text(self, tag: str, text_string: str, walltime: float | None = None) -> None:
        """Logs text at the tag's next step.

        Args:
            tag: the name of the text.
            text_string: the text.
            walltime: seconds since the epoch; None is now.
        """
        tag = to_stored_tag(tag)
        if not isinstance(text_string, str):
            raise TypeError(f"text {tag!r}: expected a str, got {describe(text_string)}")
        self._log("add_text", tag, text_string, walltime)

    def _log(self, method: str, tag: str, value: Any, walltime: float | None, **options: Any) -> None:
        if self._owner == os.getpid():
            self._log_here(method, tag, value, walltime, options)
            return
        # The time of the call, not that of the arrival.
        now = time.time() if walltime is None else to_walltime(tag, walltime)
        from ringboard.tensorboardX.mailbox import Message, Outbox

        if self._outbox is None or self._outbox.pid != os.getpid():
            self._outbox = Outbox(self._address)
        self._outbox.send(Message(method, tag, value, now, options))

    def _log_here(
        self, method: str, tag: str, value: Any, walltime: float | None, options: dict[str, Any]
    ) -> None:
        # Under a lock, so that a tag's steps are in the file in ascending order.
        with self._counting:
            if self.smw is None:
                raise ValueError("this GlobalSummaryWriter is closed")
            step = self._steps[method, tag]
            getattr(self.smw, method)(tag, value, step, walltime, **options)
            self._steps[method, tag] += 1

    def _log_received(self, message: Message) -> None:
        if message.method not in _METHODS:
            raise ValueError(f"no method {message.method!r}")
        self._log_here(*message)

    def _flush_here(self) -> None:
        if self.smw is not None:
            self.smw.flush()

    # --- life -----------------------------------------------------------------------------------------

    @staticmethod
    def getSummaryWriter() -> GlobalSummaryWriter:  # noqa: N802
        """This program's one writer, which is made by the first call."""
        global _writer  # noqa: PLW0603
        if _writer is None or _writer.smw is None:
            _writer = GlobalSummaryWriter()
        print("Using the global logger in:", _writer.file_writer.get_logdir())
        return _writer

    @property
    def file_writer(self) -> FileWriter:
        """The FileWriter of the log dir."""
        if self.smw is None:
            raise ValueError("this GlobalSummaryWriter lives in another process")
        return self.smw._get_file_writer()

    def flush(self) -> None:
        """Returns when all that was logged before, here or by other processes, is in the file."""
        if self._owner == os.getpid() and self.smw is not None:
            self._inbox.receive_all()
            self.smw.flush()
        elif self._outbox is not None and self._outbox.pid == os.getpid():
            self._outbox.flush()

    def close(self) -> None:
        """A flush, then the file is closed.  A later add_* opens a new one; the steps go on."""
        if self._owner == os.getpid() and self.smw is not None:
            self._inbox.receive_all()
            self.smw.close()
        elif self._outbox is not None and self._outbox.pid == os.getpid():
            self._outbox.close()
            self._outbox = None

    # Another process, or a copy in this one, logs through the socket.

    def __getstate__(self) -> dict[str, Any]:
        return {"_address": self._address}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._address = state["_address"]
        self._owner, self._outbox, self.smw = -1, None, None
