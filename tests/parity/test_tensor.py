"""add_tensor leaves what torch's leaves, where TensorBoard can read that."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tensorboard.compat.proto import types_pb2
from tensorboard.util import tensor_util

from ringboard import SummaryWriter
from tests.support.events import read_events

READABLE = [
    torch.float32, torch.float64, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool,
    torch.complex64, torch.complex128,
]  # fmt: skip
SHAPES = [(), (1,), (7,), (2, 3), (2, 1, 4, 3), (0,), (2, 0), (1000,)]


def sample(dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
    generator = torch.Generator().manual_seed(len(shape))
    spread = 2.0 if dtype is torch.bool else 200.0
    values = (torch.rand(shape, dtype=torch.float64, generator=generator) - 0.5) * spread
    return (
        values.to(dtype) * 1j
        if dtype.is_complex
        else values.round().to(dtype)
        if spread == 2.0
        else values.to(dtype)
    )


@pytest.mark.parametrize("dtype", READABLE, ids=str)
def test_dtypes_and_shapes(pair, dtype):
    pair.same(
        lambda writer: [writer.add_tensor("t", sample(dtype, shape), i) for i, shape in enumerate(SHAPES)]
    )


@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int32, torch.int64])
def test_integer_extremes(pair, dtype):
    info = torch.iinfo(dtype)
    edges = [0, 1, -1, 126, 127, -128, info.max, info.min, info.max - 1, info.min + 1]
    pair.same(lambda writer: writer.add_tensor("t", torch.tensor(edges, dtype=dtype), 1))


def test_every_length_of_varint(pair):
    edges = [sign * 2**bits + delta for bits in range(63) for sign in (1, -1) for delta in (-1, 0, 1)]
    pair.same(lambda writer: writer.add_tensor("t", torch.tensor(edges, dtype=torch.int64), 1))


@pytest.mark.parametrize(
    "look",
    [
        lambda t: t.t(),
        lambda t: t[:, ::2],
        lambda t: t.flip(0),
        lambda t: t[:1].expand(5, -1),
        lambda t: t.requires_grad_(),
        torch.nn.Parameter,
    ],
)
def test_views_and_grads(pair, look):
    values = torch.arange(12.0).reshape(3, 4)
    pair.same(lambda writer: writer.add_tensor("t", look(values.clone()), 1))


def test_special_floats(pair):
    values = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45])
    pair.same(lambda writer: writer.add_tensor("t", values, 1))


# torch writes these in fields where no reader looks for them, or refuses them.  Ours can be read.


def written(tmp_path, value) -> tuple[np.ndarray, object]:
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_tensor("t", value, 3)
    (event,) = [event for event in read_events(tmp_path) if event.summary.value]
    assert event.step == 3
    (one,) = event.summary.value
    assert (one.tag, one.metadata.plugin_data.plugin_name) == ("t", "tensor")
    return tensor_util.make_ndarray(one.tensor), one.tensor


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.uint8, torch.uint16, torch.uint32, torch.uint64], ids=str
)
def test_dtypes_that_torch_writes_unreadably_or_not_at_all(tmp_path, dtype):
    values = torch.tensor([0, 1, 2, 100, 255]).to(dtype)
    array, _proto = written(tmp_path, values)
    assert array.dtype == values.numpy().dtype
    assert np.array_equal(array, values.numpy())


def test_bfloat16_tensor(tmp_path):
    # TensorBoard itself has no bfloat16 (its numpy type for it is 0); TensorFlow has: bits in half_val.
    values = torch.tensor([0.0, -1.5, 1e38, 3.0e-39, float("inf")]).to(torch.bfloat16)
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_tensor("t", values, 3)
    proto = read_events(tmp_path)[-1].summary.value[0].tensor
    assert proto.dtype == types_pb2.DT_BFLOAT16
    bits = (
        np.frombuffer(proto.tensor_content, np.uint16) if proto.tensor_content else np.uint16(proto.half_val)
    )
    assert np.array_equal(bits, values.view(torch.int16).numpy().view(np.uint16))


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2], ids=str)
def test_float8_tensor_is_widened_exactly(tmp_path, dtype):
    values = torch.arange(256, dtype=torch.uint8).view(dtype)
    array, _proto = written(tmp_path, values)
    assert array.dtype == np.float32
    assert np.array_equal(array, values.to(torch.float32).numpy(), equal_nan=True)


@pytest.mark.parametrize("value", [np.arange(6).reshape(2, 3), np.float32(2.5), [1, 2, 3], 7], ids=repr)
def test_arrays_that_are_no_torch_tensors(tmp_path, value):
    array, proto = written(tmp_path, value)
    assert np.array_equal(array, np.asarray(value))
    assert [dim.size for dim in proto.tensor_shape.dim] == list(np.shape(value))
