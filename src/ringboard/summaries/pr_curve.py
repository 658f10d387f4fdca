"""Precision-recall curves: a (6, T) tensor for TensorBoard's PR Curves tab.

Its rows are true positives, false positives, true negatives, false negatives, precision and recall, at T
evenly spaced thresholds from 0 to 1.  The numbers are torch's, to the bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ringboard import proto
from ringboard._native.histogram import add_split
from ringboard.arrays import Array, describe, to_array, widened
from ringboard.summaries.tensor import tensor_proto

Numbers = npt.NDArray[Any]
Counts = npt.NDArray[np.float64]

MAX_THRESHOLDS = 127  # torch's; more is drawn no finer
_LEAST_COUNT = 1e-7  # instead of 0 as a divisor
# Elements at a time: they stay in the cache, and np.histogram, which torch counts with, adds weights up in
# blocks of this many.  The same order gives the same last bits.
_BLOCK = 65536


class Tally(NamedTuple):
    """What the thresholds' buckets hold: bucket k is floor(prediction · (T - 1)) = k."""

    positives: Counts  # (T,) the weight of the positive labels
    negatives: Counts
    left_out: int  # predictions that fall in no bucket: NaN, or outside [0, 1]


# --- events -------------------------------------------------------------------------------------------


def pr_curve_event(
    tag: str, labels: Any, predictions: Any, num_thresholds: Any, weights: Any
) -> tuple[bytes, int, int]:
    """The body of a PR curve event, how many predictions were left out, and of how many.

    Raises:
        ValueError: different lengths, nothing, labels outside [0, 1], weights that are not finite.
        TypeError: no real numbers.
    """
    data, left_out, size = pr_curve_rows(tag, labels, predictions, num_thresholds, weights)
    return _event(tag, data, data.shape[1]), left_out, size


def pr_curve_rows(
    tag: str, labels: Any, predictions: Any, num_thresholds: Any, weights: Any
) -> tuple[Counts, int, int]:
    """The six rows, how many predictions were left out, and of how many."""
    thresholds = _to_thresholds(tag, num_thresholds)
    of_labels = _flat(tag, "labels", labels)
    of_predictions = _flat(tag, "predictions", predictions)
    factors = None if weights is None else _flat(tag, "weights", weights)
    lengths = {"labels": of_labels.size, "predictions": of_predictions.size}
    if factors is not None and factors.size != 1:
        lengths["weights"] = factors.size
    if len(set(lengths.values())) != 1:
        raise ValueError(f"PR curve {tag!r}: expected one length, got {lengths}")
    if of_labels.size == 0:
        raise ValueError(f"PR curve {tag!r}: there are no predictions; got {describe(predictions)}")
    tally = count(tag, of_labels, of_predictions, factors, thresholds)
    return curve(tally), tally.left_out, of_labels.size


