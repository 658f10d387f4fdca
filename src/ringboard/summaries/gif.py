"""Animated GIFs (GIF89a): Pillow chooses the colours and compresses, the file around that is ours.

Pillow could save the animation itself, but it keeps all frames in memory until the last one, merges equal
ones (and fails where they then last longer than a delay can say), and takes its time over photographs.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_COLOURS = 256
_MAX_SIDE = 65535
_LOOP_FOR_EVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_TRAILER = b"\x3b"
_LZW_CODE_BITS = b"\x08"  # what Pillow's encoder starts from
_GREYS = bytes(level for level in range(_COLOURS) for _channel in range(3))
# Browsers take a delay below 2/100 s for a mistake and make it 10/100 s.
_MIN_DELAY, _MAX_DELAY = 2, 65535
# A palette for more colours than it has is chosen from about this many pixels of a frame, evenly spaced:
# Pillow's octree, improved by rounds of Lloyd's algorithm.  On photographs that takes a twentieth of the time
# that Pillow's own choice (the median cut of all pixels) takes, and comes 0.3 to 1.4 dB nearer.
_PALETTE_PIXELS = 2048
_LLOYD_ROUNDS = 2
_BLOCK_PIXELS = 256


class _Indexed(NamedTuple):
    """A part of a frame as indices into a palette."""

    image: Any  # PIL.Image of mode "P" or "L"
    palette: bytes
    exact: bool
    transparent: int | None = None  # an index


def delays(frames: int, fps: float) -> list[int]:
    """How long each frame stays, in 1/100 s: so that, rounding included, the whole takes frames / fps."""
    ends = [round(100 * (index + 1) / fps) for index in range(frames)]
    return [
        min(max(end - start, _MIN_DELAY), _MAX_DELAY) for start, end in zip([0, *ends], ends, strict=False)
    ]


def gif_file(tag: str, frames: Iterator[Pixels], count: int, fps: float) -> bytes:
    """An animation that loops for ever.

    Args:
        tag: for errors.
        frames: `count` frames (H, W, C) of one size: grey, grey and alpha, RGB or RGBA.
        count: how many.
        fps: frames a second.

    Returns:
        The file.  Frames of at most 256 colours (grey ones always) are exact, others get the 256 that suit
        them best.  Where alpha is below one half a pixel is transparent, elsewhere it is opaque.
    """
    parts: list[bytes] = []
    shown: Pixels | None = None
    exact = True  # all that is shown
    for frame, delay in zip(frames, delays(count, fps), strict=True):
        height, width, channels = frame.shape
        if shown is None:
            if max(height, width) > _MAX_SIDE:
                raise ValueError(
                    f"video {tag!r}: a GIF has at most {_MAX_SIDE} x {_MAX_SIDE} pixels, not {width} x "
                    f"{height}; pass format='apng'"
                )
            parts += [_head(width, height), _LOOP_FOR_EVER]
        if channels in (2, 4):
            parts += _frame(_with_alpha(frame), 0, 0, delay)
        else:
            if not exact and _image(frame).getcolors(_COLOURS) is not None:
                shown, exact = None, True  # drawn whole: what earlier frames left is not
            top, bottom, left, right = _changed(shown, frame)
            part = _opaque(np.ascontiguousarray(frame[top:bottom, left:right]))
            parts += _frame(part, left, top, delay)
            exact = exact and part.exact
        shown = frame
    return b"".join([*parts, _TRAILER])


# --- colours --------------------------------------------------------------------------------------


def _image(frame: Pixels) -> Any:
    from PIL import Image

    height, width, channels = frame.shape
    return Image.frombytes("L" if channels == 1 else "RGB", (width, height), frame)


def _opaque(frame: Pixels) -> _Indexed:
    image = _image(frame)
    return _Indexed(image, _GREYS, exact=True) if image.mode == "L" else _quantized(image, _COLOURS)


def _with_alpha(frame: Pixels) -> _Indexed:
    """Also drawn whole: a GIF can't take a pixel back otherwise."""
    from PIL import Image

    clear = frame[..., -1] < 128
    colours = np.where(clear[..., np.newaxis], np.uint8(0), frame[..., :-1])
    if colours.shape[2] == 1:
        colours = np.repeat(colours, 3, axis=2)
    opaque = _quantized(_image(colours), _COLOURS - 1)
    indices = np.asarray(opaque.image).copy()
    transparent = _COLOURS - 1
    indices[clear] = transparent
    image = Image.frombytes("P", opaque.image.size, indices)
    return _Indexed(image, opaque.palette, opaque.exact, transparent)


