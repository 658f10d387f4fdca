"""tensorboardX.writer: SummaryWriter with tensorboardX's arguments, and torch's where they don't clash."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ringboard import proto, writer
from ringboard._native import writer as _native
from ringboard.arrays import describe, to_array, to_scalar, to_step, to_stored_tag, to_walltime, widened
from ringboard.dialect_summary import scalar as scalar_summary
from ringboard.event_file import check_suffix, default_log_dir, opening, sub_run_dir
from ringboard.file_writer import FileWriter as CoreFileWriter
from ringboard.projector import write_embedding
from ringboard.summaries.hparams import hparams_summaries
from ringboard.tensorboardX.comet_utils import CometLogger
from ringboard.tensorboardX.event_file_writer import EventFileWriter
from ringboard.tensorboardX.file_writer import DummyFileWriter, FileWriter
from ringboard.tensorboardX.summary import clean_tag

__all__ = ["DummyFileWriter", "EventFileWriter", "FileWriter", "SummaryWriter"]

_NO_COMET = {"disabled": True}
_FILE_OPTIONS = ("fsync_secs", "max_file_bytes", "max_file_secs", "archive_on_close")
OWN_ARGUMENTS = (*_FILE_OPTIONS, "flush_on_sigterm")  # which tensorboardX has not


class SummaryWriter(writer.SummaryWriter):
    """Writes scalars, histograms, images, text and more to event files that TensorBoard reads.

    A drop-in for `tensorboardX.SummaryWriter`.  A call costs about what a Python call costs: events go
    through a lock-free ring to one native writer thread, which has them in the file within milliseconds.

    Args:
        logdir: the run's directory.  Default: runs/<date>_<time>_<host><comment>.
        comment: appended to the default directory's name; ignored when logdir is given.
        purge_step: for a run that was interrupted and goes on from here: TensorBoard hides what earlier
            files of the directory hold from this step on.
        max_queue: accepted for compatibility; events are never held back for longer than milliseconds.
        flush_secs: likewise; in seconds, how far a remote log dir may stay behind.
        filename_suffix: appended to the event file's name.
        write_to_disk: False checks what is logged, and forgets it.
        log_dir: another name of logdir.
        comet_config: accepted; nothing is sent to Comet, of which a warning tells if it is not disabled.
        fsync_secs: how old, in seconds, an event may grow before it is on the disk itself and survives a
            power failure; None leaves that to flush(fsync=True) and to the operating system.
        max_file_bytes, max_file_secs, flush_on_sigterm, archive_on_close: as in ringboard.SummaryWriter.

    Raises:
        OSError: the directory or the file cannot be created.
        TypeError: an argument that there is not.
    """

    # For objects that were made without __init__.
    _write_to_disk: bool = True
    _purged: bool = False
    _comet_logger: CometLogger | None = None

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
        comet_config: Mapping[str, Any] = _NO_COMET,
        **kwargs: Any,
    ) -> None:
        self._set_file_options(**{name: kwargs.pop(name) for name in _FILE_OPTIONS if name in kwargs})
        self.flush_on_sigterm = bool(kwargs.pop("flush_on_sigterm", False))
        if kwargs:
            raise TypeError(f"SummaryWriter: there is no argument {min(kwargs)!r}")
        self.log_dir = logdir or log_dir or default_log_dir(comment)
        self.purge_step = purge_step
        self.max_queue = self._max_queue = max_queue
        self.flush_secs = self._flush_secs = flush_secs
        self.filename_suffix = self._filename_suffix = check_suffix(filename_suffix)
        self._write_to_disk = bool(write_to_disk)
        self._comet_config = comet_config
        self.kwargs = kwargs
        self._comet_logger = CometLogger(comet_config)
        # {directory: [[wall time, step, value], …]} of what add_scalars logged, until it is exported.
        self.scalar_dict: dict[str, list[list[Any]]] = {}
        self._get_file_writer()

    # --- scalars --------------------------------------------------------------------------------------

    add_scalar = _native.add_named_scalar  # type: ignore[assignment]

    def _add_described_scalar(
        self,
        tag: str,
        value: Any,
        step: Any,
        walltime: float | None,
        display_name: str,
        summary_description: str,
        new_style: bool,
        double_precision: bool,
    ) -> None:
        """add_scalar with a display name or a description, which the compiled function leaves to this."""
        summary = scalar_summary(
            clean_tag(tag),
            value,
            new_style=new_style,
            double_precision=double_precision,
            display_name=display_name or "",
            summary_description=summary_description or "",
        )
        self._add_body(proto.message(5, summary.SerializeToString()), step, walltime, tag)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
        layout: str = "runs",
    ) -> None:
        """Logs several scalars that belong together.

        Each goes into a run of its own, <logdir>/<main_tag>/<key>, under the tag main_tag, as tensorboardX
        does: TensorBoard draws them into one chart.  All are remembered for export_scalars_to_json.  With
        layout="tags" they go into this run, under <main_tag>/<key>, and are not remembered.

        Args:
            main_tag: the chart's name.  Its slashes nest directories, as those of a key do; nothing leads out
                of logdir.
            tag_scalar_dict: key → value, as in add_scalar.
            global_step: as in add_scalar.
            walltime: as in add_scalar; all values get the same.
            layout: "runs" or "tags".

        Raises:
            TypeError, ValueError: as in add_scalar, or another layout; nothing is logged then.
        """
        main_tag = to_stored_tag(main_tag)
        if not isinstance(tag_scalar_dict, Mapping):
            raise TypeError(
                f"scalars {main_tag!r}: expected a dict of key → value, got {describe(tag_scalar_dict)}"
            )
        defaults = getattr(self._get_file_writer(), "_default_metadata", {})
        step = defaults.get("global_step") if global_step is None else global_step
        walltime = defaults.get("walltime") if walltime is None else walltime
        if layout != "runs":
            super().add_scalars(main_tag, tag_scalar_dict, step, walltime, layout)
            return
        # All that can be wrong is found before anything is logged.
        at = to_step(main_tag, step)
        now = _native.wall_time() if walltime is None else to_walltime(main_tag, walltime)
        scalars = [
            (to_stored_tag(key), to_scalar(f"{main_tag}/{key}", each))
            for key, each in tag_scalar_dict.items()
        ]
        for key, value in scalars:
            run, file_writer = self._scalars_writer(main_tag, key)
            file_writer._live_stream().add_scalar(main_tag, value, at, now)
            self.scalar_dict.setdefault(run, []).append([now, None if step is None else at, value])

    def _scalars_writer(self, main_tag: str, key: str) -> tuple[str, CoreFileWriter]:
        """The run of one key, and its writer."""
        writers = self.all_writers if self.all_writers is not None else {}  # {}: another thread closes
        root = self._get_file_writer().get_logdir()
        run = f"{root}/{main_tag}/{key}"  # tensorboardX's name of it in all_writers
        found = writers.get(run)
        if found is None:
            with opening():
                directory = sub_run_dir(root, f"{main_tag}/{key}") if self._write_to_disk else run
                made = self._file_writer_type(
                    directory,
                    self.max_queue,
                    self.flush_secs,
                    self.filename_suffix,
                    **self._file_options(),
                )
                found = writers.setdefault(run, made)
        return run, found

    def export_scalars_to_json(self, path: str | os.PathLike[str]) -> None:
        """Writes what add_scalars logged since the last export to a JSON file.

        Args:
            path: the file; it will hold {directory: [[wall time, step, value], …]}.
        """
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.scalar_dict, file)
        self.scalar_dict = {}

    # --- tags -----------------------------------------------------------------------------------------

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        super().add_histogram(clean_tag(tag), values, global_step, bins, walltime, max_bins)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        super().add_image(clean_tag(tag), img_tensor, global_step, walltime, dataformats)

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
            img_tensor: (N, 3, H, W) by default, or as dataformats says; or a list of pictures of one size.
                Values as in add_image.
            global_step, walltime: as in add_scalar.
            dataformats: the order of the axes: "NCHW", "NHWC", …; of a list's pictures: "CHW" or "HWC".
        """
        tag = clean_tag(tag)
        if isinstance(img_tensor, (list, tuple)) and img_tensor:
            img_tensor, dataformats = _stacked(tag, img_tensor, dataformats)
        super().add_images(tag, img_tensor, global_step, walltime, dataformats)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: float = 4,
        walltime: float | None = None,
        dataformats: str = "NTCHW",
        format: str = "gif",
    ) -> None:
        super().add_video(clean_tag(tag), vid_tensor, global_step, fps, walltime, dataformats, format)

    for _method in (add_histogram, add_image, add_video):
        _method.__doc__ = getattr(writer.SummaryWriter, _method.__name__).__doc__
    del _method

    # --- other orders of the arguments ------------------------------------------------------------------

    def add_image_with_boxes(  # type: ignore[override]
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
        labels: Iterable[Any] | str | None = None,
        *,
        rescale: float = 1,
    ) -> None:
        """Logs a picture with boxes drawn on it; TensorBoard's Images tab shows it.  Needs Pillow.

        Args:
            tag: the name of the picture.
            img_tensor: (3, H, W) by default, or as dataformats says; as in add_image.  Drawn on in 8 bits.
            box_tensor: (N, 4): x1, y1, x2, y2 of each box, in pixels of the image.
            global_step, walltime: as in add_scalar.
            dataformats: as in add_image.
            labels: what the boxes are called.
            rescale: by what factor the picture is scaled once it is drawn.
        """
        super().add_image_with_boxes(
            tag, img_tensor, box_tensor, global_step, walltime, rescale, dataformats, labels
        )

    def add_onnx_graph(self, onnx_model_file: str | os.PathLike[str]) -> None:
        """Logs the graph of an .onnx file; TensorBoard's Graphs tab draws it.  Needs no onnx installed.

        Args:
            onnx_model_file: path of the file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is not an ONNX model.
        """
        super().add_onnx_graph(onnx_model_file)

    def add_hparams(  # type: ignore[override]
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        name: str | os.PathLike[str] | None = None,
        global_step: Any = None,
        *,
        hparam_domain_discrete: Mapping[str, Any] | None = None,
        run_name: str | os.PathLike[str] | None = None,
    ) -> None:
        """Logs one trial of a sweep: a row in the table of TensorBoard's HParams tab.

        Into a run of its own, with the metrics as scalars there.

        Args:
            hparam_dict: name → number, boolean or str, or an array or tensor of one element; see
                ringboard.SummaryWriter.add_hparams.
            metric_dict: tag → result, as in add_scalar.
            name: the run's directory below logdir, which no name leads out of; None is a new one, named by
                the time.
            global_step: as in add_scalar.
            hparam_domain_discrete: name → list of all values that the hyperparameter can have.
            run_name: torch's name for `name`.

        Raises:
            TypeError: no dicts; a domain of other types than the hyperparameter.
            ValueError: a hyperparameter that a table can't show.
        """
        if not self._write_to_disk:
            for tag, value in metric_dict.items() if isinstance(metric_dict, Mapping) else ():
                to_scalar(f"hparams metric {tag}", value)
            hparams_summaries(hparam_dict, metric_dict, hparam_domain_discrete)
            return
        if isinstance(metric_dict, Mapping):
            metric_dict = {clean_tag(tag): value for tag, value in metric_dict.items()}
        super().add_hparams(
            hparam_dict, metric_dict, hparam_domain_discrete, run_name, global_step, name=name
        )

    def add_embedding(
        self,
        mat: Any,
        metadata: Any = None,
        label_img: Any = None,
        global_step: Any = None,
        tag: str = "default",
        metadata_header: Any = None,
    ) -> None:
        if self._write_to_disk:
            super().add_embedding(mat, metadata, label_img, global_step, tag, metadata_header)
            return
        with tempfile.TemporaryDirectory(prefix="ringboard-") as nowhere:  # for its checks
            write_embedding(nowhere, tag, mat, metadata, label_img, global_step, metadata_header)

    add_embedding.__doc__ = writer.SummaryWriter.add_embedding.__doc__

    # --- life -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def use_metadata(
        self, *, global_step: Any = None, walltime: float | None = None
    ) -> Iterator[SummaryWriter]:
        """Within the context, add_* calls without a step or a wall time get these.

        Args:
            global_step: the step.
            walltime: seconds since the epoch.

        Raises:
            MetadataError (a ValueError): neither is given, or another such context is open.
        """
        file_writer = self._get_file_writer()
        assert isinstance(file_writer, FileWriter)
        with file_writer.use_metadata(global_step=global_step, walltime=walltime):
            yield self

    @property
    def _file_writer_type(self) -> type[FileWriter]:  # type: ignore[override]
        return FileWriter if self._write_to_disk else DummyFileWriter

    # The attribute purge_step keeps its value, as tensorboardX's does, but only the first file purges.

    def _due_purge_step(self) -> int | None:
        return None if self._purged else self.purge_step

    def _set_purged(self) -> None:
        self._purged = True


_native.use_hot_add_named_scalar(SummaryWriter)


def _stacked(tag: str, pictures: Iterable[Any], dataformats: str) -> tuple[np.ndarray, str]:
    """A list of pictures as one array, and the order of its axes."""
    arrays = [widened(to_array(tag, "image", picture)) for picture in pictures]
    if len({array.shape for array in arrays}) != 1:
        shapes = ", ".join(str(array.shape) for array in arrays[:8])
        raise ValueError(f"image {tag!r}: the pictures of a grid must be of one shape, got {shapes}")
    return np.stack(arrays), "N" + str(dataformats).upper().replace("N", "")
