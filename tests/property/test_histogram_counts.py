"""The native count is np.histogram's, for every dtype and any values."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.utils.tensorboard import SummaryWriter as TorchWriter

from ringboard._native import histogram
from tests.property.buffers import as_buffer

INTEGERS = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
FLOATS = ["float16", "float32", "float64", "bfloat16"]
EDGES = np.array(histogram.edges())


def test_edges_are_torchs(tmp_path):
    writer = TorchWriter(str(tmp_path))
    assert histogram.edges() == sorted(writer.default_bins)
    writer.close()


def check(values: np.ndarray) -> None:
    found = histogram.count(*as_buffer(values))
    wide = values.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    assert found["counts"] == np.histogram(finite, EDGES)[0].tolist()
    assert found["finite"] == finite.size
    assert found["nan"] == np.isnan(wide).sum()
    assert found["positive_infinity"] == np.isposinf(wide).sum()
    assert found["negative_infinity"] == np.isneginf(wide).sum()
    assert found["min"] == (finite.min() if finite.size else np.inf)
    assert found["max"] == (finite.max() if finite.size else -np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        for name, terms in (("sum", finite), ("sum_squares", finite * finite)):
            magnitude = np.abs(terms).sum()
            if np.isfinite(magnitude):
                assert abs(found[name] - terms.sum()) <= 1e-12 * magnitude


@settings(max_examples=40)
@given(data=st.data())
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers(dtype, data):
    check(data.draw(hnp.arrays(dtype, st.integers(0, 200))))


def bit_patterns(dtype: str) -> st.SearchStrategy[np.ndarray]:
    """Arrays of arbitrary bits: NaNs, infinities and subnormal numbers among them."""
    real = np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)
    return hnp.arrays(f"u{real.itemsize}", st.integers(0, 200)).map(lambda bits: bits.view(real))


@settings(max_examples=60)
@given(data=st.data())
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_floats_of_any_bits(dtype, data):
    check(data.draw(bit_patterns(dtype)))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, len(EDGES) - 1), st.integers(-2, 2)), max_size=300))
def test_values_at_the_edges(places):
    def neighbour(edge, delta):
        for _ in range(abs(delta)):
            edge = np.nextafter(edge, np.inf * delta)
        return edge

    check(np.array([neighbour(EDGES[place], delta) for place, delta in places], np.float64))
    check(np.array([neighbour(np.float32(EDGES[place]), delta) for place, delta in places], np.float32))


@settings(max_examples=25)
@given(
    st.sampled_from([*INTEGERS, "float16", "float32", "float64"]),
    st.integers(0, 2**32 - 1),
    st.integers(1, 70_000),
)
def test_long_arrays(dtype, seed, length):
    random = np.random.default_rng(seed)
    spread = 10.0 ** random.uniform(-13, 20)
    with np.errstate(over="ignore", invalid="ignore"):
        check((random.normal(size=length) * spread).astype(np.float64).clip(-1e4, 1e4).astype(dtype))


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int16", "uint16", "int8", "uint8"])
def test_every_value_of_small_types(dtype):
    real = np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)
    check(np.arange(256**real.itemsize, dtype=f"u{real.itemsize}").view(real))


def test_what_it_refuses():
    with pytest.raises(ValueError, match="contiguous"):
        histogram.count(np.arange(6.0)[::2], "float64")
    with pytest.raises(TypeError, match="float32"):
        histogram.count(np.arange(6.0), "float32")
    with pytest.raises(TypeError, match="complex64"):
        histogram.count(np.ones(3, np.complex64), "complex64")
