"""A log that was read: runs, their tags, and the columns of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard.reading import rules as _rules
from ringboard.reading import tables
from ringboard.reading.files import EventFile, opened
from ringboard.reading.load import Chunk, FileInfo, Part, Problem, Selection
from ringboard.reading.messages import Message
from ringboard.reading.values import decode, kind_of

_HEADER_BYTES = 12  # of a record


class Series(Sequence[Any]):
    """One tag of a run: a point for each event, in the order of the run's files.

    Attributes:
        run, tag: what it is of.
        kind: "scalar", "histogram", "image", "audio", "text", "tensor", "hparams", "pr_curve", "mesh",
            "layout", "graph", "meta_graph", "run_metadata" or "other".
        plugin: the TensorBoard plugin that the tag's first metadata names, or "".
        metadata: the serialized SummaryMetadata that came with the first value, or b"".
        steps: (n,) int64.
        wall_times: (n,) float64, seconds since 1970.

    `len(series)` is n.  `series[i]` is a value: of scalars a float, of all other kinds an object that is
    decoded from the file at that moment (Histogram, Image, Audio, str, numpy array, HParams, PrCurve, Mesh,
    dict, bytes; see ringboard.reading), so a file that has been deleted or changed since can't give it.
    """

    def __init__(self, run: str, tag: str, kind: str, form: str, plugin: str, metadata: bytes) -> None:
        self.run = run
        self.tag = tag
        self.kind = kind
        self.plugin = plugin
        self.metadata = metadata
        self.steps: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self.wall_times: npt.NDArray[np.float64] = np.empty(0, np.float64)
        self._form = form
        self._values: npt.NDArray[Any] = np.empty(0, np.float32)
        self._files: npt.NDArray[np.intp] = np.empty(0, np.intp)
        self._sources: list[EventFile] = []

    @property
    def values(self) -> npt.NDArray[Any]:
        """Of scalars: (n,) float32, or float64 when some value was stored with more than a float holds.

        Raises:
            AttributeError: they are no scalars; index or iterate the series instead.
        """
        if self.kind != "scalar":
            raise AttributeError(
                f"{self.tag!r} holds values of kind {self.kind!r}, which are decoded one by one: use "
                "series[i], or iterate over the series"
            )
        return self._values

    @property
    def display_name(self) -> str:
        """What TensorBoard shows instead of the tag, or ""."""
        return Message(self.metadata).text(2)

    @property
    def description(self) -> str:
        """Markdown that TensorBoard shows beside the tag, or ""."""
        return Message(self.metadata).text(3)

    def __len__(self) -> int:
        return self.steps.size

    def __repr__(self) -> str:
        return f"<Series {self.tag!r} of run {self.run!r}: {len(self)} of kind {self.kind}>"

    def __getitem__(self, index: Any) -> Any:
        """A value; of a slice, a list of them.

        Raises:
            IndexError: there is no such point.
            OSError: its file can't be read any more.
            ValueError: its bytes are not what they should be; says in which file, and where.
        """
        if isinstance(index, slice):
            return list(self._decoded(range(len(self))[index]))
        return next(self._decoded([range(len(self))[index]]))

    def __iter__(self) -> Iterator[Any]:
        return self._decoded(range(len(self)))

    def _decoded(self, rows: Sequence[int]) -> Iterator[Any]:
        if self.kind == "scalar":
            yield from self._values[np.asarray(rows, np.intp)].tolist()
            return
        at = 0
        while at < len(rows):
            number = self._files[rows[at]]
            file = self._sources[number]
            with opened(file) as source:
                while at < len(rows) and self._files[rows[at]] == number:
                    yield self._decode(file, source, rows[at])
                    at += 1

    def _decode(self, file: EventFile, source: Any, row: int) -> Any:
        body = self._values[row]
        record, length = int(body["record"]), int(body["length"])
        data = source.read_at(record + _HEADER_BYTES + int(body["offset"]), length)
        where = (
            f"{file.path}: {self.kind} {self.tag!r} at step {self.steps[row]}, in the record at byte {record}"
        )
        if len(data) != length:
            raise OSError(f"{where}: the file ended before it; it has been changed since it was read")
        try:
            return decode(self.kind, self._form, data, self.metadata)
        except (ValueError, IndexError, OverflowError) as error:
            raise ValueError(f"{where} can't be decoded: {error}") from error

    def to_pandas(self) -> Any:
        """A DataFrame with the columns step, wall_time and value: of scalars float64, else objects (decoded).

        Raises:
            ImportError: pandas is not installed.
        """
        return tables.series_to_pandas(self)

    def to_polars(self) -> Any:
        """The same as a polars DataFrame.

        Raises:
            ImportError: polars is not installed.
        """
        return tables.series_to_polars(self)

    def to_arrow(self) -> Any:
        """Of scalars: the same as a pyarrow Table.

        Raises:
            ImportError: pyarrow is not installed (`pip install ringboard[table]`).
            TypeError: they are no scalars.
        """
        return tables.series_to_arrow(self)


class Run(Mapping[str, Series]):
    """A run: {tag: Series}, in the order of the tags' first values.

    Attributes:
        name: the run's directory relative to the log dir, "." for the log dir itself.
    """

    def __init__(self, name: str, series: dict[str, Series]) -> None:
        self.name = name
        self._series = series

    def __getitem__(self, tag: str) -> Series:
        try:
            return self._series[tag]
        except KeyError:
            raise KeyError(f"run {self.name!r} has no tag {tag!r}; it has {_some(self._series)}") from None

    def __contains__(self, tag: object) -> bool:
        return tag in self._series

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)

    def __repr__(self) -> str:
        return f"<Run {self.name!r}: {_some(self._series)}>"

    def of_kind(self, kind: str) -> dict[str, Series]:
        """The tags of one kind."""
        return {tag: series for tag, series in self._series.items() if series.kind == kind}

    @property
    def hparams(self) -> dict[str, Any]:
        """The run's hyperparameters, {} without any; of several sessions the first, as TensorBoard has it."""
        for series in self.of_kind("hparams").values():
            for value in series:
                if value.part == "session_start":
                    return dict(value.hparams)
        return {}


