"""tensorboardX.x2num: values of any library as numpy arrays."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard.arrays import to_array, widened

_logger = logging.getLogger(__name__)


def make_np(x: Any) -> npt.NDArray[Any]:
    """`x` as an array; bfloat16 as float32, which holds it exactly.

    Raises:
        TypeError: it holds no numbers.
    """
    array = widened(to_array("make_np", "array", x))
    check_nan(array)
    return array


def check_nan(array: Any) -> Any:
    """The array, as it is; a warning is logged if there is NaN or infinity in it."""
    if not np.isfinite(np.sum(array)):
        _logger.warning("NaN or Inf found in input tensor.")
    return array
