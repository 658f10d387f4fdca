"""Arrays as the native modules take them."""

from __future__ import annotations

import numpy as np


def as_buffer(array: np.ndarray) -> tuple[np.ndarray, str]:
    """(array, dtype name); bfloat16 as its bit patterns."""
    name = array.dtype.name
    return (array.view(np.uint16) if name == "bfloat16" else array), name
