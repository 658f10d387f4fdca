"""Every PNG decodes to exactly the pixels that went in, whatever their shape, dtype and strides."""

from __future__ import annotations

import io

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.utils.tensorboard._utils import convert_to_HWC

from ringboard._native import png
from tests import png_reference
from tests.property.buffers import as_buffer
from tests.support.png import check

DTYPES = [
    "uint8",
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "bfloat16",
]


@st.composite
def images(draw, dtypes=tuple(DTYPES)):
    """(array, axes): random layout, strides and contents, from flat to noise."""
    axes = "".join(draw(st.permutations(draw(st.sampled_from(["HW", "CHW", "NCHW", "NHW"])))))
    limits = {"N": 11, "C": 4, "H": 40, "W": 40}
    shape = tuple(draw(st.integers(1, limits[axis])) for axis in axes)
    steps = tuple(draw(st.sampled_from([1, 1, 1, 2, -1, -2])) for _ in axes)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(dtypes))
    base = contents(
        random,
        draw(st.sampled_from(["noise", "smooth", "flat", "few"])),
        [n * abs(s) for n, s in zip(shape, steps, strict=True)],
    )
    base = base.astype(ml_dtypes.bfloat16) if dtype == "bfloat16" else as_dtype(base, dtype)
    if draw(st.booleans()):
        base = np.asfortranarray(base)
    view = base[tuple(slice(None, None, step) for step in steps)]
    if draw(st.integers(0, 5)) == 0:  # one axis is a broadcast
        axis = draw(st.integers(0, len(axes) - 1))
        view = np.broadcast_to(view.take([0], axis), shape)
    return view, axes


def contents(random, kind: str, shape) -> np.ndarray:
    """Values around 0 … 1."""
    if kind == "noise":
        return random.normal(0.5, 0.6, shape)
    if kind == "flat":
        return np.full(shape, random.random())
    if kind == "few":
        return random.integers(0, 3, shape) / 2
    return np.linspace(-0.2, 1.2, int(np.prod(shape))).reshape(shape)


def as_dtype(values: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "uint8":
        return (values * 255).clip(0, 255).astype(np.uint8)
    if dtype == "uint16":
        return (values * 65535).clip(0, 65535).astype(np.uint16)
    if dtype.startswith("uint"):
        values = values.clip(0, None)
    return (values * 2).astype(dtype) if dtype[0] in "iu" else values.astype(dtype)


def expected_pixels(array: np.ndarray, axes: str) -> np.ndarray:
    """torch's own rule, for what torch takes; (height, width, channels)."""
    values = array.astype(np.float32) if array.dtype.name == "bfloat16" else array
    if "C" not in axes and "N" in axes:
        values, axes = values[..., np.newaxis], f"{axes}C"
    pixels = convert_to_HWC(values, axes)
    scale = 1 if pixels.dtype == np.uint8 else 255
    return (pixels.astype(np.float32) * scale).clip(0, 255).astype(np.uint8)


def decoded(encoded: bytes) -> np.ndarray:
    check(encoded)
    return np.asarray(Image.open(io.BytesIO(encoded)))


@settings(max_examples=250)
@given(images())
def test_decodes_to_what_was_packed_and_to_torchs_pixels(image):
    array, axes = image
    buffer, dtype = as_buffer(array)
    pixels, height, width, channels, depth = png.pack(buffer, dtype, axes)
    packed = np.frombuffer(pixels, np.uint8).reshape(height, width, channels)
    assert depth == 8
    assert np.array_equal(decoded(png.encode(buffer, dtype, axes)), packed)
    channels_in = dict(zip(axes, array.shape, strict=True)).get("C", 1)
    if channels_in in (1, 3) or "N" not in axes:  # torch's grids take no others
        assert np.array_equal(packed, expected_pixels(array, axes))


@settings(max_examples=40)
@given(images(dtypes=("uint16",)))
def test_16_bits_are_kept(image):
    array, axes = image
    pixels, height, width, channels, depth = png.pack(array, "uint16", axes)
    packed = np.frombuffer(pixels, np.uint16).reshape(height, width, channels)
    assert depth == 16
    assert np.array_equal(png_reference.decode(png.encode(array, "uint16", axes)), packed)
    if "N" not in axes:
        order = [axes.index(axis) for axis in ("HWC" if "C" in axes else "HW")]
        plain = array.transpose(order).reshape(height, width, -1)
        assert np.array_equal(packed, np.broadcast_to(plain, packed.shape))


@settings(max_examples=12)
@given(
    st.integers(1, 700),
    st.integers(1, 700),
    st.sampled_from(["noise", "smooth", "few"]),
    st.integers(0, 2**32 - 1),
)
def test_larger_pictures(height, width, kind, seed):
    values = as_dtype(contents(np.random.default_rng(seed), kind, (height, width, 3)), "uint8")
    assert np.array_equal(decoded(png.encode(values, "uint8", "HWC")), values)


@pytest.mark.parametrize("shape", [(1, 70_000, 3), (70_000, 1, 3), (1, 1, 4), (3, 65_536, 1)])
def test_thin_pictures(shape):
    values = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    found = decoded(png.encode(values, "uint8", "HWC"))
    assert np.array_equal(found, np.broadcast_to(values, found.shape))


def test_repeated_patterns_of_every_period():
    for period in range(1, 300, 7):
        row = np.arange(period, dtype=np.uint8)
        values = np.resize(row, (64, 257))
        assert np.array_equal(decoded(png.encode(values, "uint8", "HW"))[:, :, 0], values)


def test_sizes_are_near_pillows_level_1():
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:512, 0:512]
    smooth = np.stack([x / 3, y / 3, (x + y) / 5], -1) + random.normal(0, 4, (512, 512, 3))
    values = smooth.clip(0, 255).astype(np.uint8)
    reference = io.BytesIO()
    Image.fromarray(values).save(reference, "PNG", compress_level=1)
    assert len(png.encode(values, "uint8", "HWC")) <= 1.1 * len(reference.getvalue())
