"""Functions from values to Summary messages: what both originals have in their module `summary`.

They return `Serialized` objects for `FileWriter.add_summary`.  The dialects' own modules give them their
names and defaults: `ringboard.tensorboardX.summary` cleans tags, for instance.  Tags are taken as they are
here; errors and docstrings are those of SummaryWriter's methods.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard import proto
from ringboard._native import histogram as _native_histogram
from ringboard._native import png
from ringboard.arrays import Array, as_float64, describe, to_array, to_scalar, to_stored_tag
from ringboard.summaries.audio import audio_event, to_sample_rate, to_sound
from ringboard.summaries.boxes import draw_boxes as _draw_boxes
from ringboard.summaries.boxes import draw_on, to_boxes
from ringboard.summaries.histogram import count_into_bins
from ringboard.summaries.hparams import hparams_summaries
from ringboard.summaries.layout import layout_event
from ringboard.summaries.mesh import mesh_event
from ringboard.summaries.picture import to_picture
from ringboard.summaries.pr_curve import MAX_THRESHOLDS, pr_curve_event, pr_curve_raw_event, pr_curve_rows
from ringboard.summaries.serialized import Serialized, summary_of
from ringboard.summaries.tensor import tensor_event
from ringboard.summaries.text import text_event
from ringboard.summaries.video import video_event

# --- numbers ------------------------------------------------------------------------------------------


def scalar(
    name: str,
    value: Any,
    *,
    new_style: bool = False,
    double_precision: bool = False,
    display_name: str = "",
    summary_description: str = "",
) -> Serialized:
    """Summary of one number; see SummaryWriter.add_scalar.

    Args:
        name: the tag.
        value: a number or a one-element array of any library.
        new_style: as a tensor with the scalars plugin's metadata.
        double_precision: with new_style, as float64.
        display_name: what TensorBoard calls the series, instead of its tag.
        summary_description: what TensorBoard says about it.
    """
    tag = to_stored_tag(name)
    number = to_scalar(tag, value)
    metadata = proto.text_unless_empty(2, display_name) + proto.text_unless_empty(3, summary_description)
    if not new_style:
        held = proto.single(2, number)
    else:
        tensor = proto.integer(1, 2) + proto.message(6, struct.pack("<d", number))  # DT_DOUBLE
        if not double_precision:
            tensor = proto.integer(1, 1) + proto.message(5, proto.single(1, number)[1:])  # DT_FLOAT
        held = proto.message(8, tensor)
        metadata = proto.plugin_metadata("scalars") + metadata
    return _one_value(proto.text(1, tag) + held + (proto.message(9, metadata) if metadata else b""))


def histogram(name: str, values: Any, bins: Any, max_bins: int | None = None) -> Serialized:
    """Summary of an array's distribution; see SummaryWriter.add_histogram."""
    tag = to_stored_tag(name)
    return _one_value(proto.text(1, tag) + proto.message(5, _counted(tag, values, bins, max_bins)))


def make_histogram(values: Any, bins: Any, max_bins: int | None = None) -> Serialized:
    """HistogramProto of an array's distribution."""
    return Serialized(_counted("", values, bins, max_bins), "HistogramProto")


def histogram_raw(
    name: str,
    min: float,
    max: float,
    num: float,
    sum: float,
    sum_squares: float,
    bucket_limits: Any,
    bucket_counts: Any,
) -> Serialized:
    """Summary of a histogram that was counted elsewhere; see SummaryWriter.add_histogram_raw."""
    tag = to_stored_tag(name)
    low, high, count, total, squares = (to_scalar(tag, each) for each in (min, max, num, sum, sum_squares))
    limits, counts = (
        as_float64(to_array(tag, what, each)).ravel()
        for what, each in (("limits of histogram", bucket_limits), ("counts of histogram", bucket_counts))
    )
    histo = proto.histogram(low, high, count, total, squares, _float64_bytes(limits), _float64_bytes(counts))
    return _one_value(proto.text(1, tag) + proto.message(5, histo))


