# distutils: language = c++
"""Counting into TensorFlow's default histogram edges and into others, and sums of weights by bucket."""
from libc.stdint cimport uint8_t, uint64_t

from arrays cimport ArrayView
from histogram_bins cimport CountEqualBins, CountReached
from histogram_histogram cimport ActiveKernelName, Count, Edges, Histogram, kBucketCount, kEdgeCount
from histogram_weighted cimport AddSplit, SplitSum

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


cdef int check_bins(ArrayView& view, const double[::1] edges, size_t fewest, uint64_t[::1] counts) except -1:
    if not view.contiguous():
        raise ValueError("expected a contiguous array")
    if <size_t>edges.shape[0] < fewest or counts.shape[0] != edges.shape[0] + 1:
        raise ValueError(f"expected {fewest} edges or more, and one count more than edges")
    return 0


def count_equal_bins(array, str dtype not None, const double[::1] edges not None,
                     uint64_t[::1] counts not None):
    """Counts a contiguous array of the named dtype into bins of np.histogram's making.

    Args:
        array, dtype: as for `count`.
        edges: (M,) two or more; they ascend strictly, and the last minus the first is finite.
        counts: (M + 1,) added to: first and last what lies in no bin, between them the bins.
    """
    cdef ArrayView view
    cdef size_t size
    view.Acquire(array, dtype)
    check_bins(view, edges, 2, counts)
    size = view.size()
    with nogil:
        CountEqualBins(view.data(), view.dtype(), size, &edges[0], edges.shape[0], &counts[0])


def count_reached(array, str dtype not None, const double[::1] thresholds not None,
                  uint64_t[::1] counts not None):
    """Counts the elements of a contiguous array that reach exactly the first i thresholds.

    Args:
        array, dtype: as for `count`.
        thresholds: (M,) one or more without NaN, that do not descend.
        counts: (M + 1,) added to, for i = 0 … M.
    """
    cdef ArrayView view
    cdef size_t size
    view.Acquire(array, dtype)
    check_bins(view, thresholds, 1, counts)
    size = view.size()
    with nogil:
        CountReached(view.data(), view.dtype(), size, &thresholds[0], thresholds.shape[0], &counts[0])


def statistics(array, str dtype not None):
    """(min, max, finite, sum, sum_squares) as `count` has them."""
    cdef ArrayView view
    cdef Histogram result
    view.Acquire(array, dtype)
    if not view.contiguous():
        raise ValueError("expected a contiguous array")
    with nogil:
        Count(view.data(), view.dtype(), view.size(), &result)
    return result.min, result.max, result.finite, result.sum, result.sum_squares


def add_split(const uint8_t[::1] buckets, const double[::1] shares, const double[::1] weights,
              double[:, ::1] sums):
    """Adds each element, of which a part is positive, to the sums of its bucket; the last bit is that of
    np.bincount's, with an element after the other.

    Args:
        buckets: (N,) numbers of rows of `sums`.
        shares: (N,) which part is positive.
        weights: (N,) factors, or None.
        sums: (256, 2) the weights of the negative parts, and of the positive ones; added to.
    """
    cdef size_t size = buckets.shape[0]
    cdef const double* factors = NULL
    if shares.shape[0] != buckets.shape[0] or sums.shape[0] != 256 or sums.shape[1] != 2:
        raise ValueError("expected as many shares as buckets, and (256, 2) sums")
    if weights is not None and weights.shape[0] != buckets.shape[0]:
        raise ValueError("expected as many weights as buckets")
    if size == 0:
        return
    if weights is not None:
        factors = &weights[0]
    if size < release_elements:
        AddSplit(&buckets[0], &shares[0], factors, size, <SplitSum*>&sums[0, 0])
    else:
        with nogil:
            AddSplit(&buckets[0], &shares[0], factors, size, <SplitSum*>&sums[0, 0])


def active_kernel():
    """The implementation in use."""
    return ActiveKernelName().decode("ascii")
