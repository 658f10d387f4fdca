"""Decodes what a summary value carries, each kind by a decoder that is not ours.

Tensors by TensorBoard's tensor_util, pixels by Pillow (after png.check), samples by the standard library's
`wave`. Every function returns a plain dict, so that views can compare and print it field by field.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from tensorboard.compat.proto import types_pb2
from tensorboard.util import tensor_util

from tests.support import png

Payload = dict[str, Any]


def nothing(value) -> Payload:
    """A value that is only metadata, such as the hyper-parameters."""
    return {}


def scalar(value) -> Payload:
    """simple_value: a float32 on the wire, exact as a Python float."""
    return {"value": value.simple_value}


def tensor(value) -> Payload:
    """dtype and shape as written, and the array; raw fields instead where TensorBoard cannot read them."""
    proto = value.tensor
    payload: Payload = {
        "dtype": types_pb2.DataType.Name(proto.dtype),
        "shape": [dim.size for dim in proto.tensor_shape.dim],
    }
    try:
        payload["array"] = tensor_util.make_ndarray(proto)
    except (TypeError, ValueError, OverflowError) as error:
        payload["unreadable"] = type(error).__name__
        for field, content in proto.ListFields():
            if field.name.endswith("_val") or field.name == "tensor_content":
                payload[field.name] = content if isinstance(content, bytes) else list(content)
    return payload


def histogram(value) -> Payload:
    """Statistics and buckets as float64. Adding 0.0 folds -0.0 into 0.0: its sign is chance here."""
    proto = value.histo
    payload: Payload = {
        name: getattr(proto, name) + 0.0 for name in ("min", "max", "num", "sum", "sum_squares")
    }
    payload["bucket_limit"] = np.array(proto.bucket_limit, np.float64) + 0.0
    payload["bucket"] = np.array(proto.bucket, np.float64) + 0.0
    return payload


def _pixels(frame: Image.Image) -> np.ndarray:
    if (
        frame.mode.startswith("I") or frame.mode == "F"
    ):  # more than 8 bits: a conversion to RGB would lose some
        return np.asarray(frame)
    with_alpha = frame.has_transparency_data
    return np.asarray(frame.convert("RGBA" if with_alpha else "RGB"))


def decode_image(encoded: bytes) -> Payload:
    """Pixels of a PNG, GIF or JPEG as RGB or RGBA uint8 of shape (height, width, channels).

    An animation gives (frames, height, width, channels), the delay of each frame in ms, and its loop count.
    Greyscale comes out as RGB with equal channels: the same picture to a viewer.
    """
    if encoded.startswith(b"\x89PNG"):
        png.check(encoded)
    with Image.open(io.BytesIO(encoded)) as image:
        count = getattr(image, "n_frames", 1)
        if count == 1:
            return {"pixels": _pixels(image)}
        frames, delays = [], []
        for index in range(count):
            image.seek(index)
            frames.append(_pixels(image))
            delays.append(image.info.get("duration"))
        return {"pixels": np.stack(frames), "delays_ms": delays, "loop": image.info.get("loop")}


def image(value) -> Payload:
    """The fields of Summary.Image and the decoded picture; the file format itself is not compared."""
    proto = value.image
    payload: Payload = {"height": proto.height, "width": proto.width, "colorspace": proto.colorspace}
    if proto.encoded_image_string:
        payload.update(decode_image(proto.encoded_image_string))
    return payload


def decode_wav(encoded: bytes) -> Payload:
    """Samples of a PCM WAV as integers of shape (frames, channels); 24-bit samples are not needed so far."""
    with wave.open(io.BytesIO(encoded)) as wav:
        dtype = {1: "u1", 2: "<i2", 4: "<i4"}[wav.getsampwidth()]
        samples = np.frombuffer(wav.readframes(wav.getnframes()), dtype).reshape(-1, wav.getnchannels())
        return {"wav_rate": wav.getframerate(), "samples": samples}


def audio(value) -> Payload:
    """The fields of Summary.Audio and the decoded samples."""
    proto = value.audio
    names = ("sample_rate", "num_channels", "length_frames", "content_type")
    return {name: getattr(proto, name) for name in names} | decode_wav(proto.encoded_audio_string)


DECODERS: dict[str, tuple[str, Callable[[Any], Payload]]] = {
    "simple_value": ("scalar", scalar),
    "tensor": ("tensor", tensor),
    "histo": ("histogram", histogram),
    "image": ("image", image),
    "audio": ("audio", audio),
}
