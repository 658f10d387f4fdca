"""add_image and add_images leave torch's pixels, for every layout, dtype and view."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from ringboard import SummaryWriter
from tests import png_reference
from tests.support.events import read_events
from tests.support.payloads import decode_image

SIZES = {"N": 5, "C": 3, "H": 4, "W": 6}


def picture(axes: str, dtype: str = "uint8", **sizes: int) -> np.ndarray:
    shape = tuple((SIZES | sizes)[axis] for axis in axes.upper())
    return np.random.default_rng(len(axes)).integers(0, 256, shape).astype(dtype)


def orders(axes: str) -> list[str]:
    return ["".join(order) for order in itertools.permutations(axes)]


@pytest.mark.parametrize("axes", [*orders("CHW"), *orders("HW"), "chw", "hWc"])
def test_every_order_of_one_picture(pair, axes):
    pair.same(lambda writer: writer.add_image("i", picture(axes), 1, dataformats=axes))


def test_every_order_of_a_batch(pair):
    pair.same(
        lambda writer: [
            writer.add_images("i", picture(axes), step, dataformats=axes)
            for step, axes in enumerate(orders("NCHW"))
        ]
    )


def test_add_image_takes_batches_and_add_images_takes_pictures(pair):
    def fill(writer):
        writer.add_image("i", picture("NCHW"), 1, dataformats="NCHW")
        writer.add_images("i", picture("CHW"), 2, dataformats="CHW")
        writer.add_images("i", picture("HW"), 3, dataformats="HW")

    pair.same(fill)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("axes", ["CHW", "HWC"])
def test_channels(pair, axes, channels):
    pair.same(lambda writer: writer.add_image("i", picture(axes, C=channels), 1, dataformats=axes))


def test_grids_of_1_to_20_frames(pair):
    def fill(writer):
        for frames in range(1, 21):
            writer.add_images("rgb", picture("NCHW", N=frames), frames)
            writer.add_images("grey", picture("NHWC", N=frames, C=1), frames, dataformats="NHWC")

    pair.same(fill)


@pytest.mark.parametrize("axes", ["NHW", "HNW", "WHN"])
def test_a_batch_without_channels_is_grey(pair, axes):
    # torch refuses these; the same pictures with a channel axis are what they mean.
    batch = picture(axes)
    with_channel = np.moveaxis(batch, [axes.index(axis) for axis in "NHW"], [0, 1, 2])[:, np.newaxis]
    pair.same(
        lambda writer: writer.add_images("i", batch, 1, dataformats=axes),
        theirs=lambda writer: writer.add_images("i", with_channel, 1),
    )


INTEGERS = ["int8", "int16", "int32", "uint32", "int64", "uint64"]


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS])
def test_integers_and_bools(pair, dtype):
    values = picture("CHW", "int64") % 3 - (1 if dtype.startswith("int") else 0)
    pair.same(lambda writer: writer.add_image("i", values.astype(dtype), 1))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_inside_and_outside_of_0_to_1(pair, dtype):
    random = np.random.default_rng(3)
    inside, outside = random.random((3, 40, 50)), random.normal(size=(3, 40, 50)) * 2
    pair.same(
        lambda writer: [
            writer.add_image("i", inside.astype(dtype), 1),
            writer.add_image("i", outside.astype(dtype), 2),
        ]
    )


def test_every_float16(pair):
    values = np.arange(65536, dtype=np.uint16).view(np.float16)
    values = values[np.isfinite(values)][: 3 * 100 * 200].reshape(3, 100, 200)
    pair.same(lambda writer: writer.add_image("i", values, 1))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_next_to_the_steps_of_255(pair, dtype):
    exact = np.arange(-3, 260).astype(dtype) / np.dtype(dtype).type(255)
    values = np.stack([exact, np.nextafter(exact, -9), np.nextafter(exact, 9)]).astype(dtype)
    pair.same(lambda writer: writer.add_image("i", values[:, np.newaxis], 1))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_infinities_and_huge_values(pair, dtype):
    values = np.zeros((3, 2, 4), dtype)
    values[0, 0] = [np.inf, -np.inf, np.finfo(dtype).max, np.finfo(dtype).min]
    with np.errstate(over="ignore"):
        pair.same(lambda writer: writer.add_image("i", values, 1))


def test_nan_is_black(tmp_path):
    values = np.full((3, 2, 2), np.nan, np.float32)
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_image("i", values, 1)
    image = read_events(tmp_path)[-1].summary.value[0].image
    assert not decode_image(image.encoded_image_string)["pixels"].any()


BASE = picture("CHW", H=9, W=11)
VIEWS = {
    "transposed": lambda a: a.transpose(0, 2, 1),
    "reversed": lambda a: a[::-1, ::-1, ::-1],
    "every other": lambda a: a[:, ::2, ::3],
    "reversed every other": lambda a: a[:, ::-2, ::-1],
    "expanded row": lambda a: np.broadcast_to(a[:, :1], (3, 5, 11)),
    "expanded column": lambda a: np.broadcast_to(a[:, :, :1], (3, 9, 4)),
    "expanded channel": lambda a: np.broadcast_to(a[:1], (3, 9, 11)),
    "Fortran order": np.asfortranarray,
    "one pixel": lambda a: a[:, :1, :1],
    "one row": lambda a: a[:, :1],
    "one column": lambda a: a[:, :, :1],
    "big endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "not aligned": lambda a: np.frombuffer(b"-" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("dtype", ["uint8", "bool", "float16", "float32", "float64", "int32"])
def test_views(pair, name, dtype):
    base = BASE if dtype == "uint8" else (BASE / 255).astype(dtype)
    pair.same(lambda writer: writer.add_image("i", VIEWS[name](base), 1))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.from_numpy(BASE.copy()),
        torch.from_numpy(BASE.copy()).permute(1, 2, 0),
        torch.from_numpy(BASE.copy()).float().div(255).requires_grad_(),
        torch.from_numpy(BASE.copy())[:1].expand(3, -1, -1),
        torch.from_numpy(BASE.copy()).half().div(255),
        torch.from_numpy(BASE.copy()) > 99,
        torch.from_numpy(BASE.copy()).double().div(200),
    ],
    ids=["uint8", "permuted", "grad", "expanded", "half", "bool", "double"],
)
def test_torch_tensors(pair, tensor):
    axes = "HWC" if tensor.shape[2] == 3 else "CHW"
    pair.same(lambda writer: writer.add_image("i", tensor, 1, dataformats=axes))


def test_bfloat16_is_exact(pair):
    # torch rounds bfloat16 through float16; ours is what the float32 of the same values gives.
    tensor = torch.linspace(-0.5, 1.5, 3 * 40 * 50).reshape(3, 40, 50).to(torch.bfloat16)
    pair.same(
        lambda writer: writer.add_image("i", tensor, 1),
        theirs=lambda writer: writer.add_image("i", tensor.float(), 1),
    )


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (513, 517)])
def test_sizes(pair, size):
    random = np.random.default_rng(1)
    smooth = np.linspace(0, 200, size[0] * size[1]).reshape(size)
    noisy = (smooth + random.integers(0, 40, (3, *size))).astype(np.uint8)
    pair.same(lambda writer: writer.add_image("i", noisy, 1))


@pytest.mark.parametrize("axes", ["HW", "CHW", "HWC", "NCHW"])
def test_uint16_keeps_all_its_bits(tmp_path, axes):
    values = picture(axes, "uint16", N=1, C=4, H=20, W=30) * 257 + 3
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_image("i", values, 1, dataformats=axes)
    image = read_events(tmp_path)[-1].summary.value[0].image
    pixels = png_reference.decode(image.encoded_image_string)
    if axes == "HW":
        expected = np.repeat(values[:, :, np.newaxis], 3, axis=2)  # grey is tripled, as torch does
    else:
        expected = np.moveaxis(np.squeeze(values), axes.replace("N", "").index("C"), -1)
    assert np.array_equal(pixels, expected)


def test_walltime_and_positions(pair):
    pair.same(lambda writer: writer.add_image("i", picture("HWC"), 1, 12.5, "HWC"))
    assert read_events(pair.ours)[-1].wall_time == 12.5


def test_same_as_tensorboardx(pair):
    def fill(writer):
        writer.add_image("rgb", picture("CHW"), 1)
        writer.add_image("rgba", picture("HWC", C=4), 1, dataformats="HWC")
        writer.add_image("grey", picture("HW"), 1, dataformats="HW")
        writer.add_images("grid", picture("NCHW", N=10), 1)

    pair.same(fill, peer="tensorboardX")
