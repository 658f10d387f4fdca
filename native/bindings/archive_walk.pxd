# archive/walk.h
from libc.stdint cimport uint8_t

cdef extern from "archive/walk.h" namespace "ringboard::archive" nogil:
    size_t Split(const uint8_t* data, size_t size)
