"""tensorboardX.summary: functions from values to Summary messages.

Tags are cleaned where the original cleans them: scalar, histogram, image and video.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ringboard import dialect_summary
from ringboard.arrays import to_tag
from ringboard.dialect_summary import (
    audio,
    compute_curve,
    custom_scalars,
    draw_boxes,
    histogram_raw,
    image_boxes,
    make_histogram,
    make_image,
    make_video,
    pr_curve,
    pr_curve_raw,
    text,
)
from ringboard.summaries.serialized import Serialized

__all__ = [
    "audio",
    "clean_tag",
    "compute_curve",
    "custom_scalars",
    "draw_boxes",
    "histogram",
    "histogram_raw",
    "hparams",
    "image",
    "image_boxes",
    "make_histogram",
    "make_image",
    "make_video",
    "mesh",
    "pr_curve",
    "pr_curve_raw",
    "scalar",
    "text",
    "video",
]

_UNFIT = re.compile(r"[^-/\w.]")


@functools.lru_cache(maxsize=1 << 14)
def clean_tag(tag: str | bytes | None) -> str:
    """The tag that is stored: what is no letter, digit or one of "_-./" becomes "_", slashes in front go."""
    return _UNFIT.sub("_", to_tag(tag)).lstrip("/")


_clean_tag = clean_tag


def scalar(name: str, scalar: Any, display_name: str = "", summary_description: str = "") -> Serialized:
    """Summary of one number; see SummaryWriter.add_scalar."""
    return dialect_summary.scalar(
        clean_tag(name), scalar, display_name=display_name, summary_description=summary_description
    )


def histogram(name: str, values: Any, bins: Any, max_bins: int | None = None) -> Serialized:
    """Summary of an array's distribution; see SummaryWriter.add_histogram."""
    return dialect_summary.histogram(clean_tag(name), values, bins, max_bins)


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "CHW") -> Serialized:
    """Summary of a picture; see SummaryWriter.add_image.  Another scale than 1 needs Pillow."""
    return dialect_summary.image(clean_tag(tag), tensor, rescale, dataformats)


def video(tag: str, tensor: Any, fps: float = 4, dataformats: str = "NTCHW") -> Serialized:
    """Summary of a video as a GIF; see SummaryWriter.add_video."""
    return dialect_summary.video(clean_tag(tag), tensor, fps, dataformats)


def hparams(
    hparam_dict: Mapping[str, Any] | None = None, metric_dict: Mapping[str, Any] | None = None
) -> tuple[Serialized, Serialized, Serialized]:
    """Summaries of a trial: experiment, session start, session end; see SummaryWriter.add_hparams.

    The metrics' names become those under which add_scalar stores them, so that the columns find them.
    """
    metrics: Iterable[Any] = () if metric_dict is None else metric_dict
    cleaned = {clean_tag(name): 0.0 for name in metrics}
    return dialect_summary.hparams(hparam_dict, None if metric_dict is None else cleaned)


def mesh(
    tag: str, vertices: Any, colors: Any, faces: Any, config_dict: Mapping[str, Any] | None = None
) -> Serialized:
    """Summary of a batch of meshes; see SummaryWriter.add_mesh."""
    return dialect_summary.mesh(tag, vertices, colors, faces, config_dict)