def pr_curve_raw_event(tag: str, rows: dict[str, Any], num_thresholds: Any) -> bytes:
    """The body of an event with a curve that was counted elsewhere."""
    thresholds = _to_thresholds(tag, num_thresholds)
    arrays = {name: _flat(tag, name, row).astype(np.float64) for name, row in rows.items()}
    lengths = {name: array.size for name, array in arrays.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise ValueError(f"PR curve {tag!r}: expected one length, and not 0; got {lengths}")
    return _event(tag, np.stack(list(arrays.values())), thresholds)


def _event(tag: str, data: Counts, thresholds: int) -> bytes:
    with np.errstate(over="ignore"):
        tensor = tensor_proto(tag, Array(data.astype(np.float32), "float32"))
    metadata = proto.plugin_metadata("pr_curves", pr_curve_plugin_data(thresholds))
    return proto.summary_event(proto.text(1, tag) + proto.message(8, tensor) + proto.message(9, metadata))


def pr_curve_plugin_data(thresholds: int) -> bytes:
    """PrCurvePluginData; its version is 0."""
    return proto.integer(2, thresholds)


# --- counting -------------------------------------------------------------------------------------------


def count(tag: str, labels: Numbers, predictions: Numbers, weights: Numbers | None, thresholds: int) -> Tally:
    """Sorts the predictions into buckets."""
    sums, left_out = np.zeros((thresholds, 2)), 0  # of negatives and positives
    for start in range(0, labels.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        scaled, shares = _scaled(predictions[block], thresholds), _to_shares(tag, labels[block])
        factor = None if weights is None else _factor(tag, weights, block, shares.size)
        left_out += _add(sums, scaled, shares, factor)
    return Tally(sums[:, 1], sums[:, 0], left_out)


def _scaled(predictions: Numbers, thresholds: int) -> Numbers:
    """In the predictions' own type, as torch: float32 · 126 may round up into the next bucket."""
    if predictions.dtype.kind != "f":  # 0 and 1; small integers would wrap round
        predictions = predictions.astype(np.float64)
    with np.errstate(over="ignore"):
        scaled: Numbers = predictions * (thresholds - 1)
    return scaled


def _to_shares(tag: str, labels: Numbers) -> Counts:
    """Which part of each element is positive."""
    shares = np.ascontiguousarray(labels, np.float64)
    if labels.dtype != np.bool_ and not (shares.min() >= 0 and shares.max() <= 1):  # NaN makes both false
        raise ValueError(
            f"PR curve {tag!r}: expected labels from 0 (negative) to 1 (positive), got {shares.min():g} to "
            f"{shares.max():g}; compare them with the class, for instance labels == 1"
        )
    return shares


def _add(sums: Counts, scaled: Numbers, shares: Counts, factor: Counts | None) -> int:
    """Adds a block to the sums; how many predictions had no bucket."""
    thresholds, size = len(sums), scaled.size
    if not (scaled.min() >= 0 and scaled.max() < thresholds):  # NaN makes both comparisons false
        kept = (scaled >= 0) & (scaled < thresholds)
        scaled, shares = scaled[kept], shares[kept]
        factor = None if factor is None else factor[kept]
    # From 0, and then added: np.histogram, which torch counts with, does so with each block.
    block = np.zeros((256, 2))
    add_split(scaled.astype(np.uint8), shares, factor, block)  # no negative ones: cutting off is floor
    sums += block[:thresholds]
    return int(size - scaled.size)


def _factor(tag: str, weights: Numbers, block: slice, size: int) -> Counts:
    factor = weights[block] if weights.size != 1 else np.full(size, weights[0])
    if not np.isfinite(factor).all():
        raise ValueError(f"PR curve {tag!r}: a weight is NaN or infinite")
    return np.ascontiguousarray(factor, np.float64)


def curve(tally: Tally) -> Counts:
    """The six rows.  A prediction counts as positive at every threshold up to its own."""
    tp = np.cumsum(tally.positives[::-1])[::-1]
    fp = np.cumsum(tally.negatives[::-1])[::-1]
    tn, fn = fp[0] - fp, tp[0] - tp
    precision = tp / np.maximum(_LEAST_COUNT, tp + fp)
    recall = tp / np.maximum(_LEAST_COUNT, tp + fn)
    return np.stack((tp, fp, tn, fn, precision, recall))


# --- arguments ------------------------------------------------------------------------------------------


def _flat(tag: str, name: str, values: Any) -> Numbers:
    array = to_array(tag, f"{name} of PR curve", values)
    if array.data.dtype.kind == "c":
        raise TypeError(f"PR curve {tag!r}: expected {name} as real numbers, got {describe(values)}")
    return widened(array).ravel()


def _to_thresholds(tag: str, num_thresholds: Any) -> int:
    try:
        number = int(num_thresholds)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            f"PR curve {tag!r}: expected num_thresholds as an integer, got {describe(num_thresholds)}"
        ) from None
    if number < 1:
        raise ValueError(f"PR curve {tag!r}: num_thresholds={number}: expected 1 to {MAX_THRESHOLDS}")
    return min(number, MAX_THRESHOLDS)
