# histogram/bins.h
from libc.stdint cimport uint64_t

from arrays cimport Dtype

cdef extern from "histogram/bins.h" namespace "ringboard::histogram" nogil:
    void CountEqualBins(const void* data, Dtype dtype, size_t n, const double* edges, size_t m,
                        uint64_t* counts)
    void CountReached(const void* data, Dtype dtype, size_t n, const double* thresholds, size_t m,
                      uint64_t* counts)
