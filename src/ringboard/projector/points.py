"""tensors.tsv: a line for each point.

TensorBoard's server parses it to float32, and its page cannot work with what is not finite: a single NaN
leaves the whole cloud empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard._native import tsv
from ringboard.arrays import Array, describe, to_array, widened

_BLOCK_ELEMENTS = 1 << 16  # about 1 MB of text


class Points:
    """A matrix (N, D), checked.

    Attributes:
        count: N.
        out_of_range: how many elements float32 cannot hold: NaN, infinities, float64 beyond its range.

    Raises:
        ValueError: another shape, or nothing in it.
        TypeError: it holds no real numbers.
    """

    def __init__(self, tag: str, mat: Any) -> None:
        array = to_array(tag, "embedding", mat)
        _check(tag, array, mat)
        self._array = array
        self.count = int(array.data.shape[0])
        self.out_of_range = 0
        self._low = self._high = 0.0  # of what is in range
        if widened(Array(array.data[:0], array.dtype)).dtype.kind == "f":
            self._measure()

    def lines(self) -> Iterator[bytes]:
        """The file, in parts of a few megabytes at most."""
        for block in self._blocks():
            finite = self._replaced(block) if self.out_of_range else block
            yield tsv.rows(finite, finite.dtype.name)

    def _blocks(self) -> Iterator[npt.NDArray[Any]]:
        """Whole rows; 16-bit floats as float32, which holds them exactly."""
        data, dtype = self._array
        rows = max(1, _BLOCK_ELEMENTS // data.shape[1])
        for start in range(0, self.count, rows):
            block = widened(Array(data[start : start + rows], dtype))
            yield block.astype(np.float32) if block.dtype == np.float16 else block

    def _measure(self) -> None:
        low, high = np.inf, -np.inf
        for block in self._blocks():
            usable = _in_range(block)
            bad = int(block.size - np.count_nonzero(usable))
            self.out_of_range += bad
            low = min(low, block.min(where=usable, initial=np.inf))
            high = max(high, block.max(where=usable, initial=-np.inf))
        if low <= high:
            self._low, self._high = float(low), float(high)

    def _replaced(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """NaN as 0; what is too large as the largest and smallest of the matrix."""
        bounds = np.where(block > 0, block.dtype.type(self._high), block.dtype.type(self._low))
        stand_ins = np.where(np.isnan(block), block.dtype.type(0), bounds)
        return np.where(_in_range(block), block, stand_ins)


def _in_range(block: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(block.astype(np.float32, copy=False))


def _check(tag: str, array: Array, mat: Any) -> None:
    shape = array.data.shape
    if array.data.dtype.kind == "c":
        raise TypeError(f"embedding {tag!r}: expected real numbers, got {describe(mat)}")
    if len(shape) != 2:
        hint = {0: "", 1: "; pass mat[:, None] if these are points on a line"}.get(
            len(shape), "; pass mat.reshape(len(mat), -1)"
        )
        raise ValueError(
            f"embedding {tag!r}: expected mat of shape (N, D), a row for each point; "
            f"got {describe(mat)}{hint}"
        )
    if 0 in shape:
        # TensorBoard's server would fail on the empty file, and with it the Projector tab of every run.
        raise ValueError(f"embedding {tag!r}: there is no element in {describe(mat)}")
