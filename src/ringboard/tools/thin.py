"""A smaller copy of a log: curves of fewer points, no pictures."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ringboard import proto
from ringboard._native.wire import event_record
from ringboard.reading.files import EventFile, PathLike, find_files, opened
from ringboard.reading.load import Part, Problem, Selection, read_file
from ringboard.reading.messages import to_text
from ringboard.reading.values import KINDS, kind_of
from ringboard.tools.check import RECORD_HEADER_BYTES, Progress
from ringboard.tools.merge import default_mode, new_log_dir
from ringboard.tools.records import by_run, copy_range, head_if_needed, write_whole

MEDIA = ("image", "audio", "mesh")
# Of these every event counts.
_WHOLE = ("text", "hparams", "layout", "graph", "meta_graph", "run_metadata", "other")
_EVERYTHING = Selection(None, None, None, None)
_RECORD_OVERHEAD_BYTES = 16
_SUMMARY, _VALUE, _TAG = 5, 1, 1

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class ThinnedRun:
    """A run of the smaller log.

    Attributes:
        run: its name.
        files: its event files.
        points_before, points_after: how many values there were, of all kinds, and are.
        bytes_before, bytes_after: the files' sizes.
        problems: what could not be read, and is not in it.
    """

    run: str
    files: list[str]
    points_before: int
    points_after: int
    bytes_before: int
    bytes_after: int
    problems: list[Problem]


def thin(
    path: PathLike | Iterable[PathLike],
    into: PathLike,
    *,
    points: int = 1000,
    drop: Iterable[str] = MEDIA,
    progress: Progress | None = None,
) -> list[ThinnedRun]:
    """Writes the log again with at most `points` values a tag.

    A curve keeps its shape: of each stretch of it the lowest and the highest point stay, and its first and
    last one.  Histograms, PR curves and tensors are kept at even distances; text, hyperparameters, graphs and
    layouts all.  Values that stay are the same to the bit.  The originals stay as they are.

    Args:
        path: a log dir, an event file or an archive, or a list of such.
        into: the new log dir; it must be empty, or not exist.  A file is there only when it is complete.
        points: for a tag of a run, from 4.
        drop: kinds of which nothing is kept.
        progress: called with each original's path when it is done.

    Raises:
        FileNotFoundError: a path does not exist.
        FileExistsError: there is something in `into`.
        ValueError: there is no such kind, or too few points.
    """
    dropped = frozenset([drop] if isinstance(drop, str) else drop)
    if unknown := dropped - set(KINDS):
        raise ValueError(f"drop: there is no kind {min(unknown)!r}; expected some of {', '.join(KINDS)}")
    if points < 4:
        raise ValueError(f"points={points!r}: expected a number from 4")
    found = find_files(path)
    target = new_log_dir(into)
    return [_thin_run(target, run, files, points, dropped, progress) for run, files in by_run(found)]


def _thin_run(
    target: str,
    run: str,
    files: Sequence[EventFile],
    points: int,
    dropped: frozenset[str],
    progress: Progress | None,
) -> ThinnedRun:
    parts = [read_file(file, _EVERYTHING, for_rules=True) for file in files]
    kept = _choose(parts, points, dropped)
    os.makedirs(os.path.join(target, run), exist_ok=True)
    written = []
    for part, chosen in zip(parts, kept, strict=True):
        place = os.path.normpath(os.path.join(target, run, part.file.name))
        status = os.stat(part.file.path)

        def write(to: BinaryIO, part: Part = part, chosen: dict[str, Any] = chosen) -> None:
            to.write(head_if_needed(part))
            _copy_chosen(part, chosen, to)

        written.append(write_whole(place, (status.st_atime_ns, status.st_mtime_ns), default_mode(), write))
        if progress is not None:
            progress(part.file.path)
    return ThinnedRun(
        run,
        [os.path.normpath(os.path.join(target, run, part.file.name)) for part in parts],
        sum(chunk.steps.size for part in parts for chunk in part.chunks),
        sum(rows.size for chosen in kept for rows in chosen.values()),
        sum(part.info.bytes for part in parts),
        sum(part.info.bytes for part in written),
        [problem for part in parts for problem in part.problems],
    )


# --- which ------------------------------------------------------------------------------------------------


def _choose(parts: Sequence[Part], points: int, dropped: frozenset[str]) -> list[dict[str, Any]]:
    """For each file {tag: the records of which its value stays}."""
    series: dict[tuple[str, bool], list[tuple[int, Any]]] = {}
    for number, part in enumerate(parts):
        for chunk in part.chunks:
            series.setdefault((chunk.tag, chunk.is_numbers), []).append((number, chunk))
    kept: list[dict[str, Any]] = [{} for _ in parts]
    for (tag, is_numbers), chunks in series.items():
        first = chunks[0][1]
        kind = kind_of(first.plugin, first.form, is_numbers)
        sizes = [chunk.steps.size for _, chunk in chunks]
        if kind in dropped:
            rows = np.empty(0, np.intp)
        elif kind in _WHOLE:
            rows = np.arange(sum(sizes))
        elif is_numbers:
            rows = envelope(np.concatenate([chunk.values for _, chunk in chunks]), points)
        else:
            rows = evenly(sum(sizes), points)
        starts = np.cumsum([0, *sizes])
        for (number, chunk), start, size in zip(chunks, starts, sizes, strict=False):
            own = rows[(rows >= start) & (rows < start + size)] - start
            offsets = chunk.records if is_numbers else chunk.values["record"]
            before = kept[number].get(tag, np.empty(0, np.uint64))
            kept[number][tag] = np.concatenate([before, offsets[own]])
    return kept


def envelope(values: npt.NDArray[Any], points: int) -> Rows:
    """Which rows of a curve stay, so that it looks the same: at most `points`, ascending.

    The curve is cut into stretches of the same number of rows; of each its least and greatest value stays,
    and of one that is all NaN its first row.
    """
    if values.size <= points:
        return np.arange(values.size)
    inner = values[1:-1]
    stretches = (points - 2) // 2
    length = math.ceil(inner.size / stretches)
    padded = np.full(length * stretches, np.nan)
    padded[: inner.size] = inner
    table = padded.reshape(stretches, length)
    # NaN neither least nor greatest, and the padding never chosen before a row.
    least = np.where(np.isnan(table), np.inf, table).argmin(axis=1)
    greatest = np.where(np.isnan(table), -np.inf, table).argmax(axis=1)
    starts = np.arange(stretches) * length + 1
    rows = np.concatenate([[0], starts + least, starts + greatest, [values.size - 1]])
    return np.unique(rows[rows < values.size])


def evenly(size: int, points: int) -> Rows:
    """At most `points` of `size` rows at even distances, the first and the last among them."""
    if size <= points:
        return np.arange(size)
    return np.unique(np.linspace(0, size - 1, points).round().astype(np.intp))


# --- the copy ---------------------------------------------------------------------------------------------


def _copy_chosen(part: Part, chosen: dict[str, Any], to: BinaryIO) -> None:
    """The records of which something stays; those of which all stays as they are."""
    everything = [chunk.records if chunk.is_numbers else chunk.values["record"] for chunk in part.chunks]
    whole = _counts(everything)
    stays = _counts(chosen.values())
    untouched = {marker.record: 0 for marker in part.markers} | {
        record: count for record, count in stays.items() if count == whole[record]
    }
    by_record: dict[int, set[str]] = {}
    for tag, offsets in chosen.items():
        for record in offsets.tolist():
            if record not in untouched:
                by_record.setdefault(record, set()).add(tag)
    stay = sorted({*untouched, *by_record})
    if not stay:  # it may be a file that can't be opened
        return
    with opened(part.file) as source:
        for record in stay:
            length = int.from_bytes(source.read_at(record, 8), "little")
            if record in untouched:
                copy_range(source, record, record + length + _RECORD_OVERHEAD_BYTES, to)
            else:
                to.write(_with_tags(source.read_at(record + RECORD_HEADER_BYTES, length), by_record[record]))


def _counts(offsets: Iterable[npt.NDArray[np.uint64]]) -> dict[int, int]:
    arrays = list(offsets)
    if not arrays:
        return {}
    found, counts = np.unique(np.concatenate(arrays), return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _with_tags(payload: bytes, tags: set[str]) -> bytes:
    """The record of an event without the values of other tags."""
    wall_time, step, body = proto.split_event(payload)
    fields = []
    for number, _, start, end in proto.fields(body):
        if number != _SUMMARY:
            fields.append(body[start:end])
            continue
        summary = _content(body[start:end])
        values = [
            summary[first:last]
            for field, _, first, last in proto.fields(summary)
            if field != _VALUE or _tag_of(_content(summary[first:last])) in tags
        ]
        fields.append(proto.message(_SUMMARY, b"".join(values)))
    return event_record(0.0 if wall_time is None else wall_time, step, b"".join(fields))


def _content(field: bytes) -> bytes:
    _, at = proto.read_varint(field, 0)
    size, at = proto.read_varint(field, at)
    return field[at : at + size]


def _tag_of(value: bytes) -> str:
    tag = ""
    for number, _, start, end in proto.fields(value):
        if number == _TAG:
            tag = to_text(_content(value[start:end]))
    return tag