def _counted(tag: str, values: Any, bins: Any, max_bins: int | None) -> bytes:
    """HistogramProto."""
    array = to_array(tag, "histogram", values)
    if array.data.dtype.kind == "c":
        raise TypeError(f"histogram {tag!r}: expected real numbers, got {describe(values)}")
    if array.data.size == 0:
        raise ValueError(f"histogram {tag!r}: the input has no element; got {describe(values)}")
    if isinstance(bins, str) and bins == "tensorflow":
        bins = default_bins()
    found = count_into_bins(tag, array, bins, max_bins)
    if left_out := array.data.size - found.finite:
        warnings.warn(
            f"histogram {tag!r}: {left_out} of {array.data.size} values are NaN or infinite and were left "
            "out",
            RuntimeWarning,
            stacklevel=3,
        )
    return proto.histogram(
        found.low, found.high, float(found.finite), found.total, found.squares,
        _float64_bytes(found.limits), _float64_bytes(found.counts),
    )  # fmt: skip


def default_bins() -> list[float]:
    """The 1549 edges of bins="tensorflow", ascending."""
    return _native_histogram.edges()


def _float64_bytes(numbers: npt.NDArray[Any]) -> bytes:
    return numbers.astype("<f8", copy=False).tobytes()


# --- pictures -----------------------------------------------------------------------------------------


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "CHW") -> Serialized:
    """Summary of a picture; see SummaryWriter.add_image.  Another scale than 1 needs Pillow."""
    tag = to_stored_tag(tag)
    return _one_value(proto.text(1, tag) + proto.message(4, _picture(tag, tensor, rescale, dataformats)))


def image_boxes(
    tag: str,
    tensor_image: Any,
    tensor_boxes: Any,
    rescale: float = 1,
    dataformats: str = "CHW",
    labels: Iterable[Any] | None = None,
) -> Serialized:
    """Summary of a picture with boxes drawn on it; see SummaryWriter.add_image_with_boxes."""
    tag = to_stored_tag(tag)
    picture = _boxed(tag, tensor_image, tensor_boxes, rescale, dataformats, labels)
    return _one_value(proto.text(1, tag) + proto.message(4, picture))


def make_image(
    tensor: Any, rescale: float = 1, rois: Any = None, labels: Iterable[Any] | None = None
) -> Serialized:
    """Summary.Image of an (H, W, C) array, with boxes if given."""
    if rois is None:
        return Serialized(_picture("", tensor, rescale, "HWC"), "Summary.Image")
    return Serialized(_boxed("", tensor, rois, rescale, "HWC", labels), "Summary.Image")


def draw_boxes(disp_image: Any, boxes: Any, labels: Iterable[Any] | None = None) -> Any:
    """Draws boxes on a Pillow image, which is returned too.

    Args:
        disp_image: a PIL.Image.Image.
        boxes: (N, 4): x1, y1, x2, y2 of each, in pixels.
        labels: what the boxes are called.
    """
    draw_on(disp_image, to_boxes("", boxes), list(labels or ()))
    return disp_image


def video(tag: str, tensor: Any, fps: float = 4, dataformats: str = "NTCHW") -> Serialized:
    """Summary of a video as a GIF; see SummaryWriter.add_video."""
    return summary_of(video_event(to_stored_tag(tag), tensor, fps, dataformats, "gif"))


def make_video(tensor: Any, fps: float) -> Serialized:
    """Summary.Image of a (T, H, W, C) array, as a GIF."""
    summary = video("", tensor, fps, "THWC").SerializeToString()
    return Serialized(proto.field_of(proto.field_of(summary, 1), 4), "Summary.Image")


def _picture(tag: str, tensor: Any, rescale: float, dataformats: str) -> bytes:
    """Summary.Image."""
    if rescale != 1:
        return _boxed(tag, tensor, np.empty((0, 4)), rescale, dataformats, None)
    array, axes = to_picture(tag, tensor, dataformats)
    return _encoded(array, axes, tag, tensor)


def _boxed(
    tag: str, image: Any, boxes: Any, rescale: float, dataformats: str, labels: Iterable[Any] | None
) -> bytes:
    names = [labels] if isinstance(labels, str) else list(labels or ())
    corners = to_boxes(tag, boxes)
    drawn = _draw_boxes(tag, image, dataformats, corners[np.isfinite(corners).all(axis=1)], names, rescale)
    return _encoded(Array(drawn, "uint8"), "HWC", tag, image)


