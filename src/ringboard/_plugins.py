"""SummaryWriter's methods for meshes, PR curves, custom scalar layouts and hyperparameters."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ringboard import proto, remote
from ringboard._base import WriterBase
from ringboard._native.wire import event_record
from ringboard._native.writer import EventStream
from ringboard.arrays import describe, to_scalar, to_step, to_tag
from ringboard.event_file import file_head, opening, sub_run_dir
from ringboard.file_writer import add_counts
from ringboard.summaries.hparams import (
    experiment,
    hparams_summaries,
    session_start,
    to_metric_tags,
    to_values,
)
from ringboard.summaries.layout import MARGIN, MULTILINE, layout_event
from ringboard.summaries.mesh import mesh_event
from ringboard.summaries.pr_curve import pr_curve_event, pr_curve_raw_event

# Sorts before every other event file of its directory; see _replace_session.
_SESSION_FILE = "events.out.tfevents.0000000000.hparams"


class PluginMethods(WriterBase):
    """A part of SummaryWriter: meshes, PR curves, custom scalar layouts and hyperparameters."""

    __slots__ = ()

    _session_file_of: str | None = None  # the event file that holds this run's hyperparameters

    # --- meshes -------------------------------------------------------------------------------------

    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: Mapping[str, Any] | None = None,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Logs a batch of triangle meshes or, without faces, point clouds; TensorBoard's Mesh tab shows it.

        Args:
            tag: the name of the mesh.
            vertices: (B, N, 3) coordinates.
            colors: (B, N, 3) red, green and blue of each vertex: integers from 0 to 255, or floating point
                from 0 to 1.
            faces: (B, F, 3) indices of each triangle's vertices.
            config_dict: three.js classes and their settings: {"camera": {"cls": "PerspectiveCamera", …}, …}.
            global_step, walltime: as in add_scalar.

        Raises:
            ValueError: the shapes are others or don't fit together, or a face has no such vertex.
            TypeError: a part holds no real numbers, or config_dict is nothing that JSON can hold.
        """
        tag = to_tag(tag)
        self._add_body(mesh_event(tag, vertices, colors, faces, config_dict), global_step, walltime, tag)

    # --- precision and recall -----------------------------------------------------------------------

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Logs a precision-recall curve; TensorBoard's PR Curves tab draws it.

        Args:
            tag: the name of the curve.
            labels: the truth for each element: booleans, 0 and 1, or in between.
            predictions: as many probabilities, from 0 to 1.
            global_step: as in add_scalar.
            num_thresholds: at how many thresholds to count, evenly spaced from 0 to 1; at most 127.
            weights: how much each element counts; one number, or as many as labels.
            walltime: as in add_scalar.

        Predictions that are NaN or outside [0, 1] are left out, with a warning.

        Raises:
            ValueError: the lengths differ, there is nothing, labels are outside [0, 1], a weight is not
                finite.
            TypeError: something holds no real numbers.
        """
        tag = to_tag(tag)
        body, left_out, size = pr_curve_event(tag, labels, predictions, num_thresholds, weights)
        self._add_body(body, global_step, walltime, tag)
        if left_out:
            warnings.warn(
                f"PR curve {tag!r}, step {global_step}: {left_out} of {size} predictions are NaN or outside "
                "[0, 1] and were left out; pass probabilities, not logits",
                RuntimeWarning,
                stacklevel=2,
            )

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Any,
        false_positive_counts: Any,
        true_negative_counts: Any,
        false_negative_counts: Any,
        precision: Any,
        recall: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Logs a precision-recall curve that was counted elsewhere.

        Args:
            tag: the name of the curve.
            true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts,
                precision, recall: (T,) each, for thresholds evenly spaced from 0 to 1.
            global_step: as in add_scalar.
            num_thresholds: stored with the curve, at most 127; TensorBoard goes by the T of the arrays.
            weights: accepted for compatibility; the counts have them already.
            walltime: as in add_scalar.

        Raises:
            ValueError: the lengths differ or are 0.
            TypeError: something holds no real numbers.
        """
        rows = {
            "true_positive_counts": true_positive_counts,
            "false_positive_counts": false_positive_counts,
            "true_negative_counts": true_negative_counts,
            "false_negative_counts": false_negative_counts,
            "precision": precision,
            "recall": recall,
        }
        tag = to_tag(tag)
        self._add_body(pr_curve_raw_event(tag, rows, num_thresholds), global_step, walltime, tag)

    # --- charts of several scalars --------------------------------------------------------------------

    def add_custom_scalars(self, layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        """Lays out TensorBoard's Custom Scalars tab: charts that show several scalars of a run.

        May be called at any time, before or after the scalars are logged; the last call counts.

        Args:
            layout: {category: {chart: [kind, tags]}}.  "Multiline" draws a line for each tag, which may be
                regular expressions; "Margin" draws one line with a band: tags are value, lower, upper.

        Raises:
            TypeError: it is built in another way.
            ValueError: a margin chart hasn't three tags.
        """
        self._add_layout(layout)

    def add_custom_scalars_multilinechart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Lays out one chart with a line for each tag; see add_custom_scalars, which lays out several.

        Args:
            tags: tags of scalars, or regular expressions.
            category: the heading above the chart.
            title: the chart's name.
        """
        self._add_layout({category: {title: [MULTILINE, tags]}})

    def add_custom_scalars_marginchart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Lays out one chart with a line and a band around it; see add_custom_scalars.

        Args:
            tags: three tags of scalars: value, lower bound, upper bound.
            category: the heading above the chart.
            title: the chart's name.

        Raises:
            ValueError: they are not three.
        """
        self._add_layout({category: {title: [MARGIN, tags]}})

    def _add_layout(self, layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        # Of its own, so that a subclass's add_custom_scalars may call the two methods for one chart.
        self._add_body(layout_event(layout), None, None)

    # --- hyperparameters ------------------------------------------------------------------------------

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
        run_name: str | os.PathLike[str] | None = None,
        global_step: Any = None,
        *,
        name: str | os.PathLike[str] | None = None,
    ) -> None:
        """Logs one trial of a sweep: a row in the table of TensorBoard's HParams tab.

        As torch does, into a run of its own, with the metrics as scalars there.  (For the hyperparameters
        of this run, use `set_hparams`.)

        Args:
            hparam_dict: name → number, boolean or str, or an array or tensor of one element.  Nested dicts
                are flattened, {"a": {"b": 1}} to "a/b"; None is left out; paths, Enums, lists, functions
                and all else that str() tells apart are stored as str.
            metric_dict: tag → result, as in add_scalar.
            hparam_domain_discrete: name → list of all values that the hyperparameter can have.
            run_name: the run's directory below log_dir, which no name leads out of; None is a new one, named
                by the time.  "." is this run itself.
            global_step: as in add_scalar.
            name: tensorboardX's name for run_name.

        Raises:
            TypeError: no dicts; a domain of other types than the hyperparameter.
            ValueError: a hyperparameter that a table can't show.
        """
        if run_name is not None and name is not None:
            raise TypeError(
                f"run_name={run_name!r} and name={name!r} are two names of one argument; pass one"
            )
        # All that can be wrong is found before anything is logged.
        run = _to_run_name(run_name if name is None else name)
        session = hparams_summaries(hparam_dict, metric_dict, hparam_domain_discrete)
        step = to_step("hparams", global_step)
        metrics = [(to_tag(tag), to_scalar(f"hparams metric {tag}", metric_dict[tag])) for tag in metric_dict]

        stream = self._live_stream()
        root = self._get_file_writer().get_logdir()
        with opening():
            directory = _new_run_dir(root) if run is None else _run_dir(root, run)
            own = directory == root
            writer = (
                None
                if own
                else self._file_writer_type(
                    directory, filename_suffix=self.filename_suffix, **self._file_options()
                )
            )
        try:
            into = stream if writer is None else writer._live_stream()
            _add_session(into, session, step)
            for tag, value in metrics:
                into.add_scalar(tag, value, step, None)
        finally:
            if writer is not None:
                writer.close()
                with opening():
                    self._past = add_counts(self._past, writer.stats())
        self._keep_session(directory, into.path, session, own)

    def set_hparams(self, hparam_dict: Mapping[str, Any], metrics: Iterable[str] = ()) -> None:
        """Sets the hyperparameters of this run: its row in the table of TensorBoard's HParams tab.

        May be called again: the last call counts.  A TensorBoard that is running has read the first one and
        keeps it until it is restarted.

        Args:
            hparam_dict: as in add_hparams.
            metrics: the tags of the scalars to show as columns.  None are needed: TensorBoard then shows
                all hyperparameters of all runs and all their scalars.  With any, it takes one run's columns
                for all.

        Raises:
            TypeError: no dict.
            ValueError: a hyperparameter that a table can't show.
        """
        if not isinstance(hparam_dict, Mapping):
            raise TypeError(f"hparams: expected hparam_dict as a dict, got {describe(hparam_dict)}")
        values = to_values(hparam_dict)
        tags = to_metric_tags(metrics)
        session = (*((experiment(values, tags),) if tags else ()), session_start(values))
        stream = self._live_stream()
        _add_session(stream, session, 0)
        self._keep_session(self._get_file_writer().get_logdir(), stream.path, session, True)

    def _keep_session(self, directory: str, path: str, session: Sequence[bytes], own: bool) -> None:
        """Sees to it that a TensorBoard that starts from now on shows this session of the run.

        Args:
            directory: of the run.
            path: the event file that holds the session.
            session: its summaries.
            own: whether the run is this writer's own.
        """
        again = own and self._session_file_of == path
        if own:
            self._session_file_of = path
        if remote.is_remote(directory):  # whose files can't be listed
            return
        if again or _has_other_event_files(directory, path):
            _replace_session(directory, session)


def _add_session(stream: EventStream, session: Sequence[bytes], step: int) -> None:
    for summary in session:
        stream.add_event(proto.message(5, summary), step, None)


# --- runs ---------------------------------------------------------------------------------------------


def _to_run_name(name: Any) -> str | None:
    """As str, or None for a new one: torch takes all that is false for that."""
    if not name:
        return None
    try:
        return os.fsdecode(name)
    except TypeError:
        raise TypeError(f"hparams: expected run_name as a str, got {describe(name)}") from None


def _run_dir(root: str, name: str) -> str:
    """The directory of a run: `root` itself, or one below it.

    Programs pass the log dir's own absolute path so that torch, which joins paths, lands in it.
    """
    if os.path.isabs(name):
        relative = os.path.relpath(os.path.realpath(name), os.path.realpath(root))
        if relative.split(os.sep)[0] != os.pardir:
            name = relative
    directory = sub_run_dir(root, name)
    return root if os.path.abspath(directory) == os.path.abspath(root) else directory


def _new_run_dir(root: str) -> str:
    """A new directory named by the time, as torch names it; also when processes ask at once."""
    while True:
        directory = sub_run_dir(root, str(time.time()))
        if remote.is_remote(directory):
            return directory
        try:
            os.makedirs(directory)
        except FileExistsError:
            continue
        return directory


# --- one session a run --------------------------------------------------------------------------------


def _has_other_event_files(directory: str, path: str) -> bool:
    own = os.path.basename(path)
    return any("tfevents" in name and name != own for name in os.listdir(directory))


def _replace_session(directory: str, session: Sequence[bytes]) -> None:
    """Puts the session into a file that TensorBoard reads first.

    Of several sessions of a run TensorBoard keeps the one that it reads first, and it reads a directory's
    files in order of their names.  So a run's second session, and that of a run that is taken up again,
    would never be seen: the event file of the first stands before it.
    """
    now = time.time()
    records = [file_head(), *(event_record(now, 0, proto.message(5, summary)) for summary in session)]
    # Replaced as a whole, from a name that TensorBoard does not read.
    draft = os.path.join(directory, f".hparams.{os.getpid()}.{threading.get_ident()}")
    with open(draft, "wb") as file:
        file.write(b"".join(records))
    os.replace(draft, os.path.join(directory, _SESSION_FILE))
