# histogram/histogram.h
from libc.stdint cimport uint64_t

from arrays cimport Dtype

cdef extern from "histogram/histogram.h" namespace "ringboard::histogram" nogil:
    const size_t kEdgeCount
    const size_t kBucketCount
    const double* Edges()

    cdef cppclass Histogram:
        double min
        double max
        double sum
        double sum_squares
        uint64_t finite
        uint64_t nan
        uint64_t positive_infinity
        uint64_t negative_infinity
        uint64_t* counts

    void Count(const void* data, Dtype dtype, size_t n, Histogram* out)
    const char* ActiveKernelName()
