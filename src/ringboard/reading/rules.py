"""Which points TensorBoard's readers drop, on request.

Both work on whole columns: a point is dropped when a later one (or a later restart) has a step at or below
its own, so all that is needed is the least step that comes later, from the end on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_START = 1  # SessionLog.SessionStatus
_HIGHEST = np.iinfo(np.int64).max

Keep = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Marker:
    """An event that is no value: "file_version", "session_log", "log_message" or "empty_summary"."""

    kind: str
    record: int
    wall_time: float
    step: int
    status: int
    text: bytes


@dataclass
class Rows:
    """The rows of a tag of a run, in the order of its files.

    Attributes:
        steps: (n,) int64.
        places: (n,) uint64: of each row's event among those of the run, ascending.
    """

    steps: npt.NDArray[np.int64]
    places: npt.NDArray[np.uint64]


def rustboard(steps: npt.NDArray[np.int64]) -> Keep:
    """RustBoard's, of each tag on its own: a point drops all before it whose step is not below its own."""
    keep = np.ones(steps.size, bool)
    if steps.size > 1:
        keep[:-1] = steps[:-1] < _least_from(steps)[1:]
    return keep


def tensorboard(tags: Sequence[Rows], markers: Sequence[tuple[int, Marker]]) -> list[Keep]:
    """The Python loader's (plugin_event_accumulator), of the tags of one run; what each keeps.

    From file_version 2 on, a session START drops all points before it whose step is not below its own; the
    first START of a run doesn't.  Before, a summary whose step is below that of the summary before it drops
    such points of its own tags.

    Args:
        markers: with their places, ascending.
    """
    keeps = [np.ones(rows.steps.size, bool) for rows in tags]
    versions = _Versions(markers)
    starts = [(at, each.step) for at, each in markers if each.kind == "session_log" and each.status == _START]
    if starts:
        places = np.array([place for place, _ in starts], np.uint64)
        steps = np.array([step for _, step in starts], np.int64)
        new = ~versions.are_old(places)
        places, steps = places[new][1:], steps[new][1:]
        least = np.append(_least_from(steps), _HIGHEST)
        for rows, keep in zip(tags, keeps, strict=True):
            later = np.searchsorted(places, rows.places, side="right")
            np.logical_and(keep, (later == places.size) | (rows.steps < least[later]), out=keep)
    if versions.some_are_old:
        _drop_by_tags(tags, keeps, markers, versions)
    return keeps


class _Versions:
    """Which file_version holds where."""

    def __init__(self, markers: Sequence[tuple[int, Marker]]) -> None:
        found = [(place, _version(marker)) for place, marker in markers if marker.kind == "file_version"]
        self._places = np.array([place for place, _ in found], np.uint64)
        # Before the first there is none, which is as good as an old one.
        self._old = np.array([True, *(not version >= 2 for _, version in found)])
        self.some_are_old = not found or found[0][0] > 0 or bool(self._old[1:].any())

    def are_old(self, places: npt.NDArray[np.uint64]) -> Keep:
        """Whether those of events at these places are below 2."""
        old: Keep = self._old[np.searchsorted(self._places, places, side="right")]
        return old


def _version(marker: Marker) -> float:
    try:
        return float(marker.text.decode("utf-8", "replace").split("brain.Event:")[-1])
    except ValueError:
        return -1.0


def _drop_by_tags(
    tags: Sequence[Rows], keeps: Sequence[Keep], markers: Sequence[tuple[int, Marker]], versions: _Versions
) -> None:
    empty = [(place, marker.step) for place, marker in markers if marker.kind == "empty_summary"]
    places = np.concatenate([*(rows.places for rows in tags), np.array([at for at, _ in empty], np.uint64)])
    steps = np.concatenate([*(rows.steps for rows in tags), np.array([each for _, each in empty], np.int64)])
    # One row an event: its step, and that of the summary before it.
    places, first = np.unique(places, return_index=True)
    steps = steps[first]
    before = np.concatenate((np.array([-1], np.int64), steps[:-1]))
    back = (steps < before) & versions.are_old(places)
    for rows, keep in zip(tags, keeps, strict=True):
        event = np.searchsorted(places, rows.places)
        least = np.append(_least_from(np.where(back[event], rows.steps, _HIGHEST)), _HIGHEST)
        going_back = np.append(_any_from(back[event]), False)
        # Rows of the same event don't drop each other: they are added after the dropping.
        behind = np.searchsorted(rows.places, rows.places, side="right")
        np.logical_and(keep, ~going_back[behind] | (rows.steps < least[behind]), out=keep)


def _least_from(steps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The least of each element and those behind it."""
    least: npt.NDArray[np.int64] = np.minimum.accumulate(steps[::-1])[::-1]
    return least


def _any_from(flags: Any) -> Keep:
    found: Keep = np.logical_or.accumulate(flags[::-1])[::-1]
    return found