def _encoded(array: Array, axes: str, tag: str, came: object) -> bytes:
    try:
        packed, height, width, channels, bits = png.pack(array.data, array.dtype, axes)
        pixels = np.frombuffer(packed, np.uint16 if bits == 16 else np.uint8)
        pixels = pixels.reshape(height, width, channels)
        encoded = png.encode(pixels, pixels.dtype.name, "HWC")
    except ValueError as error:
        raise ValueError(f"image {tag!r}: {describe(came)} as dataformats={axes!r}: {error}") from None
    return proto.image(height, width, channels, encoded)


# --- the other kinds ----------------------------------------------------------------------------------


def audio(tag: str, tensor: Any, sample_rate: float = 44100) -> Serialized:
    """Summary of sound; see SummaryWriter.add_audio."""
    tag = to_stored_tag(tag)
    sound = to_sound(tag, tensor, to_array(tag, "audio", tensor))
    return summary_of(audio_event(tag, sound, to_sample_rate(tag, sample_rate)))


def text(tag: str, text: str) -> Serialized:
    """Summary of a text; see SummaryWriter.add_text."""
    tag = to_stored_tag(tag)
    if not isinstance(text, str):
        raise TypeError(f"text {tag!r}: expected a str, got {describe(text)}")
    return summary_of(text_event(tag, text))


def tensor_proto(tag: str, tensor: Any) -> Serialized:
    """Summary of an array, kept exactly; see SummaryWriter.add_tensor."""
    tag = to_stored_tag(tag)
    return summary_of(tensor_event(tag, to_array(tag, "tensor", tensor)))


def custom_scalars(layout: Mapping[str, Mapping[str, Any]]) -> Serialized:
    """Summary of a layout of charts; see SummaryWriter.add_custom_scalars."""
    return summary_of(layout_event(layout))


def hparams(
    hparam_dict: Mapping[str, Any] | None = None,
    metric_dict: Mapping[str, Any] | None = None,
    hparam_domain_discrete: Mapping[str, Any] | None = None,
) -> tuple[Serialized, Serialized, Serialized]:
    """Summaries of a trial: experiment, session start, session end; see SummaryWriter.add_hparams."""
    experiment, start, end = hparams_summaries(hparam_dict, metric_dict, hparam_domain_discrete)
    return Serialized(experiment), Serialized(start), Serialized(end)


def pr_curve(
    tag: str, labels: Any, predictions: Any, num_thresholds: int = MAX_THRESHOLDS, weights: Any = None
) -> Serialized:
    """Summary of a precision-recall curve; see SummaryWriter.add_pr_curve."""
    body, left_out, size = pr_curve_event(to_stored_tag(tag), labels, predictions, num_thresholds, weights)
    if left_out:
        warnings.warn(
            f"PR curve {tag!r}: {left_out} of {size} predictions are NaN or outside [0, 1] and were left out",
            RuntimeWarning,
            stacklevel=2,
        )
    return summary_of(body)


def pr_curve_raw(
    tag: str,
    tp: Any,
    fp: Any,
    tn: Any,
    fn: Any,
    precision: Any,
    recall: Any,
    num_thresholds: int = MAX_THRESHOLDS,
    weights: Any = None,
) -> Serialized:
    """Summary of a precision-recall curve that was counted elsewhere; see SummaryWriter.add_pr_curve_raw."""
    rows = {"tp": tp, "fp": fp, "tn": tn, "fn": fn, "precision": precision, "recall": recall}
    return summary_of(pr_curve_raw_event(to_stored_tag(tag), rows, num_thresholds))


def compute_curve(
    labels: Any, predictions: Any, num_thresholds: int | None = None, weights: Any = None
) -> npt.NDArray[np.float64]:
    """(6, T): true positives, false positives, true negatives, false negatives, precision, recall."""
    return pr_curve_rows("", labels, predictions, num_thresholds or MAX_THRESHOLDS, weights)[0]


def mesh(
    tag: str,
    vertices: Any,
    colors: Any = None,
    faces: Any = None,
    config_dict: Mapping[str, Any] | None = None,
    display_name: str | None = None,
    description: str | None = None,
) -> Serialized:
    """Summary of a batch of meshes; see SummaryWriter.add_mesh.  A display name and a description are taken
    for compatibility: the Mesh tab shows neither."""
    return summary_of(mesh_event(to_stored_tag(tag), vertices, colors, faces, config_dict))


def _one_value(value: bytes) -> Serialized:
    return Serialized(proto.message(1, value))
