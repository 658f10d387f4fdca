"""SummaryWriter's methods for figures, videos, audio and boxed images."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ringboard._base import WriterBase
from ringboard.arrays import describe, to_array, to_step, to_tag, to_walltime
from ringboard.summaries.audio import audio_event, to_sample_rate, to_sound
from ringboard.summaries.boxes import draw_boxes, to_boxes
from ringboard.summaries.figure import figure_pixels
from ringboard.summaries.video import video_event


class MediaMethods(WriterBase):
    """A part of SummaryWriter: figures, videos, audio and boxed images."""

    __slots__ = ()

    if TYPE_CHECKING:

        def add_image(
            self,
            tag: str,
            img_tensor: Any,
            global_step: Any = None,
            walltime: float | None = None,
            dataformats: str = "CHW",
        ) -> None: ...

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Logs a matplotlib figure as a picture; TensorBoard's Images tab shows it.

        Args:
            tag: the name of the picture.
            figure: a matplotlib.figure.Figure, of pyplot or not, or a list of figures of one size, which
                make a grid of 8 columns.
            global_step: as in add_scalar.
            close: whether to close the figure in pyplot, which would keep it in memory otherwise.
            walltime: as in add_scalar.

        Raises:
            TypeError: it is no figure.
            ValueError: a list of none, or of different sizes.
        """
        tag = to_tag(tag)
        _check_when(tag, global_step, walltime)
        pixels, axes = figure_pixels(tag, figure, close)
        self.add_image(tag, pixels, global_step, walltime, dataformats=axes)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: float = 4,
        walltime: float | None = None,
        dataformats: str = "NTCHW",
        format: str = "gif",
    ) -> None:
        """Logs a video, or a batch of them side by side; TensorBoard's Images tab plays it, over and over.

        Args:
            tag: the name of the video.
            vid_tensor: (N, T, C, H, W) by default, or as dataformats says; 1 (grey), 2 (grey and alpha),
                3 (RGB) or 4 (RGBA) channels.  Values as in add_image.
            global_step: as in add_scalar.
            fps: frames per second.
            walltime: as in add_scalar.
            dataformats: the order of the axes: "NTCHW", "NTHWC", "TCHW", "THWC", "THW", …
            format: "gif", for which Pillow is needed: exact up to 256 colours a frame, the nearest 256
                beyond, 8 bits, transparent or not; or "apng": exact always, 16 bits and alpha kept, and
                much faster.

        Raises:
            ValueError: shape and dataformats don't go together, or fps is out of range.
            TypeError: it holds no real numbers.
            ImportError: format="gif" without Pillow.
        """
        tag = to_tag(tag)
        _check_when(tag, global_step, walltime)
        self._add_body(video_event(tag, vid_tensor, fps, dataformats, format), global_step, walltime, tag)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: float = 44100,
        walltime: float | None = None,
    ) -> None:
        """Logs sound; TensorBoard's Audio tab plays it.  It is stored as 16-bit PCM in a WAV file.

        Args:
            tag: the name of the sound.
            snd_tensor: mono (L,), (1, L) or (L, 1); stereo (L, 2) or (2, L), where (2, 2) is two frames.
                Floating point from -1 to 1.  int16 as it is; int8, uint8, uint16, int32 and uint32 fill
                their type's range, unsigned ones around its middle; 64-bit integers hold int16's values.
            global_step: as in add_scalar.
            sample_rate: frames per second, in Hz.
            walltime: as in add_scalar.

        Samples out of range are clipped and NaN is silence, with a warning.

        Raises:
            ValueError: no samples, more channels than two, or a sample rate that is no frequency.
            TypeError: it holds no real numbers.
        """
        tag = to_tag(tag)
        _check_when(tag, global_step, walltime)
        rate = to_sample_rate(tag, sample_rate)
        sound = to_sound(tag, snd_tensor, to_array(tag, "audio", snd_tensor))
        self._add_body(audio_event(tag, sound, rate), global_step, walltime, tag)
        if sound.clipped:
            warnings.warn(
                f"audio {tag!r}, step {global_step}: {sound.clipped} of {sound.samples.size} samples are out "
                "of range or NaN, and were clipped",
                RuntimeWarning,
                stacklevel=2,
            )

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: Iterable[Any] | str | None = None,
    ) -> None:
        """Logs a picture with boxes drawn on it; TensorBoard's Images tab shows it.  Needs Pillow.

        Args:
            tag: the name of the picture.
            img_tensor: (3, H, W) by default, or as dataformats says; as in add_image.  Drawn on in 8 bits.
            box_tensor: (N, 4): x1, y1, x2, y2 of each box, in pixels of the image.
            global_step: as in add_scalar.
            walltime: as in add_scalar.
            rescale: by what factor the picture is scaled once it is drawn.
            dataformats: as in add_image.
            labels: what the boxes are called.  With other than N of them, the first ones get theirs, with a
                warning.

        Boxes that are not finite are left out, with a warning.

        Raises:
            ValueError: boxes of another shape, or what add_image raises.
            ImportError: without Pillow.
        """
        tag = to_tag(tag)
        _check_when(tag, global_step, walltime)
        boxes = to_boxes(tag, box_tensor)
        names = [labels] if isinstance(labels, str) else list(labels or ())
        if labels is not None and len(names) != len(boxes):
            warnings.warn(
                f"image {tag!r}, step {global_step}: {len(names)} labels for {len(boxes)} boxes",
                RuntimeWarning,
                stacklevel=2,
            )
        finite = np.isfinite(boxes).all(axis=1)
        if not finite.all():
            warnings.warn(
                f"image {tag!r}, step {global_step}: {np.count_nonzero(~finite)} of {len(boxes)} boxes are "
                "NaN or infinite and were left out",
                RuntimeWarning,
                stacklevel=2,
            )
            names = [name for name, good in zip(names, finite, strict=False) if good]
            boxes = boxes[finite]
        drawn = draw_boxes(tag, img_tensor, dataformats, boxes, names, _to_factor(tag, rescale))
        self._live_stream().add_image(tag, drawn, "uint8", "HWC", global_step, walltime)


def _check_when(tag: str, step: Any, walltime: Any) -> None:
    """Finds what is wrong with them before the work and its warnings, and names the tag."""
    to_step(tag, step)
    if walltime is not None:
        to_walltime(tag, walltime)


def _to_factor(tag: str, rescale: Any) -> float:
    try:
        factor = float(rescale)
    except (TypeError, ValueError):
        raise TypeError(f"image {tag!r}: expected rescale as a number, got {describe(rescale)}") from None
    if not (math.isfinite(factor) and factor > 0):
        raise ValueError(f"image {tag!r}: rescale={rescale}: expected a factor above 0")
    return factor
