"""Audio summaries: 16-bit PCM in a WAV file, which every browser plays."""

from __future__ import annotations

import math
import struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ringboard import proto
from ringboard.arrays import Array, describe, widened
from ringboard.summaries.tensor import MAX_BYTES

_SAMPLE_BYTES = 2
_PEAK = 32767  # torch's: 1.0 and -1.0 are equally loud, and -32768 is never written
_HEADER_BYTES = 44

# Integers of a type that sound is recorded in fill its range: the shift that leaves the upper 16 bits, after
# unsigned ones (whose silence is the middle) have been centred.
_SHIFTS = {"int8": -8, "uint8": -8, "uint16": 0, "int32": 16, "uint32": 16}


class Sound(NamedTuple):
    """What a WAV file holds."""

    samples: npt.NDArray[np.int16]  # (frames, channels)
    clipped: int  # how many of them were out of range, or NaN


def to_sound(tag: str, value: object, array: Array) -> Sound:
    """Samples of any dtype and layout as (frames, channels) int16.

    Raises:
        ValueError: no samples, or neither one channel nor two.
        TypeError: complex numbers.
    """
    by_frame = _frames_first(tag, value, widened(array))
    name = by_frame.dtype.name
    if name == "int16":
        return Sound(np.ascontiguousarray(by_frame), 0)
    if name in _SHIFTS:
        return Sound(_from_recorded(by_frame), 0)
    if by_frame.dtype.kind in "iu":  # 64 bits: nobody records that; it is what arithmetic on int16 leaves
        return _from_wide_integers(by_frame)
    if by_frame.dtype.kind == "c":
        raise TypeError(f"audio {tag!r}: expected real samples, got {describe(value)}")
    return _from_amplitudes(by_frame)


def _frames_first(tag: str, value: object, data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(frames, channels).

    The shape tells which axis is which.  Axes of length 1 go, as in torch.  Of two that are left, the one of
    length 2 has the channels, and the last one when both are, as in tensorboardX.
    """
    shaped = data.squeeze()
    if data.size == 0:
        raise ValueError(f"audio {tag!r}: there are no samples in {describe(value)}")
    if shaped.ndim <= 1:
        return shaped.reshape(-1, 1)
    if shaped.ndim == 2 and shaped.shape[1] == 2:
        return shaped
    if shaped.ndim == 2 and shaped.shape[0] == 2:
        return np.swapaxes(shaped, 0, 1)
    raise ValueError(
        f"audio {tag!r}: expected mono (L,), (1, L) or (L, 1), or stereo (2, L) or (L, 2); got "
        f"{describe(value)}"
    )


def _from_recorded(data: npt.NDArray[Any]) -> npt.NDArray[np.int16]:
    bits = 8 * data.dtype.itemsize
    wide = data.astype(np.int64)
    if data.dtype.kind == "u":
        wide -= 1 << (bits - 1)
    shift = _SHIFTS[data.dtype.name]
    return (wide << -shift if shift < 0 else wide >> shift).astype(np.int16)


def _from_wide_integers(data: npt.NDArray[Any]) -> Sound:
    low, high = -32768, 32767
    outside = int(np.count_nonzero(data > high))
    if data.dtype.kind == "i":
        outside += int(np.count_nonzero(data < low))
    return Sound(data.clip(low if data.dtype.kind == "i" else 0, high).astype(np.int16), outside)


def _from_amplitudes(data: npt.NDArray[Any]) -> Sound:
    if data.dtype.itemsize < 4:  # bool, float16: 32767 has more digits than float16 has
        data = data.astype(np.float32)
    clipped = 0
    # Not `> 1`: that would let NaN through.
    if not (float(data.max()) <= 1.0 and float(data.min()) >= -1.0):
        inside = np.abs(data) <= 1.0
        clipped = data.size - int(np.count_nonzero(inside))
        data = np.nan_to_num(data, nan=0.0).clip(-1.0, 1.0)
    samples = np.empty(data.shape, np.int16)
    # In the samples' own precision and truncated, as torch does; in one pass, without a copy of the product.
    np.multiply(data, _PEAK, out=samples, dtype=data.dtype, casting="unsafe")
    return Sound(samples, clipped)


def to_sample_rate(tag: str, sample_rate: Any) -> float:
    """A sample rate in Hz that a WAV file can name."""
    try:
        rate = float(sample_rate)
    except (TypeError, ValueError):
        raise TypeError(f"audio {tag!r}: expected a sample_rate in Hz, got {describe(sample_rate)}") from None
    if not (math.isfinite(rate) and 1 <= round(rate) < 2**30):
        raise ValueError(f"audio {tag!r}: sample_rate={sample_rate}: expected Hz, from 1 to 2^30")
    return rate


def wav_file(samples: npt.NDArray[np.int16], sample_rate: int) -> bytes:
    """A RIFF file with one "fmt " and one "data" chunk: multimedia programming interface 1.0, chapter 3."""
    channels = samples.shape[1]
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", _HEADER_BYTES - 8 + samples.nbytes, b"WAVE"),
        *(b"fmt ", 16, 1, channels, sample_rate),  # 1: PCM
        *(sample_rate * channels * _SAMPLE_BYTES, channels * _SAMPLE_BYTES, 8 * _SAMPLE_BYTES),
        *(b"data", samples.nbytes),
    )
    return header + samples.astype("<i2", copy=False).tobytes()


def audio_event(tag: str, sound: Sound, sample_rate: float) -> bytes:
    """The body of an audio event."""
    frames, channels = sound.samples.shape
    if sound.samples.nbytes > MAX_BYTES - (1 << 20):
        raise ValueError(
            f"audio {tag!r}: {sound.samples.nbytes} bytes of samples are more than an event can hold (2 GiB)"
        )
    audio = (
        proto.single(1, sample_rate)
        + proto.integer(2, channels)
        + proto.integer(3, frames)
        + proto.message(4, wav_file(sound.samples, round(sample_rate)))
        + proto.text(5, "audio/wav")
    )  # fmt: skip
    return proto.summary_event(proto.text(1, tag) + proto.message(6, audio))
