"""Histograms whose bins are not the default ones: numpy counts, and this trims what it counted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ringboard.arrays import Array, as_float64

Floats = npt.NDArray[np.float64]


class Counted(NamedTuple):
    """A histogram of the finite values: their statistics, and buckets with their right limits."""

    low: float
    high: float
    finite: int
    total: float
    squares: float
    limits: Floats
    counts: Floats


def count_by_numpy(tag: str, array: Array, bins: Any, max_bins: int | None) -> Counted:
    """Counts into whatever bins np.histogram takes.

    Raises:
        ValueError, TypeError: the bins are none.
    """
    flat = as_float64(array).ravel()
    finite = flat[np.isfinite(flat)]
    if finite.size:
        try:
            counts, limits = np.histogram(finite, bins=bins)
        except (ValueError, TypeError) as error:
            raise type(error)(f"histogram {tag!r}: bins={bins!r}: {error}") from None
    else:
        counts, limits = np.zeros(1, dtype=np.int64), np.zeros(2)
    counts, limits = _merge_bins(counts, np.asarray(limits, dtype=np.float64), max_bins)
    occupied = np.flatnonzero(counts)
    if occupied.size == 0:  # nothing lies inside the edges: one bucket with all
        upper = float(finite.max()) if finite.size else 0.0
        limits, stored = np.array([upper]), np.array([float(finite.size)])
    else:
        first, last = int(occupied[0]), int(occupied[-1])
        # An empty bucket in front, whose right limit is the first bucket's left edge.
        stored = np.concatenate([[0.0], counts[first : last + 1].astype(np.float64)])
        limits = np.ascontiguousarray(limits[first : last + 2])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return Counted(
        low, high, int(finite.size), float(finite.sum()), float(finite.dot(finite)), limits, stored
    )


def _merge_bins(
    counts: npt.NDArray[Any], limits: Floats, max_bins: int | None
) -> tuple[npt.NDArray[Any], Floats]:
    """torch's rule: as many neighbours into one as bins // max_bins, the last group padded."""
    if max_bins is None or len(counts) <= max_bins:
        return counts, limits
    group = len(counts) // max_bins
    padding = -len(counts) % group
    merged = np.pad(counts, (0, padding)).reshape(-1, group).sum(axis=-1)
    return merged, np.append(limits[:-1:group], limits[-1])
