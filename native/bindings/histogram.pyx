# distutils: language = c++
"""Counting into TensorFlow's default histogram edges."""
from arrays cimport ArrayView
from histogram_histogram cimport ActiveKernelName, Count, Edges, Histogram, kBucketCount, kEdgeCount

cdef size_t release_elements = 1 << 14  # below, the GIL costs more than it frees


def edges():
    """The 1549 default edges, ascending."""
    cdef const double* first = Edges()
    return [first[i] for i in range(kEdgeCount)]


def count(array, str dtype not None):
    """Counts a contiguous array of the named dtype into the default edges.

    Args:
        array: a contiguous buffer; bfloat16 comes as its 16-bit patterns.
        dtype: "bool", "int8" … "uint64", "float16", "bfloat16", "float32" or "float64".

    Returns:
        A dict: min, max, sum, sum_squares and finite (the number of finite values), over the finite
        values alone; nan, positive_infinity, negative_infinity; counts, a list of 1548.
    """
    cdef ArrayView view
    cdef Histogram result
    view.Acquire(array, dtype)
    if not view.contiguous():
        raise ValueError("expected a contiguous array")
    if view.size() < release_elements:
        Count(view.data(), view.dtype(), view.size(), &result)
    else:
        with nogil:
            Count(view.data(), view.dtype(), view.size(), &result)
    return {
        "min": result.min,
        "max": result.max,
        "sum": result.sum,
        "sum_squares": result.sum_squares,
        "finite": result.finite,
        "nan": result.nan,
        "positive_infinity": result.positive_infinity,
        "negative_infinity": result.negative_infinity,
        "counts": [result.counts[i] for i in range(kBucketCount)],
    }


def active_kernel():
    """The implementation in use."""
    return ActiveKernelName().decode("ascii")
