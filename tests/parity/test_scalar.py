"""add_scalar leaves what torch's and tensorboardX's leave."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from tests.support.events import read_events

FLOAT32_MAX = float(np.finfo(np.float32).max)
INT64_MAX, INT64_MIN = 2**63 - 1, -(2**63)

PYTHON_VALUES = [
    0, 1, -7, 2**24 + 1, 2**40, 2**70, -(2**70), True, False, 0.1, -0.0, 1e-50, 1e-45, 1e300, -1e300,
    FLOAT32_MAX, 3.4028235677973366e38, 3.4028235677973362e38, math.nan, math.inf, -math.inf,
    "3.5", " -2e3 ", "nan", Decimal("2.25"), Fraction(1, 3),
]  # fmt: skip
NUMPY_DTYPES = [
    np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64,
    np.float16, np.float32, np.float64, np.longdouble,
]  # fmt: skip
TORCH_DTYPES = [
    torch.bool, torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64,
    torch.float16, torch.bfloat16, torch.float32, torch.float64,
]  # fmt: skip


def numpy_values():
    for dtype in NUMPY_DTYPES:
        for number in (0, 1, 100.7):
            yield dtype(number)
        yield np.array(3, dtype)
        yield np.array([5], dtype)
        yield np.array([[[6]]], dtype)
    yield np.float64("nan")
    yield np.float32("-inf")
    yield np.str_("2.5")


def torch_values():
    for dtype in TORCH_DTYPES:
        yield torch.tensor(1.7).to(dtype)
        yield torch.tensor([2]).to(dtype)
        yield torch.tensor([[2.5]]).to(dtype)
    yield torch.tensor(0.25, requires_grad=True)
    yield torch.tensor([0.75], requires_grad=True) * 2
    yield torch.nn.Parameter(torch.tensor([[1.5]]))
    yield torch.arange(6.0)[4]
    yield torch.arange(6.0)[3:4]
    yield torch.tensor(math.nan)


@pytest.mark.parametrize(
    "values",
    [PYTHON_VALUES, list(numpy_values()), list(torch_values())],
    ids=["python", "numpy", "torch"],
)
def test_values(pair, values):
    pair.same(lambda writer: [writer.add_scalar("tag", value, i) for i, value in enumerate(values)])


@pytest.mark.parametrize(
    "style", [{"new_style": True}, {"new_style": True, "double_precision": True}, {"double_precision": True}]
)
def test_styles(pair, style):
    values = [*PYTHON_VALUES, np.float32(0.1), torch.tensor(0.3)]
    pair.same(lambda writer: [writer.add_scalar("tag", value, i, **style) for i, value in enumerate(values)])


def test_double_precision_keeps_all_digits(pair):
    # Guards the comparison above against two writers that both round.
    pair.same(lambda writer: writer.add_scalar("t", 0.1, 0, None, True, True))
    (event,) = [event for event in read_events(pair.ours) if event.summary.value]
    assert list(event.summary.value[0].tensor.double_val) == [0.1]


@pytest.mark.parametrize("style", [{}, {"new_style": True, "double_precision": True}], ids=str)
def test_bfloat16_is_exact(pair, style):
    # torch goes through float16, which makes infinities of all above 65504 and zeros of all below 6e-8.
    values = [torch.tensor(number).to(torch.bfloat16) for number in (70000.0, -1e38, 1e-30, 3.140625)]
    pair.same(
        lambda writer: [writer.add_scalar("t", value, 1, **style) for value in values],
        theirs=lambda writer: [writer.add_scalar("t", value.float(), 1, **style) for value in values],
    )


STEPS = [
    None, 0, 1, -5, 127, 128, -128, 2**31, 2**62, INT64_MAX, INT64_MIN, 3.9, -3.9, 1e15, True, "7",
    np.int8(-3), np.int64(7), np.uint64(5), np.float32(2.5), np.float64(9.99), np.bool_(True), np.array(3),
    np.array(4.5), torch.tensor(4), torch.tensor(4.7), torch.tensor([5]), torch.tensor(True),
    Fraction(7, 2), Decimal("-2.5"),
]  # fmt: skip


def test_steps(pair):
    pair.same(lambda writer: [writer.add_scalar("tag", 0.5, step) for step in STEPS])
    steps = [event.step for event in read_events(pair.ours) if event.summary.value]
    assert (max(steps), min(steps)) == (INT64_MAX, INT64_MIN)


def test_no_step_is_step_zero_on_every_call(pair):
    pair.same(lambda writer: [writer.add_scalar("tag", 0.5) for _ in range(3)])


@pytest.mark.parametrize(
    "walltime", [0, 1, 1.5, 1e9 + 1 / 3, -3.0, np.float64(7.25), np.int64(12), np.float32(0.1)]
)
def test_walltime(pair, walltime):
    pair.same(lambda writer: writer.add_scalar("tag", 0.5, 1, walltime))
    ours, theirs = (read_events(path)[-1].wall_time for path in (pair.ours, pair.theirs))
    assert ours == theirs == float(walltime)


def test_tags(pair):
    tags = [
        "plain",
        "with/slash",
        "with space",
        "",
        "ünïcödé 損失 🙂",
        "a" * 5000,
        "\t\n\0",
        "/lead",
        b"bytes",
        None,
    ]
    pair.same(lambda writer: [writer.add_scalar(tag, 1.0, 1) for tag in tags])


def test_keywords(pair):
    pair.same(
        lambda writer: writer.add_scalar(
            tag="t", scalar_value=1.0, global_step=2, walltime=3.0, new_style=False, double_precision=False
        )
    )


def test_many_series_interleaved(pair):
    pair.same(lambda writer: [writer.add_scalar(f"series/{i % 37}", i / 7, i) for i in range(1000)])


def test_same_as_tensorboardx(pair):
    values = [1, 0.1, -0.0, math.nan, math.inf, True, np.float32(0.1), np.int64(3), torch.tensor(2.5)]
    pair.same(
        lambda writer: [writer.add_scalar("tag", value, step) for step, value in enumerate(values)],
        peer="tensorboardX",
    )
