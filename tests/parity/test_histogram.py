"""add_histogram and add_histogram_raw leave what torch's and tensorboardX's leave: counts exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ringboard import SummaryWriter
from tests.support.events import read_events

DTYPES = [
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "float16", "float32", "float64",
]  # fmt: skip
BINS = [
    1,
    10,
    1000,
    "auto",
    "fd",
    "doane",
    "scott",
    "rice",
    "sturges",
    "sqrt",
    [-1.0, 0.0, 0.5, 2.0],
    np.linspace(-3, 3, 7),
]


def random(dtype: str, shape: tuple[int, ...] | int = 5000) -> np.ndarray:
    generator = np.random.default_rng(5)
    if np.dtype(dtype).kind in "iu":
        info = np.iinfo(dtype)
        return generator.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    return (generator.normal(size=shape) * 3).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(pair, dtype):
    pair.same(lambda writer: writer.add_histogram("h", random(dtype), 1))


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(5),
        np.full(7, 3.25),
        np.array([2.0]),
        np.array([-1e-5, -7.0]),
        np.array([1e-13, -1e-13, 1e-12, -1e-12]),
        np.array([-0.0, 0.0]),
        np.array([1e21, -1e25, 1.0]),
        np.array([1e19, 1e20, 9.9e19]),
        np.arange(24.0).reshape(2, 3, 4),
        np.arange(24.0).reshape(4, 6).T,
        np.arange(24.0)[::-3],
        np.broadcast_to(np.float32(2.5), (3, 4)),
        np.float64(4.0),
        5,
        2.5,
        True,
    ],
    ids=repr,
)
def test_shapes_and_ranges(pair, values):
    pair.same(lambda writer: writer.add_histogram("h", values, 1))


def test_every_edge_and_its_neighbours(pair):
    positive = [1e-12]
    while positive[-1] * 1.1 < 1e20:
        positive.append(positive[-1] * 1.1)
    edges = np.array([*(-x for x in reversed(positive)), 0.0, *positive])
    values = np.concatenate([edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)])
    values = values[np.abs(values) <= edges[-1]]
    pair.same(lambda writer: writer.add_histogram("h", values, 1))


@pytest.mark.parametrize("bins", BINS, ids=str)
def test_bins_of_numpy(pair, bins):
    pair.same(lambda writer: writer.add_histogram("h", random("float64"), 1, bins=bins))


@pytest.mark.parametrize("bins", ["auto", 16])
def test_bins_of_numpy_on_float32_and_integers(pair, bins):
    pair.same(
        lambda writer: [
            writer.add_histogram("h", random(dtype), 1, bins) for dtype in ("float32", "int16", "uint8")
        ]
    )


@pytest.mark.parametrize("max_bins", [1, 2, 7, 100, 774, 775, 1547, 1548, 5000])
@pytest.mark.parametrize("bins", ["tensorflow", 300])
def test_max_bins(pair, bins, max_bins):
    pair.same(lambda writer: writer.add_histogram("h", random("float32"), 1, bins=bins, max_bins=max_bins))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(10.0, requires_grad=True),
        torch.nn.Parameter(torch.linspace(-1, 1, 12).reshape(3, 4)),
        torch.arange(12.0).reshape(3, 4).t(),
        torch.arange(12.0)[::2],
        torch.tensor(2.5),
        torch.ones(1, 3).expand(4, 3),
        torch.arange(100).to(torch.bfloat16),
    ],
    ids=str,
)
def test_torch_tensors(pair, tensor):
    pair.same(lambda writer: writer.add_histogram("h", tensor, 1))


def test_large_array(pair):
    pair.same(lambda writer: writer.add_histogram("h", random("float32", 1_000_003), 1))


def test_walltime_and_positions(pair):
    pair.same(lambda writer: writer.add_histogram("h", random("float32"), 1, 20, 12.5, 5))
    assert read_events(pair.ours)[-1].wall_time == 12.5


def test_same_as_tensorboardx(pair):
    def fill(writer):
        writer.add_histogram("h", random("float64"), 1)
        writer.add_histogram("h", [1, 2, 2.5, -3], 2)
        writer.add_histogram("h", random("float32"), 3, bins="auto")
        writer.add_histogram("h", random("float32"), 4, max_bins=50)

    pair.same(fill, peer="tensorboardX")


RAW = {"min": -1.0, "max": 2.5, "num": 6, "sum": 3.5, "sum_squares": 9.25}


@pytest.mark.parametrize("peer", ["torch", "tensorboardX"])
@pytest.mark.parametrize("container", [list, tuple, np.array, torch.tensor])
def test_raw(pair, peer, container):
    limits, counts = container([0.0, 1.0, 2.0]), container([1, 2, 3])
    pair.same(
        lambda writer: writer.add_histogram_raw(
            "h", **RAW, bucket_limits=limits, bucket_counts=counts, global_step=4
        ),
        peer=peer,
    )


def test_raw_positional_with_walltime(pair):
    pair.same(lambda writer: writer.add_histogram_raw("h", 0, 1, 2, 3, 4, [1.0, 2.0], [5.0, 0.0], 6, 7.0))
    assert read_events(pair.ours)[-1].wall_time == 7.0


def test_raw_with_no_bucket(pair):
    pair.same(lambda writer: writer.add_histogram_raw("h", 0, 0, 0, 0, 0, [], [], 1))


# Differences: values that torch refuses or lets spoil the whole histogram.


def histogram_of(tmp_path, values, **how):
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_histogram("h", values, 1, **how)
    return read_events(tmp_path)[-1].summary.value[0].histo


@pytest.mark.parametrize("bins", ["tensorflow", 8])
def test_values_that_are_not_finite_are_left_out_with_a_warning(tmp_path, bins):
    finite = random("float32", 100)
    values = np.concatenate([finite, np.float32([np.nan, np.inf, -np.inf])])
    with pytest.warns(RuntimeWarning, match=r"'h'.*3 of 103"):
        found = histogram_of(tmp_path / "all", values, bins=bins)
    expected = histogram_of(tmp_path / "finite", finite, bins=bins)
    assert (found.min, found.max, found.num) == (expected.min, expected.max, 100)
    assert list(found.bucket) == list(expected.bucket)
    assert list(found.bucket_limit) == list(expected.bucket_limit)


def test_all_outside_the_edges_is_logged(tmp_path):
    found = histogram_of(tmp_path, np.array([1e30, 2e30]))
    assert (found.min, found.max, found.num, sum(found.bucket)) == (1e30, 2e30, 2, 2)


@pytest.mark.parametrize("bins", ["tensorflow", 8, [0.0, 1.0]], ids=str)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nothing_finite_is_no_exception(tmp_path, value, bins):
    with pytest.warns(RuntimeWarning, match=r"'h', step 1: 3 of 3"):
        found = histogram_of(tmp_path, np.full(3, value), bins=bins)
    assert (found.min, found.max, found.num, found.sum, found.sum_squares) == (0, 0, 0, 0, 0)
    assert sum(found.bucket) == 0


@pytest.mark.parametrize("bins", ["tensorflow", 8])
def test_bfloat16_is_exact(pair, bins):
    # torch goes through float16, which makes infinities of all above 65504.
    values = torch.tensor([-1e19, -1e10, -1.0, 1e-7, 70000.0, 9e19]).to(torch.bfloat16)
    pair.same(
        lambda writer: writer.add_histogram("h", values, 1, bins=bins),
        theirs=lambda writer: writer.add_histogram("h", values.float(), 1, bins=bins),
    )
