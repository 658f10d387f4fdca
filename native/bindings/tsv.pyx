# distutils: language = c++
"""Matrices as tab-separated values."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t

from arrays cimport ArrayView
from base_byte_buffer cimport ByteBuffer
from base_status cimport Status
from errors cimport raise_if_error
from tsv_rows cimport AppendRows, Matrix

cdef size_t release_elements = 1 << 8  # below (about 10 µs), the GIL costs more than it frees


def rows(array, str dtype not None):
    """The lines of a matrix, as bytes: tabs between the numbers, a newline behind each row.

    Args:
        array: (N, D), any strides, D from 1.
        dtype: "bool", "int8" … "uint64", "float32" or "float64".
    """
    cdef ArrayView view
    cdef Matrix matrix
    cdef ByteBuffer out
    cdef Status status
    view.Acquire(array, dtype)
    if view.ndim() != 2:
        raise ValueError(f"expected a matrix, got {view.ndim()} axes")
    matrix.data = <const uint8_t*>view.data()
    matrix.type = view.dtype()
    matrix.rows = view.shape(0)
    matrix.columns = view.shape(1)
    matrix.row_stride = view.stride(0)
    matrix.column_stride = view.stride(1)
    if view.size() < release_elements:
        status = AppendRows(matrix, &out)
    else:
        with nogil:
            status = AppendRows(matrix, &out)
    raise_if_error(status)
    return PyBytes_FromStringAndSize(<char*>out.data(), out.size())
