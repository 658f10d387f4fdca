"""`torch.utils.tensorboard.summary`: functions from values to Summary messages, with torch's arguments.

They return objects with SerializeToString() for `FileWriter.add_summary`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

from ringboard import dialect_summary
from ringboard.dialect_summary import (
    audio,
    compute_curve,
    custom_scalars,
    draw_boxes,
    histogram,
    histogram_raw,
    hparams,
    image_boxes,
    make_histogram,
    make_image,
    make_video,
    mesh,
    pr_curve,
    pr_curve_raw,
    tensor_proto,
    text,
)
from ringboard.summaries.serialized import Serialized
from ringboard.torch._convert_np import make_np
from ringboard.torch._lazy import lazily
from ringboard.torch._utils import _prepare_video, convert_to_HWC

__all__ = [
    "audio",
    "compute_curve",
    "custom_scalars",
    "draw_boxes",
    "half_to_int",
    "histogram",
    "histogram_raw",
    "hparams",
    "image",
    "image_boxes",
    "int_to_half",
    "make_histogram",
    "make_image",
    "make_video",
    "mesh",
    "pr_curve",
    "pr_curve_raw",
    "scalar",
    "tensor_proto",
    "text",
    "video",
]

_SUMMARY = "tensorboard.compat.proto.summary_pb2"
__getattr__ = lazily(
    __name__,
    {
        "HistogramProto": f"{_SUMMARY}:HistogramProto",
        "PrCurvePluginData": "tensorboard.plugins.pr_curve.plugin_data_pb2:PrCurvePluginData",
        "Summary": f"{_SUMMARY}:Summary",
        "SummaryMetadata": f"{_SUMMARY}:SummaryMetadata",
        "TensorProto": "tensorboard.compat.proto.tensor_pb2:TensorProto",
        "TensorShapeProto": "tensorboard.compat.proto.tensor_shape_pb2:TensorShapeProto",
        "TextPluginData": "tensorboard.plugins.text.plugin_data_pb2:TextPluginData",
        "layout_pb2": "tensorboard.plugins.custom_scalar.layout_pb2",
        "logging": "logging",
        "np": "numpy",
        "struct_pb2": "google.protobuf.struct_pb2",
        "torch": "torch",
    },
)


def scalar(
    name: str,
    tensor: Any,
    collections: Any = None,
    new_style: bool = False,
    double_precision: bool = False,
) -> Serialized:
    """Summary of one number; see SummaryWriter.add_scalar.

    Args:
        name: the tag.
        tensor: a number or a one-element array of any library.
        collections: accepted for compatibility.
        new_style, double_precision: as in add_scalar.
    """
    return dialect_summary.scalar(name, tensor, new_style=new_style, double_precision=double_precision)


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "NCHW") -> Serialized:
    """Summary of a picture, or of a grid of them; see SummaryWriter.add_image.

    Another scale than 1 needs Pillow.
    """
    return dialect_summary.image(tag, tensor, rescale, dataformats)


def video(tag: str, tensor: Any, fps: float = 4) -> Serialized:
    """Summary of (N, T, C, H, W) videos as a GIF; see SummaryWriter.add_video."""
    return dialect_summary.video(tag, tensor, fps)


def half_to_int(f: float) -> int:
    """The bits of a number as float32, as a signed integer."""
    (bits,) = struct.unpack("<i", struct.pack("<f", f))
    return int(bits)


def int_to_half(i: int) -> float:
    """The float32 of these bits."""
    (number,) = struct.unpack("<f", struct.pack("<i", i))
    return float(number)


def _calc_scale_factor(tensor: Any) -> int:
    """What a picture's values are multiplied by: uint8 is taken as it is."""
    return 1 if str(tensor.dtype).removeprefix("torch.") == "uint8" else 255


def _get_json_config(config_dict: Mapping[str, Any] | None) -> str:
    return "{}" if config_dict is None else json.dumps(config_dict, sort_keys=True)
