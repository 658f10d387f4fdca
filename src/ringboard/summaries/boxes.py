"""Images with boxes: Pillow draws them as torch has it drawn, pixel for pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard._native import png
from ringboard.arrays import describe, to_array, widened
from ringboard.summaries.picture import to_picture

_LINE_WIDTH = 2
_LINE_COLOUR = "Red"
_TEXT_COLOUR = "black"
_MODES = {2: "LA", 3: "RGB", 4: "RGBA"}
# A box's edges are parallel to the image's, so those outside need not be as far outside as they are; and
# Pillow's coordinates are C's ints.
_FAR = 1e6


def to_boxes(tag: str, value: Any) -> npt.NDArray[Any]:
    """(N, 4) boxes: x1, y1, x2, y2 in pixels.

    Raises:
        ValueError: another shape.
        TypeError: they are no real numbers.
    """
    array = to_array(tag, "boxes of image", value)
    if array.data.size == 0:
        return np.empty((0, 4))
    if array.data.shape[1:] != (4,):
        raise ValueError(
            f"image {tag!r}: expected boxes of shape (N, 4), each x1, y1, x2, y2; got {describe(value)}"
        )
    boxes = widened(array)
    if boxes.dtype.kind == "c":
        raise TypeError(f"image {tag!r}: expected boxes of real numbers, got {describe(value)}")
    # Positions are computed from them; small integers would wrap.
    if boxes.dtype.kind != "f":
        return boxes.astype(np.int64)
    return boxes if boxes.dtype.itemsize >= 4 else boxes.astype(np.float32)


def draw_boxes(
    tag: str,
    image: Any,
    dataformats: str,
    boxes: npt.NDArray[Any],
    labels: Sequence[Any],
    rescale: float,
) -> npt.NDArray[np.uint8]:
    """The image as (H, W, C) pixels, with its boxes; then scaled.

    Args:
        tag: for errors.
        image: (C, H, W) or as `dataformats` has it; 16 bits become 8, as Pillow draws on no others.
        dataformats: the order of its axes.
        boxes: (N, 4), all finite.
        labels: what the first boxes are called; "" and None draw nothing.
        rescale: by what factor the picture grows, boxes included.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "add_image_with_boxes draws with Pillow, which is missing: pip install ringboard[image]"
        ) from error

    packed, height, width, channels = _pixels(tag, image, dataformats)
    scaled = int(width * rescale), int(height * rescale)
    if min(scaled) < 1:
        raise ValueError(
            f"image {tag!r}: rescale={rescale} leaves {scaled[0]} x {scaled[1]} pixels of {width} x {height}"
        )
    picture = Image.frombytes(_MODES[channels], (width, height), packed)
    draw_on(picture, boxes, labels)
    if scaled != picture.size:
        picture = picture.resize(scaled, Image.Resampling.LANCZOS)
    return np.asarray(picture)


def draw_on(picture: Any, boxes: npt.NDArray[Any], labels: Sequence[Any]) -> None:
    """Draws boxes and their labels on a Pillow image."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    texts = ["" if label is None else str(label) for label in labels[: len(boxes)]]
    texts += [""] * (len(boxes) - len(texts))
    # A truetype font, whose loading costs more than a box: once a picture, and only for labels.
    font = draw.getfont() if any(texts) else None
    for box, text in zip(boxes.clip(-_FAR, _FAR), texts, strict=True):
        _draw_box(draw, box)
        if text:
            _draw_label(draw, font, box, text)


def _pixels(tag: str, image: Any, dataformats: str) -> tuple[bytes, int, int, int]:
    """8-bit pixels, height, width and channels, of an image or of a grid of them."""
    array, axes = to_picture(tag, image, dataformats)
    try:
        packed, height, width, channels, bit_depth = png.pack(array.data, array.dtype, axes)
    except ValueError as error:
        raise ValueError(f"image {tag!r}: {error}; got {describe(image)}") from None
    if bit_depth == 16:
        packed = (np.frombuffer(packed, np.uint16) >> 8).astype(np.uint8).tobytes()
    return packed, height, width, channels


def _draw_box(draw: Any, box: npt.NDArray[Any]) -> None:
    left, top, right, bottom = box
    corners = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]
    draw.line(corners, width=_LINE_WIDTH, fill=_LINE_COLOUR)


def _draw_label(draw: Any, font: Any, box: npt.NDArray[Any], label: str) -> None:
    """Black on the colour of the box, inside its lower left corner."""
    left, _top, _right, bottom = box
    text_left, text_top, text_right, text_bottom = font.getbbox(label)
    width, height = text_right - text_left, text_bottom - text_top
    margin = np.ceil(0.05 * height)
    draw.rectangle([(left, bottom - height - 2 * margin), (left + width, bottom)], fill=_LINE_COLOUR)
    draw.text((left + margin, bottom - height - margin), label, fill=_TEXT_COLOUR, font=font)
