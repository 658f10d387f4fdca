"""sprite.png: the points' pictures in one, from which the Projector cuts them.

How the Projector reads it: the picture of point i is in column i mod C and row floor(i / R), where C and R
are the image's width and height divided by the picture's.  So there must be as many rows as columns.  Points
are drawn square, and transparent pixels are left away.  An image of more than 8192 pixels a side is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard._native import png
from ringboard.arrays import Array, describe, to_array

LARGEST_SIDE = 8192
_BLOCK_BYTES = 1 << 22  # of pixels that are scaled at a time


@dataclass(frozen=True)
class Sprite:
    """The file, and what the config must say of it."""

    png: bytes
    side: int  # of each picture, pixels
    given: tuple[int, int]  # width and height of the pictures as they came
    scaled: bool


def make_sprite(tag: str, label_img: Any, points: int) -> Sprite:
    """Pictures (N, C, H, W), or (N, H, W), as a sprite.

    Raises:
        ValueError: another shape, not one for each point, or more points than a sprite has pixels.
        TypeError: they hold no real numbers.
    """
    array = _to_pictures(tag, label_img, points)
    _, _, height, width = array.data.shape
    columns = math.isqrt(points - 1) + 1
    if columns > LARGEST_SIDE:
        raise ValueError(
            f"embedding {tag!r}: {points} pictures don't fit a sprite of {LARGEST_SIDE}×{LARGEST_SIDE} "
            "pixels; leave label_img away"
        )
    side = min(max(height, width), LARGEST_SIDE // columns)
    if side == height == width:
        file = png.encode(array.data, array.dtype, "NCHW", columns, columns)
    else:
        file = png.encode(_thumbnails(array, side), "uint8", "NHWC", columns, columns)
    return Sprite(file, side, (width, height), scaled=side < max(height, width))


def _to_pictures(tag: str, label_img: Any, points: int) -> Array:
    array = to_array(tag, "label_img of embedding", label_img)
    data, dtype = array
    if data.dtype.kind == "c":
        raise TypeError(f"embedding {tag!r}: expected label_img of real numbers, got {describe(label_img)}")
    if data.ndim == 3:
        data = data[:, np.newaxis]
    if data.ndim != 4 or data.shape[1] not in (1, 2, 3, 4) or 0 in data.shape:
        last = data.ndim == 4 and data.shape[3] in (1, 2, 3, 4)
        hint = "; pass label_img.transpose(0, 3, 1, 2)" if last and isinstance(label_img, np.ndarray) else ""
        hint = "; pass label_img.permute(0, 3, 1, 2)" if last and not hint else hint
        raise ValueError(
            f"embedding {tag!r}: expected label_img of shape (N, C, H, W) with 1 to 4 channels; "
            f"got {describe(label_img)}{hint}"
        )
    if len(data) != points:
        raise ValueError(
            f"embedding {tag!r}: expected a picture for each of {points} points, got {describe(label_img)}"
        )
    if dtype == "uint16":  # a sprite of 8 bits: the browser shows no more
        return Array((data >> 8).astype(np.uint8), "uint8")
    return Array(data, dtype)


def _thumbnails(array: Array, side: int) -> npt.NDArray[np.uint8]:
    """(N, side, side, C): the pictures scaled down to fit; on transparent ground if they are not square."""
    data, dtype = array
    count, _, height, width = data.shape
    scale = side / max(height, width)
    tall, wide = (max(1, round(extent * scale)) for extent in (height, width))
    top, left = (side - tall) // 2, (side - wide) // 2
    step = max(1, _BLOCK_BYTES // (height * width * 4))
    found: npt.NDArray[np.uint8] | None = None
    for start in range(0, count, step):
        block = _shrunk(_pixels(data[start : start + step], dtype), tall, wide)
        if tall != wide:
            block = _with_alpha(block)
        if found is None:
            found = np.zeros((count, side, side, block.shape[3]), np.uint8)
        found[start : start + step, top : top + tall, left : left + wide] = block
    assert found is not None
    return found


def _pixels(data: npt.NDArray[Any], dtype: str) -> npt.NDArray[np.uint8]:
    """(n, H, W, C) bytes, by the rules of add_image."""
    count, _, height, width = data.shape
    packed, _, _, channels, _ = png.pack(data, dtype, "NCHW", 1)
    return np.frombuffer(packed, np.uint8).reshape(count, height, width, channels)


def _shrunk(pictures: npt.NDArray[np.uint8], tall: int, wide: int) -> npt.NDArray[np.uint8]:
    """Each new pixel is the mean of the old ones that it covers."""
    _, height, width, _ = pictures.shape
    if (tall, wide) == (height, width):
        return pictures
    rows = np.arange(tall + 1) * height // tall
    columns = np.arange(wide + 1) * width // wide
    sums = np.add.reduceat(pictures, rows[:-1], axis=1, dtype=np.uint32)
    sums = np.add.reduceat(sums, columns[:-1], axis=2)
    areas = np.diff(rows)[:, np.newaxis, np.newaxis] * np.diff(columns)[:, np.newaxis]
    means: npt.NDArray[np.uint8] = ((sums + areas // 2) // areas).astype(np.uint8)
    return means


def _with_alpha(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if pictures.shape[3] in (2, 4):
        return pictures
    opaque = np.full((*pictures.shape[:3], 1), 255, np.uint8)
    return np.concatenate([pictures, opaque], axis=3)
