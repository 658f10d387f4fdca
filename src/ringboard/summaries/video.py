"""Video summaries: an animation in place of an image, which TensorBoard's Images tab plays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard import proto
from ringboard._native import png
from ringboard.arrays import describe, to_array
from ringboard.summaries.tensor import MAX_BYTES

_AXES = set("NTCHW")
_FORMATS = ("gif", "apng")
_MAX_FPS = 65535  # APNG's delays are fractions of 16-bit numbers; GIF's are coarser


class Clip:
    """A batch of videos as one: each frame shows them side by side, as torch lays them out.

    Frames are made one by one, so memory is bounded by one of them.
    """

    def __init__(self, tag: str, video: Any, dataformats: str) -> None:
        axes = _video_axes(tag, dataformats)
        array = to_array(tag, "video", video)
        if array.data.dtype.kind == "c":
            raise TypeError(f"video {tag!r}: expected real numbers, got {describe(video)}")
        if array.data.ndim != len(axes):
            raise ValueError(
                f"video {tag!r}: {describe(video)} does not have the {len(axes)} axes of "
                f"dataformats={dataformats!r}; pass the order of its axes, for instance dataformats='TCHW'"
            )
        order = [axes.index(axis) for axis in "NTCHW" if axis in axes]
        data = array.data.transpose(order)
        if "N" not in axes:
            data = data[np.newaxis]
        if "C" not in axes:
            data = data[:, :, np.newaxis]
        if data.size == 0 or data.shape[2] not in (1, 2, 3, 4):
            raise ValueError(
                f"video {tag!r}: dataformats={dataformats!r} makes {describe(video)} a video of "
                f"{dict(zip('NTCHW', data.shape, strict=True))}; expected 1, 2, 3 or 4 channels and no empty "
                "axis"
            )
        self._data, self._dtype = data, array.dtype
        self._batch, self.frames, self.channels, self._cell_height, self._cell_width = data.shape
        self._rows, self._columns = grid_shape(self._batch)
        self.height, self.width = self._rows * self._cell_height, self._columns * self._cell_width

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        """Each frame as (H, W, C): uint8, or uint16 for a video of that type."""
        for index in range(self.frames):
            if self._batch == 1:
                yield self._cell(0, index)
                continue
            frame: npt.NDArray[Any] | None = None
            for video in range(self._batch):
                cell = self._cell(video, index)
                if frame is None:  # cells without a video stay black
                    frame = np.zeros((self.height, self.width, self.channels), cell.dtype)
                row, column = divmod(video, self._columns)
                top, left = row * self._cell_height, column * self._cell_width
                frame[top : top + self._cell_height, left : left + self._cell_width] = cell
            assert frame is not None
            yield frame

    def _cell(self, video: int, index: int) -> npt.NDArray[Any]:
        """One video's picture, scaled and clipped as every image is."""
        packed, height, width, channels, bits = png.pack(self._data[video, index], self._dtype, "CHW")
        pixels = np.frombuffer(packed, np.uint16 if bits == 16 else np.uint8).reshape(height, width, channels)
        # Grey comes out as RGB, which an animation would have to compress three times over.
        return np.ascontiguousarray(pixels[..., :1]) if self.channels == 1 else pixels


def _video_axes(tag: str, dataformats: str) -> str:
    axes = str(dataformats).upper()
    if len(set(axes)) != len(axes) or not set("THW") <= set(axes) <= _AXES:
        raise ValueError(
            f"video {tag!r}: dataformats={dataformats!r}: expected T, H and W, and perhaps N and C, each "
            "once, for instance 'NTCHW', 'NTHWC' or 'THWC'"
        )
    return axes


def grid_shape(batch: int) -> tuple[int, int]:
    """torch's rows and columns: room for the next power of two, about twice as wide as high."""
    rows: int = 1 << (batch.bit_length() - 1) // 2
    room: int = 1 << (batch - 1).bit_length()
    return rows, room // rows


# --- encoding -------------------------------------------------------------------------------------------


def video_event(tag: str, video: Any, fps: Any, dataformats: str, file_format: str) -> bytes:
    """The body of a video event: an image that moves.

    Raises:
        ValueError, TypeError: of shape, dtype, fps or format.
        ImportError: a GIF without Pillow.
    """
    if file_format not in _FORMATS:
        raise ValueError(f"video {tag!r}: format={file_format!r}: expected 'gif' or 'apng'")
    rate = _frame_rate(tag, fps)
    clip = Clip(tag, video, dataformats)
    encoded = _encode_gif(tag, clip, rate) if file_format == "gif" else _encode_apng(clip, rate)
    if len(encoded) > MAX_BYTES - (1 << 20):
        raise ValueError(f"video {tag!r}: {len(encoded)} bytes are more than an event can hold (2 GiB)")
    image = (
        proto.integer(1, clip.height)
        + proto.integer(2, clip.width)
        + proto.integer(3, clip.channels)
        + proto.message(4, encoded)
    )
    return proto.summary_event(proto.text(1, tag) + proto.message(4, image))


def _encode_gif(tag: str, clip: Clip, fps: float) -> bytes:
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "add_video makes GIFs with Pillow, which is missing: pip install ringboard[video], "
            "or pass format='apng', which needs nothing"
        ) from error
    from ringboard.summaries.gif import gif_file

    frames = (frame if frame.dtype == np.uint8 else (frame >> 8).astype(np.uint8) for frame in clip)
    return gif_file(tag, frames, clip.frames, fps)


def _encode_apng(clip: Clip, fps: float) -> bytes:
    delay = _delay(fps)
    animation = png.Animation(clip.frames, delay.numerator, delay.denominator)
    for frame in clip:
        animation.add(frame)
    return animation.finish()


def _frame_rate(tag: str, fps: Any) -> float:
    try:
        rate = float(fps)
    except (TypeError, ValueError):
        raise TypeError(f"video {tag!r}: expected fps as a number, got {describe(fps)}") from None
    if not (math.isfinite(rate) and 1 / _MAX_FPS <= rate <= _MAX_FPS):
        raise ValueError(
            f"video {tag!r}: fps={fps}: expected frames per second, from 1/{_MAX_FPS} to {_MAX_FPS}"
        )
    return rate


def _delay(fps: float) -> Fraction:
    """1 / fps seconds as a fraction of numbers below 2^16."""
    if fps >= 1:
        return 1 / Fraction(fps).limit_denominator(max(int(_MAX_FPS / fps), 1))
    return Fraction(1 / fps).limit_denominator(max(int(_MAX_FPS * fps), 1))
