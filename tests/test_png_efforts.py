"""ringboard.configure(png=...): the same pixels in files of other sizes, wherever PNGs are made."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence
from sklearn.datasets import load_digits

import ringboard
from ringboard._native import png
from tests.support.events import read_events
from tests.support.png import check

EFFORTS = ("speed", "balanced", "small")


@pytest.fixture(autouse=True)
def balanced_again():
    yield
    ringboard.configure(png="balanced")


def digits() -> np.ndarray:
    """(8 · 28, 8 · 28, 3): real digits, enlarged, as make_grid shows them."""
    pictures = (load_digits().images[:64] * 15).astype(np.uint8)
    grid = pictures.reshape(8, 8, 8, 8).transpose(0, 2, 1, 3).reshape(64, 64)
    return np.repeat(np.kron(grid, np.ones((4, 4), np.uint8))[..., None], 3, axis=-1)


def encoded(log_dir) -> list[bytes]:
    return [
        value.image.encoded_image_string
        for event in read_events(log_dir)
        for value in event.summary.value
        if value.HasField("image")
    ]


def test_images_and_animations_and_those_too_large_for_the_ring(tmp_path):
    grid = digits()
    large = np.tile(grid, (16, 14, 1))
    frames = np.stack([np.roll(grid, shift, 0) for shift in range(3)])
    sizes = {}
    for effort in EFFORTS:
        ringboard.configure(png=effort)
        with ringboard.SummaryWriter(tmp_path / effort) as writer:
            writer.add_image("grid", grid, dataformats="HWC")
            writer.flush()  # so that the encoder of the writer thread has seen it
            writer.add_image("large", large, dataformats="HWC")
            writer.add_video("frames", frames, dataformats="THWC", format="apng")
        one, two, moving = encoded(tmp_path / effort)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(one))), grid)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(two))), large)
        shown = [
            np.asarray(frame.convert("RGB"))
            for frame in ImageSequence.Iterator(Image.open(io.BytesIO(moving)))
        ]
        assert np.array_equal(shown, frames)
        sizes[effort] = [len(one), len(two), len(moving)]
    for small, balanced, speed in zip(*(sizes[effort] for effort in reversed(EFFORTS)), strict=True):
        assert small < balanced < speed, sizes


@settings(max_examples=150)
@given(
    effort=st.sampled_from(EFFORTS),
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90), st.sampled_from([1, 2, 3, 4])),
    colours=st.sampled_from([1, 2, 5, 256]),
    block=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_effort_keeps_the_pixels(effort, shape, colours, block, seed):
    height, width, channels = shape
    random = np.random.default_rng(seed)
    coarse = random.integers(0, colours, (-(-height // block), -(-width // block), channels)) * (
        255 // colours
    )
    pixels = np.kron(coarse, np.ones((block, block, 1), int))[:height, :width].astype(np.uint8)
    ringboard.configure(png=effort)
    file = png.encode(np.ascontiguousarray(pixels), "uint8", "HWC")
    check(file)
    shown = pixels if channels != 1 else np.repeat(pixels, 3, axis=-1)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(file))), shown)
