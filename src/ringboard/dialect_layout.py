"""Pictures and videos in another layout: what both originals have in their module of utilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard.summaries.figure import figure_pixels
from ringboard.summaries.video import grid_shape

Pixels = npt.NDArray[Any]


def figure_to_image(figures: Any, close: bool = True) -> Pixels:
    """A matplotlib figure as (3, H, W) uint8; a list of N as (N, 3, H, W).

    Args:
        figures: a Figure, or a list of figures of one size.
        close: whether pyplot should forget them.
    """
    pixels, axes = figure_pixels("", figures, close)
    return np.ascontiguousarray(np.moveaxis(pixels, axes.index("C"), axes.index("H")))


def make_grid(I: Any, ncols: int = 8) -> Pixels:  # noqa: E741, N803
    """(N, C, H, W) pictures as one (C, rows · H, columns · W); 1 channel becomes 3.

    Args:
        I: 1, 3 or 4 channels.
        ncols: pictures in a row.

    Raises:
        AssertionError: it is no such array.
    """
    if not isinstance(I, np.ndarray) or I.ndim != 4 or I.shape[1] not in (1, 3, 4) or I.size == 0:
        raise AssertionError(
            "make_grid: expected a numpy array (N, 1, H, W), (N, 3, H, W) or (N, 4, H, W), "
            f"got {type(I).__name__} of shape {getattr(I, 'shape', None)}"
        )
    pictures = np.repeat(I, 3, axis=1) if I.shape[1] == 1 else I
    count, channels, height, width = pictures.shape
    columns = min(count, ncols)
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, channels, height, width), pictures.dtype)
    cells[:count] = pictures
    laid = cells.reshape(rows, columns, channels, height, width).transpose(2, 0, 3, 1, 4)
    grid: Pixels = laid.reshape(channels, rows * height, columns * width)
    return grid


def convert_to_HWC(tensor: Pixels, input_format: str) -> Pixels:  # noqa: N802
    """A picture of any layout as (H, W, C), a batch as a grid; 1 channel becomes 3.

    Raises:
        AssertionError: input_format is not a letter for each axis.
    """
    axes = _axes(tensor, input_format)
    if len(axes) == 4:
        return _ordered(make_grid(_ordered(tensor, axes, "NCHW")), "CHW", "HWC")
    if len(axes) == 3:
        picture = _ordered(tensor, axes, "HWC")
        return np.concatenate([picture] * 3, axis=2) if picture.shape[2] == 1 else picture
    return np.stack([_ordered(tensor, axes, "HW")] * 3, axis=2)


def convert_to_NTCHW(tensor: Pixels, input_format: str) -> Pixels:  # noqa: N802
    """A batch of videos of any layout as (N, T, C, H, W).

    Raises:
        AssertionError: input_format is not a letter for each axis.
    """
    return _ordered(tensor, _axes(tensor, input_format), "NTCHW")


def _axes(tensor: Pixels, input_format: str) -> str:
    axes = input_format.upper()
    if len(set(axes)) != len(axes) or len(axes) != tensor.ndim:
        raise AssertionError(
            f"input_format={input_format!r}: expected one letter, each once, for every axis of an array of "
            f"shape {tensor.shape}"
        )
    return axes


def _ordered(tensor: Pixels, axes: str, wanted: str) -> Pixels:
    if sorted(axes) != sorted(wanted):
        raise AssertionError(f"input_format={axes!r}: expected the letters of {wanted!r} in some order")
    ordered: Pixels = tensor.transpose([axes.index(axis) for axis in wanted])
    return ordered


def prepare_video(V: Pixels) -> Pixels:  # noqa: N803
    """(N, T, C, H, W) videos as one (T, H, W, C), side by side; uint8 becomes float32 from 0 to 1."""
    batch, frames, channels, height, width = V.shape
    if V.dtype == np.uint8:
        V = np.float32(V) / 255.0
    rows, columns = grid_shape(batch)
    cells = np.zeros((rows * columns, frames, channels, height, width), V.dtype)
    cells[:batch] = V
    laid = cells.reshape(rows, columns, frames, channels, height, width).transpose(2, 0, 4, 1, 5, 3)
    film: Pixels = laid.reshape(frames, rows * height, columns * width, channels)
    return film
