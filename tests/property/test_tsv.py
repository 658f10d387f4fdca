"""Numbers in tables: every float comes back bit for bit, and float64 is laid out as repr() does it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ringboard._native import tsv

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


def matrices(dtype: str):
    return arrays.arrays(dtype, arrays.array_shapes(min_dims=2, max_dims=2, max_side=6))


def parsed(text: bytes, dtype: str) -> np.ndarray:
    """As TensorBoard's server does: Python's float(), then the type."""
    return np.array(
        [[float(cell) for cell in line.split("\t")] for line in text.decode().splitlines()], dtype
    )


@given(matrices("float32"))
def test_float32_comes_back(matrix):
    found = parsed(tsv.rows(matrix, "float32"), "float32")
    np.testing.assert_array_equal(found, matrix)
    assert (np.signbit(found) == np.signbit(matrix))[~np.isnan(matrix)].all()


@given(matrices("float64"))
def test_float64_is_written_as_repr(matrix):
    wanted = "".join("\t".join(map(repr, row)) + "\n" for row in matrix.tolist())
    assert tsv.rows(matrix, "float64").decode() == wanted


def significant_digits(number: str) -> int:
    return len(number.partition("e")[0].replace(".", "").strip("-0"))


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=50))
def test_float32_of_any_bits_has_as_few_digits_as_numpys(bits):
    matrix = np.array([bits], np.uint32).view(np.float32)
    matrix = matrix[:, np.isfinite(matrix[0])]
    if matrix.size:
        ours = tsv.rows(matrix, "float32").decode().split()
        numpys = [np.format_float_scientific(each, unique=True) for each in matrix[0]]
        assert list(map(significant_digits, ours)) == list(map(significant_digits, numpys))


@pytest.mark.parametrize("dtype", INTEGERS)
@given(data=st.data())
def test_integers_are_exact(dtype, data):
    matrix = data.draw(matrices(dtype))
    wanted = "".join("\t".join(map(str, row)) + "\n" for row in matrix.tolist())
    assert tsv.rows(matrix, dtype).decode() == wanted


@given(matrices("float32"), st.sampled_from([1, 2, -1, -2]), st.sampled_from([1, 3, -1]), st.booleans())
def test_any_strides(matrix, rows, columns, transposed):
    view = matrix[::rows, ::columns]
    view = view.T if transposed else view
    assert tsv.rows(view, "float32") == tsv.rows(np.ascontiguousarray(view), "float32")


def test_booleans_are_numbers():
    assert tsv.rows(np.array([[True, False]]), "bool") == b"1\t0\n"


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.ones(3), "float64"),
        (np.ones((1, 2, 3)), "float64"),
        (np.ones((2, 0)), "float64"),
        (np.ones((2, 2), "float16"), "float16"),
        (np.ones((2, 2), "uint16"), "bfloat16"),
    ],
)
def test_what_is_no_table_is_refused(array, dtype):
    with pytest.raises(ValueError):
        tsv.rows(array, dtype)
