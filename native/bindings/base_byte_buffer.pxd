# base/byte_buffer.h
from libc.stdint cimport uint8_t

cdef extern from "base/byte_buffer.h" namespace "ringboard" nogil:
    cdef cppclass ByteBuffer:
        ByteBuffer()
        uint8_t* data()
        size_t size()
        uint8_t* Reserve(size_t extra)
        void Advance(size_t count)
        bint Append(const void* bytes, size_t count)
