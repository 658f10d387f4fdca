"""`torch.utils.tensorboard._convert_np`: values of any library as numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard.arrays import to_array, widened


def make_np(x: Any) -> npt.NDArray[Any]:
    """`x` as an array, a single number as one of one element; bfloat16 as float32, which holds it exactly.

    Raises:
        NotImplementedError: it holds no numbers.
    """
    if isinstance(x, np.ndarray):
        return x
    if np.isscalar(x):
        return np.array([x])
    try:
        return widened(to_array("make_np", "array", x))
    except TypeError as error:
        raise NotImplementedError(str(error)) from error


_prepare_pytorch = make_np
