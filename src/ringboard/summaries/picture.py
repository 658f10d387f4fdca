"""Pictures as they come: which axis is which, and whether that can be a picture at all."""

from __future__ import annotations

from typing import Any

from ringboard.arrays import Array, describe, to_array


def to_picture(tag: str, image: Any, dataformats: str) -> tuple[Array, str]:
    """The array, and a letter for each of its axes: N, C, H, W.

    Raises:
        ValueError: shape and dataformats don't go together.
        TypeError: it holds no real numbers.
    """
    axes = _to_axes(tag, dataformats)
    array = to_array(tag, "image", image)
    if array.data.dtype.kind == "c":
        raise TypeError(f"image {tag!r}: expected real numbers, got {describe(image)}")
    if problem := _problem(axes, array.data.shape):
        raise ValueError(f"image {tag!r}: {describe(image)} as dataformats={dataformats!r}: {problem}")
    return array, axes


def _to_axes(tag: str, dataformats: str) -> str:
    axes = str(dataformats).upper()
    if len(set(axes)) != len(axes) or not {"H", "W"} <= set(axes) <= set("NCHW"):
        raise ValueError(
            f"image {tag!r}: dataformats={dataformats!r}: expected H and W, and perhaps C and N, each once, "
            "for instance 'CHW', 'NHWC' or 'HW'"
        )
    return axes


def _problem(axes: str, shape: tuple[int, ...]) -> str | None:
    """What keeps an array of this shape from being a picture with these axes, and what would mend it."""
    usual = {2: "HW", 3: "HWC" if shape[-1:] < (5,) else "CHW", 4: "NHWC" if shape[-1:] < (5,) else "NCHW"}
    hint = (
        f"; if its axes are {usual[len(shape)]}, pass dataformats={usual[len(shape)]!r}"
        if len(shape) in usual
        else ""
    )
    if len(shape) != len(axes):
        return f"expected {len(axes)} axes, got {len(shape)}{hint}"
    channels = dict(zip(axes, shape, strict=True)).get("C", 3)
    if 0 in shape:
        return "there is no pixel"
    if channels not in (1, 2, 3, 4):
        return f"expected 1, 2, 3 or 4 channels, got {channels}{hint}"
    return None
