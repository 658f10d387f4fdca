# histogram/weighted.h
from libc.stdint cimport uint8_t

cdef extern from "histogram/weighted.h" namespace "ringboard::histogram" nogil:
    cdef cppclass SplitSum:
        double negative
        double positive

    void AddSplit(const uint8_t* buckets, const double* shares, const double* weights, size_t n,
                  SplitSum* sums)