class Log(Mapping[str, Run]):
    """What was read: {run: Run}, by the runs' names.

    Attributes:
        problems: what could not be read, with its place; empty when all was.
        files: the files, with their sizes and how many records each has.
    """

    def __init__(self, runs: dict[str, Run], problems: list[Problem], files: list[FileInfo]) -> None:
        self._runs = runs
        self.problems = problems
        self.files = files

    def __getitem__(self, run: str) -> Run:
        try:
            return self._runs[run]
        except KeyError:
            raise KeyError(f"there is no run {run!r}; there are {_some(self._runs)}") from None

    def __contains__(self, run: object) -> bool:
        return run in self._runs

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    def __repr__(self) -> str:
        points = sum(len(series) for run in self._runs.values() for series in run.values())
        problems = f", {len(self.problems)} problems" if self.problems else ""
        return f"<Log of {len(self._runs)} runs, {len(self.files)} files, {points} points{problems}>"

    def to_pandas(self) -> Any:
        """All scalars as one DataFrame: run, tag (categories), step (int64), wall_time (float64, seconds
        since 1970), value (float64); series after series.

        Raises:
            ImportError: pandas is not installed.
        """
        return tables.log_to_pandas(self)

    def to_polars(self) -> Any:
        """The same as a polars DataFrame; run and tag are of type Categorical.

        Raises:
            ImportError: polars is not installed.
        """
        return tables.log_to_polars(self)

    def to_arrow(self) -> Any:
        """The same as a pyarrow Table; run and tag are dictionary-encoded.

        Raises:
            ImportError: pyarrow is not installed (`pip install ringboard[table]`).
        """
        return tables.log_to_arrow(self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The same table for whatever takes Arrow's PyCapsules: pyarrow.table(log), DuckDB,
        DataFusion, …"""
        return self.to_arrow().__arrow_c_stream__(requested_schema)


def _some(names: Mapping[str, Any]) -> str:
    if not names:
        return "none"
    shown = ", ".join(map(repr, list(names)[:10]))
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"


# --- putting a log together ---------------------------------------------------------------------------


@dataclass
class _Tag:
    """What is known of a tag of a run so far."""

    kind: str
    form: str
    plugin: str
    metadata: bytes
    chunks: list[tuple[int, Chunk]] = field(default_factory=list)  # with the file's number


@dataclass
class RunState:
    """What earlier files of a run, or earlier looks at them, said of its tags."""

    kinds: dict[str, _Tag] = field(default_factory=dict)


def make_log(
    parts: Sequence[Part],
    selection: Selection,
    rules: str | None,
    states: dict[str, RunState] | None = None,
) -> Log:
    """The parts of all files, a run's in order.

    Args:
        states: what is known of the runs' tags; kept up to date.
    """
    by_run: dict[str, list[Part]] = {}
    for part in parts:
        by_run.setdefault(part.file.run, []).append(part)
    states = {} if states is None else states
    problems = [problem for part in parts for problem in part.problems]
    runs = {}
    for name in sorted(by_run):
        state = states.setdefault(name, RunState())
        series = _series_of_run(name, by_run[name], state, selection, rules, problems)
        if series:
            runs[name] = Run(name, series)
    return Log(runs, problems, [part.info for part in parts])


def _series_of_run(
    run: str,
    parts: Sequence[Part],
    state: RunState,
    selection: Selection,
    rules: str | None,
    problems: list[Problem],
) -> dict[str, Series]:
    tags = state.kinds
    for number, part in enumerate(parts):
        for chunk in part.chunks:
            _sort_in(tags, number, part, chunk, problems)
    files = [part.file for part in parts]
    series = {name: _make_series(run, name, tag, files) for name, tag in tags.items() if tag.chunks}
    if rules is not None:
        _apply(rules, [(series[name], tags[name]) for name in series], parts)
    for tag in tags.values():
        tag.chunks = []
    if rules is not None:
        for each in series.values():
            _keep(each, _since(each, selection))
    return {name: each for name, each in series.items() if len(each) and _is_wanted(name, each, selection)}


def _is_wanted(name: str, series: Series, selection: Selection) -> bool:
    if not selection.wants(series.kind):
        return False
    patterns = selection.patterns
    return patterns is None or any(name == each or fnmatchcase(name, each) for each in patterns)


def _sort_in(tags: dict[str, _Tag], number: int, part: Part, chunk: Chunk, problems: list[Problem]) -> None:
    known = tags.get(chunk.tag)
    if known is None:
        kind = kind_of(chunk.plugin, chunk.form, chunk.is_numbers)
        known = tags[chunk.tag] = _Tag(kind, chunk.form, chunk.plugin, chunk.metadata or b"")
    elif not known.metadata and chunk.metadata:
        known.metadata, known.plugin = chunk.metadata, chunk.plugin
    if not chunk.steps.size:
        return
    if chunk.is_numbers != (known.kind == "scalar"):
        record = int(chunk.values["record"][0]) if not chunk.is_numbers else 0
        detail = (
            f"run {part.file.run!r}: tag {chunk.tag!r} is of kind {known.kind!r} by its first value; "
            f"{chunk.steps.size} values of another kind are left out, the first at step {chunk.steps[0]}"
        )
        problems.append(Problem(part.file.path, record, 0, "mixed_kinds", detail))
        return
    known.chunks.append((number, chunk))


def _make_series(run: str, name: str, tag: _Tag, files: list[EventFile]) -> Series:
    series = Series(run, name, tag.kind, tag.form, tag.plugin, tag.metadata)
    chunks = [chunk for _, chunk in tag.chunks]
    series.steps = _joined([chunk.steps for chunk in chunks])
    series.wall_times = _joined([chunk.wall_times for chunk in chunks])
    series._values = _joined([chunk.values for chunk in chunks])
    if tag.kind != "scalar":
        numbers = [number for number, _ in tag.chunks]
        series._files = np.repeat(np.array(numbers, np.intp), [chunk.steps.size for chunk in chunks])
        series._sources = files
    return series


def _joined(arrays: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _apply(rules: str, series: list[tuple[Series, _Tag]], parts: Sequence[Part]) -> None:
    if rules == "rustboard":
        for each, _tag in series:
            _keep(each, _rules.rustboard(each.steps))
        return
    starts = np.cumsum([0, *(part.info.bytes + 1 for part in parts)]).astype(np.uint64)
    rows = []
    for each, tag in series:
        offsets = [
            starts[number] + (chunk.records if chunk.is_numbers else chunk.values["record"])
            for number, chunk in tag.chunks
        ]
        rows.append(_rules.Rows(each.steps, _joined(offsets)))
    markers = [
        (int(starts[number]) + marker.record, marker)
        for number, part in enumerate(parts)
        for marker in part.markers
    ]
    for (each, _tag), keep in zip(series, _rules.tensorboard(rows, markers), strict=True):
        _keep(each, keep)


def _since(series: Series, selection: Selection) -> Any:
    keep = np.ones(len(series), bool)
    if selection.since_step is not None:
        keep &= series.steps >= selection.since_step
    if selection.since_wall_time is not None:
        keep &= ~(series.wall_times < selection.since_wall_time)
    return keep


def _keep(series: Series, keep: Any) -> None:
    if keep.all():
        return
    series.steps = series.steps[keep]
    series.wall_times = series.wall_times[keep]
    series._values = series._values[keep]
    if series._files.size:
        series._files = series._files[keep]
