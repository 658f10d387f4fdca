"""Histograms whose bins are not the default ones: numpy makes the edges, and this trims what was counted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ringboard._native.histogram import count_equal_bins, count_reached, statistics
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


def count_into_bins(tag: str, array: Array, bins: Any, max_bins: int | None) -> Counted:
    """Counts into whatever bins np.histogram takes.

    Raises:
        ValueError, TypeError: the bins are none.
    """
    if not array.data.flags.forc:  # any order counts the same: a transpose need not be copied
        array = Array(np.ascontiguousarray(array.data), array.dtype)
    low, high, finite, total, squares = statistics(*array)
    if finite:
        try:
            counts, limits = _count(array, bins, low, high)
        except (ValueError, TypeError) as error:
            raise type(error)(f"histogram {tag!r}: bins={bins!r}: {error}") from None
    else:
        low, high = 0.0, 0.0
        counts, limits = np.zeros(1, dtype=np.int64), np.zeros(2)
    counts, limits = _merge_bins(counts, np.asarray(limits, dtype=np.float64), max_bins)
    occupied = np.flatnonzero(counts)
    if occupied.size == 0:  # nothing lies inside the edges: one bucket with all
        limits, stored = np.array([high]), np.array([float(finite)])
    else:
        first, last = int(occupied[0]), int(occupied[-1])
        # An empty bucket in front, whose right limit is the first bucket's left edge.
        stored = np.concatenate([[0.0], counts[first : last + 1].astype(np.float64)])
        limits = np.ascontiguousarray(limits[first : last + 2])
    return Counted(low, high, finite, total, squares, limits, stored)


def _count(array: Array, bins: Any, low: float, high: float) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """np.histogram of the finite elements, which lie between `low` and `high`: (counts, edges)."""
    equal = np.ndim(bins) == 0
    if isinstance(bins, str):  # the number of bins depends on all elements
        edges = np.histogram_bin_edges(_finite(array), bins)
    else:
        edges = np.histogram_bin_edges(np.array([low, high]), bins)
    if not _are_native(edges, equal):
        return np.histogram(_finite(array), edges.size - 1 if equal else bins)
    counts, limits = np.zeros(edges.size + 1, dtype=np.uint64), np.array(edges, dtype=np.float64)
    if equal:
        count_equal_bins(*array, limits, counts)
    else:
        # The last bucket includes its right edge, and no bucket includes an infinity.
        limits[-1] = np.nextafter(limits[-1], np.inf)
        count_reached(*array, limits.clip(-np.finfo(np.float64).max), counts)
    return counts[1:-1], edges


def _finite(array: Array) -> Floats:
    flat = as_float64(array).ravel()
    return flat[np.isfinite(flat)]


def _are_native(edges: npt.NDArray[Any], equal: bool) -> bool:
    """Whether the native core counts into these; numpy takes stranger ones too."""
    if edges.dtype.kind not in "biuf" or edges.dtype.itemsize > 8 or edges.size < 2:
        return False
    if equal:
        with np.errstate(over="ignore"):
            return bool(np.isfinite(edges[-1] - edges[0]) and np.all(edges[1:] > edges[:-1]))
    return not np.isnan(edges).any()


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
