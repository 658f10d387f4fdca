"""Histograms of other bins are np.histogram's, bucket for bucket and edge for edge."""

from __future__ import annotations

import warnings

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ringboard._native import histogram
from ringboard.arrays import Array
from ringboard.summaries.histogram import count_into_bins
from tests.property.buffers import as_buffer

DTYPES = [
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "float16", "bfloat16", "float32", "float64",
]  # fmt: skip
NAMES = ["auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt"]
# Numbers that meet each other, and some that hardly fit.
NUMBERS = st.one_of(
    st.integers(-40, 40).map(lambda number: number / 4),
    st.sampled_from([0.1, 1e-300, 5e-324, 1e16, 1e300, 1.7e308]).flatmap(lambda x: st.sampled_from([x, -x])),
    st.floats(allow_nan=False, allow_infinity=False),
)


def real(dtype: str) -> np.dtype:
    return np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)


def values_of(dtype: str) -> st.SearchStrategy[np.ndarray]:
    """Arrays of numbers that meet the edges, or of any bits."""
    size = st.integers(1, 60)
    bits = hnp.arrays(f"u{real(dtype).itemsize}", size).map(lambda bits: bits.view(real(dtype)))
    if dtype == "bool":
        return hnp.arrays(bool, size)
    if dtype.startswith(("int", "uint")):
        return st.one_of(bits, hnp.arrays(dtype, size, elements=st.integers(0, 12)))
    numbers = st.lists(NUMBERS, min_size=1, max_size=60)
    return st.one_of(bits, numbers.map(lambda numbers: np.array(numbers).astype(real(dtype))))


def check(values: np.ndarray, bins) -> None:
    """The same counts, edges and extremes, or the same error."""
    wide = values.astype(np.float64).ravel()
    finite = wide[np.isfinite(wide)]
    array = Array(*as_buffer(values))
    if finite.size == 0:
        assert count_into_bins("t", array, bins, None).finite == 0
        return
    try:
        counts, limits = np.histogram(finite, bins)
    except Exception as error:
        with pytest.raises(type(error)):
            count_into_bins("t", array, bins, None)
        return
    found = count_into_bins("t", array, bins, None)
    assert (found.low, found.high, found.finite) == (finite.min(), finite.max(), finite.size)
    occupied = np.flatnonzero(counts)
    if occupied.size:
        first, last = occupied[0], occupied[-1]
        assert found.counts.tolist() == [0.0, *counts[first : last + 1].tolist()]
        assert np.array_equal(found.limits, np.asarray(limits, float)[first : last + 2], equal_nan=True)
    else:
        assert (found.counts.tolist(), found.limits.tolist()) == ([finite.size], [finite.max()])


@pytest.fixture(autouse=True)
def overflow_is_no_warning():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


@settings(max_examples=60)
@given(data=st.data(), bins=st.integers(1, 70))
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_number_of_bins(dtype, data, bins):
    check(data.draw(values_of(dtype)), bins)


@settings(max_examples=60)
@given(data=st.data(), edges=st.lists(st.one_of(NUMBERS, st.just(np.inf), st.just(-np.inf)), max_size=20))
@pytest.mark.parametrize("dtype", DTYPES)
def test_edges(dtype, data, edges):
    check(data.draw(values_of(dtype)), sorted(edges))


@settings(max_examples=30)
@given(data=st.data(), name=st.sampled_from(NAMES))
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_names(dtype, data, name):
    numbers = st.lists(st.integers(-40, 40).map(lambda number: number / 4), min_size=1, max_size=60)
    check(np.array(data.draw(numbers)).clip(0 if dtype == "uint8" else None).astype(dtype), name)


@pytest.mark.parametrize("ulps", [1, 2, 3, 10, 50])
def test_bins_about_as_wide_as_the_gaps_between_numbers(ulps):
    first = np.float64(0.1)
    values = first + np.arange(ulps + 1) * np.spacing(first)
    for bins in range(1, 2 * ulps + 2):
        check(values, bins)


@pytest.mark.parametrize("bins", [7, 49, 100, 1000])
def test_values_at_every_edge_and_beside_it(bins):
    edges = np.linspace(-0.7, 1.3, bins + 1)
    values = np.concatenate([edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)])
    check(values.clip(-0.7, 1.3), bins)
    check(values.astype(np.float32), edges)
    check(values, edges)


@pytest.mark.parametrize("edges", [np.arange(5), np.arange(5, dtype=np.uint64), np.array([False, True]),
                                   np.array([0, 1, 2], np.float16), np.array([0, 0.1, 3], np.longdouble),
                                   np.array([0, 1, np.nan]), np.array([np.nan, 1, 2])], ids=repr)  # fmt: skip
def test_edges_of_other_types(edges):
    check(np.arange(-8, 33) / 8, edges)


def test_a_transpose_and_strides():
    values = np.arange(60.0).reshape(5, 12)
    check(values.T, 7)
    check(values[::2, ::3], [0, 10, 20, 59])


def test_what_the_native_functions_refuse():
    edges, counts = np.arange(3.0), np.zeros(4, np.uint64)
    for count in (histogram.count_equal_bins, histogram.count_reached):
        with pytest.raises(ValueError, match="contiguous"):
            count(np.arange(6.0)[::2], "float64", edges, counts)
        with pytest.raises(ValueError, match="one count more than edges"):
            count(np.arange(6.0), "float64", edges, counts[:3])
    with pytest.raises(ValueError, match="2 edges or more"):
        histogram.count_equal_bins(np.arange(6.0), "float64", edges[:1], counts[:2])
