"""SummaryWriter: torch's, method for method, on the native core."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any

import numpy as np

from ringboard import hooks
from ringboard._graphs import GraphMethods
from ringboard._media import MediaMethods
from ringboard._native import writer as _native
from ringboard._plugins import PluginMethods
from ringboard._projector import ProjectorMethods
from ringboard.arrays import (
    Array,
    as_float64,
    describe,
    to_array,
    to_scalar,
    to_step,
    to_stored_tag,
    to_tag,
    to_walltime,
    widened,
)
from ringboard.event_file import (
    check_log_dir,
    check_suffix,
    default_log_dir,
    opening,
    sub_run_dir,
)
from ringboard.file_writer import FileWriter, add_counts
from ringboard.summaries.histogram import count_into_bins
from ringboard.summaries.picture import to_picture
from ringboard.summaries.tensor import tensor_event
from ringboard.summaries.text import text_event

# How many buckets a histogram of bins="tensorflow" has; fewer are wanted only below this.
_ALL_BINS = 0
# What of a writer belongs to its open files, and stays behind when it is copied.
_NOT_COPIED = {"_file_writer", "all_writers", "_past"}


class SummaryWriter(MediaMethods, PluginMethods, ProjectorMethods, GraphMethods):
    """Writes scalars, histograms, images, tensors and text to event files that TensorBoard reads.

    A drop-in for `torch.utils.tensorboard.SummaryWriter`.  A call costs about what a Python call costs:
    events go through a lock-free ring to one native writer thread, which has them in the file within
    milliseconds.  Any thread may call anything; a forked child opens its own file.

    Args:
        log_dir: the run's directory.  Default: runs/<date>_<time>_<host><comment>.
        comment: appended to the default directory's name; ignored when log_dir is given.
        purge_step: for a run that was interrupted and goes on from here: TensorBoard hides what earlier
            files of the directory hold from this step on.
        max_queue: accepted for compatibility; events are never held back for longer than milliseconds.
        flush_secs: likewise.
        filename_suffix: appended to the event file's name.
        logdir: tensorboardX's name for log_dir.
        fsync_secs: how old, in seconds, an event may grow before it is on the disk itself and survives a
            power failure; None leaves that to flush(fsync=True) and to the operating system.
        flush_on_sigterm: on SIGTERM, flush this writer (for at most 10 s) before the process does what it
            would have done: an earlier handler is called, without one the process dies of the signal.
            The handler is installed by the main thread only, and removed when the last such writer closes.
        max_file_bytes: the events go on in a new file of the directory, between two of them, where the one at
            hand would grow beyond.  TensorBoard reads them all as one run.
        max_file_secs: likewise when the file at hand is so old, and something comes.
        archive_on_close: close() packs each event file that it has finished into an archive, a tenth of
            its size, which `ringboard restore` turns into the same file again; TensorBoard doesn't read
            archives.  If that fails, a warning tells why, and the event file stays.  Nothing is packed when
            the process ends without close(), or in remote log dirs.

    Raises:
        OSError: the directory or the file cannot be created.
        ImportError: archive_on_close, and the package zstandard is missing.
    """

    # A slot, because the hot methods read it (native/bindings/stream_slot.h).
    __slots__ = ("_stream",)
    _stream: _native.EventStream | None

    _file_writer_type = FileWriter

    # For objects that were made without __init__ (object.__new__), as some subclasses do.
    _file_writer: FileWriter | None = None
    all_writers: dict[str, FileWriter] | None = None
    flush_on_sigterm: bool = False
    _past: Mapping[str, int] = MappingProxyType({})  # counts of files that are closed

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
        *,
        logdir: str | os.PathLike[str] | None = None,
        fsync_secs: float | None = None,
        flush_on_sigterm: bool = False,
        max_file_bytes: int | None = None,
        max_file_secs: float | None = None,
        archive_on_close: bool = False,
    ) -> None:
        if log_dir is not None and logdir is not None:
            raise TypeError(
                f"log_dir={log_dir!r} and logdir={logdir!r} are two names of one argument; pass one"
            )
        self.log_dir = log_dir or logdir or default_log_dir(comment)
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = check_suffix(filename_suffix)
        self._set_file_options(
            fsync_secs=fsync_secs,
            max_file_bytes=max_file_bytes,
            max_file_secs=max_file_secs,
            archive_on_close=archive_on_close,
        )
        self.flush_on_sigterm = bool(flush_on_sigterm)
        self._get_file_writer()

    # --- scalars ------------------------------------------------------------------------------------

    add_scalar = _native.add_scalar
    log = _native.log
    scalar = _native.scalar

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
        layout: str = "runs",
    ) -> None:
        """Logs several scalars that belong together.

        Each goes into a run of its own, <log_dir>/<main_tag>_<key>, under the tag main_tag, as torch
        does: TensorBoard draws them into one chart.  With layout="tags" all go into this run, under
        <main_tag>/<key>: a chart each, in one group, and no more files.

        Args:
            main_tag: the chart's name; its slashes become underscores in the directory's name.
            tag_scalar_dict: key → value, as in add_scalar.  Slashes in a key nest directories; no key
                leads out of log_dir.
            global_step: as in add_scalar.
            walltime: as in add_scalar; all values get the same.
            layout: "runs" or "tags".

        Raises:
            TypeError, ValueError: as in add_scalar, or another layout; nothing is logged then.
        """
        main_tag = to_stored_tag(main_tag)
        if layout not in ("runs", "tags"):
            raise ValueError(f'scalars {main_tag!r}: layout={layout!r}: expected "runs" or "tags"')
        if not isinstance(tag_scalar_dict, Mapping):
            raise TypeError(
                f"scalars {main_tag!r}: expected a dict of key → value, got {describe(tag_scalar_dict)}"
            )
        # All that can be wrong is found before anything is logged.
        step = to_step(main_tag, global_step)
        scalars = [
            (to_stored_tag(key), to_scalar(f"{main_tag}/{key}", each))
            for key, each in tag_scalar_dict.items()
        ]
        now = _native.wall_time() if walltime is None else to_walltime(main_tag, walltime)
        if layout == "tags":
            stream = self._live_stream()
            for key, value in scalars:
                stream.add_scalar(f"{main_tag}/{key}", value, step, now)
            return
        prefix = main_tag.replace("/", "_")
        root = self._get_file_writer().get_logdir()
        writers = self.all_writers or {}  # {}: another thread closes just now
        for key, value in scalars:
            run = f"{root}/{prefix}_{key}"  # torch's name of it in all_writers
            writer = writers.get(run)
            if writer is None:
                with opening():
                    directory = sub_run_dir(root, f"{prefix}_{key}")
                    writer = self._file_writer_type(
                        directory,
                        self.max_queue,
                        self.flush_secs,
                        self.filename_suffix,
                        **self._file_options(),
                    )
                    writer = writers.setdefault(run, writer)
            writer._live_stream().add_scalar(main_tag, value, step, now)

    def add_scalar_series(self, tag: str, values: Any, steps: Any, walltimes: Any = None) -> None:
        """Logs a whole curve in one call: one event for each value.

        Args:
            tag: as in add_scalar.
            values: (N,) numbers of any dtype and library.
            steps: (N,) integers.
            walltimes: (N,) seconds since the epoch; None gives all the present time.

        Raises:
            ValueError: the lengths differ, a step is outside int64, a wall time is not finite.
        """
        tag = to_tag(tag)
        numbers = np.ascontiguousarray(as_float64(_one_axis(tag, "values", values)))
        at = _as_steps(tag, steps)
        times = None
        if walltimes is not None:
            times = np.ascontiguousarray(as_float64(_one_axis(tag, "walltimes", walltimes)))
            if not np.isfinite(times).all():
                raise ValueError(f"series {tag!r}: a wall time is not finite; pass seconds since the epoch")
        lengths = {"values": len(numbers), "steps": len(at)} | (
            {"walltimes": len(times)} if times is not None else {}
        )
        if len(set(lengths.values())) != 1:
            raise ValueError(f"series {tag!r}: expected one length, got {lengths}")
        if len(numbers):
            self._live_stream().add_scalar_series(tag, numbers, at, times, None)

    # --- histograms ---------------------------------------------------------------------------------

    @property
    def default_bins(self) -> Any:
        """The 1549 edges of bins="tensorflow".  May be changed or replaced: add_histogram goes by it."""
        own = vars(self).get("default_bins")
        if own is None:
            from ringboard._native.histogram import edges

            own = vars(self)["default_bins"] = edges()
        return own

    @default_bins.setter
    def default_bins(self, edges: Any) -> None:
        vars(self)["default_bins"] = edges

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: str | int | Sequence[float] = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Logs the distribution of an array; TensorBoard's Histograms and Distributions tabs show it.

        Args:
            tag: the name of the histogram.
            values: an array of any shape, dtype and library.
            global_step: as in add_scalar.
            bins: "tensorflow" (1548 buckets that grow by 10 %), or what np.histogram takes: a number,
                "auto", "fd", …, or edges.
            walltime: as in add_scalar.
            max_bins: merge neighbouring buckets until about this many are left.

        NaN and infinite values are left out, with a warning; statistics are of the finite values.

        Raises:
            ValueError: the array is empty, or the bins are not what np.histogram takes.
            TypeError: it holds no real numbers.
        """
        tag = to_tag(tag)
        array = to_array(tag, "histogram", values)
        if array.data.dtype.kind == "c":
            raise TypeError(f"histogram {tag!r}: expected real numbers, got {describe(values)}")
        if array.data.size == 0:
            raise ValueError(f"histogram {tag!r}: the input has no element; got {describe(values)}")
        if max_bins is not None and (not isinstance(max_bins, (int, np.integer)) or max_bins <= 0):
            raise ValueError(
                f"histogram {tag!r}: max_bins={max_bins!r}: expected a whole number from 1, or None"
            )
        tensorflow = isinstance(bins, str) and bins == "tensorflow"
        if tensorflow and (own := self._own_bins()) is not None:
            tensorflow, bins = False, own
        stream = self._live_stream()
        if tensorflow:
            dense = array.data
            if not dense.flags.forc:  # any order counts the same: a transpose need not be copied
                dense = np.ascontiguousarray(dense)
            left_out = stream.add_histogram(
                tag, dense, array.dtype, max_bins or _ALL_BINS, global_step, walltime
            )
        else:
            left_out = self._add_numpy_histogram(tag, array, bins, max_bins, global_step, walltime)
        if left_out:
            warnings.warn(
                f"histogram {tag!r}, step {global_step}: {left_out} of {array.data.size} values are NaN or "
                "infinite and were left out",
                RuntimeWarning,
                stacklevel=2,
            )

    def _own_bins(self) -> Sequence[float] | None:
        """What a program made of default_bins; None for TensorFlow's edges, which the native core knows."""
        if "default_bins" not in vars(self) and type(self).default_bins is SummaryWriter.default_bins:
            return None
        from ringboard._native.histogram import edges

        bins = self.default_bins
        return None if np.array_equal(bins, edges()) else bins

    def _add_numpy_histogram(
        self, tag: str, array: Array, bins: Any, max_bins: int | None, step: Any, walltime: float | None
    ) -> int:
        """Bins other than the default ones: as np.histogram counts."""
        found = count_into_bins(tag, array, bins, max_bins)
        self._live_stream().add_histogram_raw(
            tag, found.low, found.high, float(found.finite), found.total, found.squares,
            found.limits, found.counts, step, walltime,
        )  # fmt: skip
        return array.data.size - found.finite

    def add_histogram_raw(
        self,
        tag: str,
        min: float,
        max: float,
        num: float,
        sum: float,
        sum_squares: float,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Logs a histogram that was counted elsewhere.

        Args:
            tag: the name of the histogram.
            min, max, num, sum, sum_squares: the statistics of the values.
            bucket_limits: (B,) the right limit of each bucket, ascending.
            bucket_counts: (B,) how many values each bucket holds.
            global_step, walltime: as in add_scalar.

        Raises:
            ValueError: limits and counts differ in length.
        """
        tag = to_tag(tag)
        limits = np.ascontiguousarray(as_float64(_one_axis(tag, "bucket_limits", bucket_limits)))
        counts = np.ascontiguousarray(as_float64(_one_axis(tag, "bucket_counts", bucket_counts)))
        low, high, count, total, squares = (
            to_scalar(tag, each) for each in (min, max, num, sum, sum_squares)
        )
        self._live_stream().add_histogram_raw(
            tag, low, high, count, total, squares, limits, counts, global_step, walltime
        )

    # --- images -------------------------------------------------------------------------------------

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Logs a picture; TensorBoard's Images tab shows it.  PNG encoding happens on the writer thread.

        Args:
            tag: the name of the picture.
            img_tensor: (3, H, W) by default, or as dataformats says; 1 (grey), 2 (grey and alpha), 3 (RGB)
                or 4 (RGBA) channels.  uint8 as it is; uint16 as a 16-bit PNG; all else, other integers
                too, is taken to lie in [0, 1], scaled by 255, clipped and truncated, as torch does.
            global_step, walltime: as in add_scalar.
            dataformats: the order of the axes: "CHW", "HWC", "HW", "WH", …; with N, a grid (see add_images).

        Raises:
            ValueError: shape and dataformats don't go together.
            TypeError: it holds no real numbers.
        """
        self._add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Logs a batch of pictures as one grid of 8 columns.

        Args:
            tag: the name of the grid.
            img_tensor: (N, 3, H, W) by default, or as dataformats says.  Values as in add_image.
            global_step, walltime: as in add_scalar.
            dataformats: the order of the axes: "NCHW", "NHWC", "CHW", "NHW", "HW", …
        """
        self._add_image(tag, img_tensor, global_step, walltime, dataformats)

    def _add_image(self, tag: str, image: Any, step: Any, walltime: float | None, dataformats: str) -> None:
        tag = to_tag(tag)
        array, axes = to_picture(tag, image, dataformats)
        try:
            self._live_stream().add_image(tag, array.data, array.dtype, axes, step, walltime)
        except ValueError as error:
            if repr(tag) in str(error):
                raise
            raise ValueError(f"image {tag!r}: {error}") from None

    # --- tensors and text -----------------------------------------------------------------------------

    def add_tensor(
        self, tag: str, tensor: Any, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Logs an array exactly, for programs that read event files (`tensor_util.make_ndarray`).

        No tab of TensorBoard shows it.

        Args:
            tag: the name of the tensor.
            tensor: an array of any shape, dtype and library, less than 2 GiB.
            global_step, walltime: as in add_scalar.
        """
        tag = to_stored_tag(tag)
        self._add_body(tensor_event(tag, to_array(tag, "tensor", tensor)), global_step, walltime, tag)

    def add_text(
        self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Logs text; TensorBoard's Text tab renders it as Markdown.

        Args:
            tag: the name of the text.
            text_string: the text.
            global_step, walltime: as in add_scalar.
        """
        tag = to_stored_tag(tag)
        if not isinstance(text_string, str):
            raise TypeError(f"text {tag!r}: expected a str, got {describe(text_string)}")
        try:
            body = text_event(tag, text_string)
        except ValueError as error:
            raise ValueError(f"text {tag!r}: {error}") from None
        self._add_body(body, global_step, walltime, tag)

    # --- life ---------------------------------------------------------------------------------------

    def get_logdir(self) -> Any:
        """The run's directory: a str, or the Path that was given as log_dir."""
        return self.log_dir if isinstance(self.log_dir, os.PathLike) else check_log_dir(self.log_dir)

    @property
    def logdir(self) -> str | os.PathLike[str]:
        """tensorboardX's name of log_dir."""
        return self.log_dir

    def flush(self, *, fsync: bool = False) -> None:
        """Returns when everything logged before, by any thread, has been given to the operating system.

        Args:
            fsync: wait until it is on the disk itself, names of new files included, so that it survives a
                power failure.

        Raises:
            OSError: a file can't be written: with its path and the errno.  What was logged is kept and
                tried again.
        """
        hooks.look_again(self)
        for writer in list((self.all_writers or {}).values()):
            writer.flush(fsync=True) if fsync else writer.flush()

    def close(self) -> None:
        """Flushes and closes the files.  A later add_* opens a new one."""
        writers = list((self.all_writers or {}).values())
        self.file_writer = self.all_writers = None
        past = self._past
        first_error: OSError | None = None
        for writer in writers:
            try:
                writer.close()
            except OSError as error:
                first_error = first_error or error
            past = add_counts(past, writer.stats())
        self._past = past
        if self.flush_on_sigterm:
            from ringboard import sigterm

            sigterm.forget(self)
        if first_error is not None:
            raise first_error

    def stats(self) -> dict[str, int]:
        """What became of this writer's events, and how the process's ring stands.

        Returns:
            accepted, written, dropped, waiting: events, of all its files, those of add_scalars and those
                that are closed among them.  (In a forked child: of the child's own.)
            bytes: how many those files hold, headers included.
            ring_bytes, ring_used_bytes, ring_high_water_bytes: of the ring that all writers share.
        """
        total = self._past
        for writer in list((self.all_writers or {}).values()):
            total = add_counts(total, writer.stats())
        return dict(total)

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # A copy, by pickle or copy.deepcopy, has the arguments and opens its own file at its first add_*.

    def __getstate__(self) -> dict[str, Any]:
        return {name: each for name, each in vars(self).items() if name not in _NOT_COPIED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.file_writer = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(getattr(self, 'log_dir', None))!r}>"

    def _repr_html_(self) -> str:
        """For notebooks: the log dir, what was logged, the command that opens it."""
        from html import escape
        from shlex import quote

        log_dir = str(getattr(self, "log_dir", None))
        counts = self.stats()
        told = f"{counts.get('accepted', 0):,} events, {counts.get('bytes', 0):,} bytes"
        told += "".join(f", {counts[name]:,} {name}" for name in ("waiting", "dropped") if counts.get(name))
        return (
            f"<b>{escape(type(self).__name__)}</b> <code>{escape(log_dir)}</code>: {told}"
            f"<br><code>tensorboard --logdir {escape(quote(log_dir))}</code>"
        )

    # --- files --------------------------------------------------------------------------------------

    @property
    def file_writer(self) -> FileWriter | None:
        """The FileWriter of the run's own directory; None after close()."""
        return self._file_writer

    @file_writer.setter
    def file_writer(self, writer: FileWriter | None) -> None:
        self._file_writer = writer
        self._stream = None

    def _get_file_writer(self) -> FileWriter:
        """The FileWriter that all add_* write to; a new one, with a new file, after close().

        A subclass that overrides this is asked at each call.
        """
        with opening():
            writer = self._file_writer
            if self.all_writers is not None and writer is not None:
                return writer
            directory = check_log_dir(self.log_dir)
            self.file_writer = writer = self._file_writer_type(
                directory,
                self.max_queue,
                self.flush_secs,
                self.filename_suffix,
                purge_step=self._due_purge_step(),
                **self._file_options(),
            )
            self.all_writers = {directory: writer}
            self._set_purged()
            if self.flush_on_sigterm:
                from ringboard import sigterm

                sigterm.watch(self)
            return writer

    # A file that is opened after close() purges nothing.

    def _due_purge_step(self) -> int | None:
        return self.purge_step

    def _set_purged(self) -> None:
        self.purge_step = None  # as torch

    def _open_stream(self) -> Any:
        """A stream to write to, when `_stream` is none (any more): after close(), in a forked child, and at
        each call where hooks must see what is logged."""
        writer = self._get_file_writer()
        stream = writer._live_stream()
        if isinstance(stream, hooks.HookedStream):
            return stream
        if writer is self._file_writer and _is_own(self._get_file_writer):
            self._stream = stream
        return stream

    _live_stream = _native.live_stream


_native.use_hot_methods(SummaryWriter)
_OWN_GET_FILE_WRITER = SummaryWriter._get_file_writer


def _is_own(method: Callable[[], FileWriter]) -> bool:
    """Whether a bound _get_file_writer is SummaryWriter's own, neither overridden nor patched."""
    return getattr(method, "__func__", None) is _OWN_GET_FILE_WRITER


def _one_axis(tag: str, name: str, values: Any) -> Array:
    array = to_array(tag, name, values)
    if array.data.ndim != 1 or array.data.dtype.kind == "c":
        raise ValueError(f"{name} of {tag!r}: expected one axis of real numbers, got {describe(values)}")
    return array


def _as_steps(tag: str, steps: Any) -> np.ndarray:
    array = widened(_one_axis(tag, "steps", steps))
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
        if not np.isfinite(array).all() or (np.abs(array) >= 2.0**63).any():
            raise ValueError(f"steps of {tag!r}: NaN, infinite or outside int64; got {describe(steps)}")
    elif array.dtype == np.uint64 and array.size and int(array.max()) >= 2**63:
        raise ValueError(
            f"steps of {tag!r}: {int(array.max())} is outside int64, which is all an event can hold"
        )
    return np.ascontiguousarray(array.astype(np.int64))