def _quantized(image: Any, colours: int) -> _Indexed:
    """An RGB image in at most that many colours: exactly, if it has no more."""
    from PIL import Image

    counted = image.getcolors(colours)
    if counted is not None:
        return _looked_up(image, np.array([colour for _count, colour in counted], np.uint8))
    palette = _choose_palette(image, colours).tobytes()
    swatch = Image.new("P", (1, 1))
    swatch.putpalette(palette)
    return _Indexed(image.quantize(palette=swatch, dither=Image.Dither.NONE), palette, exact=False)


def _looked_up(image: Any, colours: Pixels) -> _Indexed:
    """By number: Pillow's own search for the nearest colour looks at 6 bits of each channel only."""
    from PIL import Image

    wide = colours.astype(np.uint32)
    numbers = wide[:, 0] | wide[:, 1] << 8 | wide[:, 2] << 16
    order = np.argsort(numbers)
    pixels = np.frombuffer(image.tobytes("raw", "RGBX"), "<u4") & 0xFFFFFF
    indices = np.searchsorted(numbers[order], pixels).astype(np.uint8)
    return _Indexed(Image.frombytes("P", image.size, indices), colours[order].tobytes(), exact=True)


def _choose_palette(image: Any, colours: int) -> Pixels:
    from PIL import Image

    stride = math.ceil(math.sqrt(max(image.width * image.height / _PALETTE_PIXELS, 1)))
    some = np.ascontiguousarray(np.asarray(image)[stride // 2 :: stride, stride // 2 :: stride])
    octree = _image(some).quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    pixels = some.reshape(-1, 3).astype(np.float32)
    centres = np.array(octree.getpalette(), np.float32).reshape(-1, 3)[: octree.getextrema()[1] + 1]
    # An octree often leaves some colours unused.
    spare = np.linspace(0, len(pixels) - 1, colours - len(centres)).astype(np.intp)
    centres = np.concatenate([centres, pixels[spare]])
    for _round in range(_LLOYD_ROUNDS):
        nearest = _nearest(pixels, centres)
        counts = np.bincount(nearest, minlength=colours)
        sums = np.stack([np.bincount(nearest, pixels[:, channel], colours) for channel in range(3)], axis=1)
        near = counts > 0
        centres[near] = sums[near] / counts[near, np.newaxis]
    palette: Pixels = centres.round().clip(0, 255).astype(np.uint8)
    return palette


def _nearest(pixels: npt.NDArray[np.float32], centres: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Which centre each pixel is nearest to.

    In blocks that stay in the cache, and without BLAS: for three channels that is slower, and it would wake a
    thread for each core.
    """
    nearest = np.empty(len(pixels), np.intp)
    # |p - c|² = |c|² - 2 p·c + |p|², and the last is the same for all centres of a pixel.
    squares, slopes = (centres * centres).sum(axis=1), -2 * centres
    for start in range(0, len(pixels), _BLOCK_PIXELS):
        block = pixels[start : start + _BLOCK_PIXELS]
        distances = block[:, :1] * slopes[:, 0]
        distances += squares
        distances += block[:, 1:2] * slopes[:, 1]
        distances += block[:, 2:] * slopes[:, 2]
        distances.argmin(axis=1, out=nearest[start : start + _BLOCK_PIXELS])
    return nearest


# --- what changes -----------------------------------------------------------------------------------


def _changed(shown: Pixels | None, frame: Pixels) -> tuple[int, int, int, int]:
    """The rectangle outside of which `frame` is what is shown already: top, bottom, left, right."""
    height, width, channels = frame.shape
    if shown is None:
        return 0, height, 0, width
    differs = (frame != shown).reshape(height, width * channels)
    rows = np.flatnonzero(differs.any(axis=1))
    if rows.size == 0:
        return 0, 1, 0, 1  # a frame of its own all the same, so that all delays are as they should be
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(differs[top:bottom].any(axis=0).reshape(width, channels).any(axis=1))
    return top, bottom, int(columns[0]), int(columns[-1]) + 1


# --- the file ---------------------------------------------------------------------------------------


def _head(width: int, height: int) -> bytes:
    """Signature and logical screen; each frame brings its own colours."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0)


def _frame(part: _Indexed, left: int, top: int, delay: int) -> list[bytes]:
    """Graphic control extension, image descriptor, colours, data."""
    # Opaque frames stay (disposal 1), transparent ones are cleared before the next (disposal 2).
    flags = 1 << 2 if part.transparent is None else 2 << 2 | 1
    highest = len(part.palette) // 3 - 1 if part.transparent is None else _COLOURS - 1
    table_bits = max(highest.bit_length(), 1)  # a table has 2 to 256 colours
    mode = part.image.mode
    return [
        struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, delay, part.transparent or 0, 0),
        struct.pack("<BHHHHB", 0x2C, left, top, *part.image.size, 0x80 | (table_bits - 1)),
        part.palette.ljust(3 << table_bits, b"\0"),
        _LZW_CODE_BITS,
        part.image.tobytes("gif", mode),  # sub-blocks
        b"\0",
    ]
