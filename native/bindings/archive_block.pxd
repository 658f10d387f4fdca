# archive/block.h
from libc.stdint cimport uint8_t
from libcpp cimport bool as cpp_bool
from libcpp.optional cimport optional
from libcpp.string cimport string
from libcpp.vector cimport vector

from base_byte_buffer cimport ByteBuffer
from base_status cimport Status

cdef extern from "archive/block.h" namespace "ringboard::archive" nogil:
    const size_t kMaxBlockBytes

    cdef cppclass Bytes:
        Bytes()
        Bytes(const uint8_t* data, size_t size)

    cdef cppclass Encoded:
        ByteBuffer columns
        ByteBuffer small_bodies
        ByteBuffer large_bodies
        vector[string] scalar_tags
        vector[string] small_tags
        vector[string] large_tags
        cpp_bool untagged

    cdef cppclass Run:
        size_t offset
        size_t size

    Status Encode(Bytes bytes, Encoded* encoded) except +
    Status Decode(Bytes columns, optional[Bytes] small_bodies, optional[Bytes] large_bodies, size_t size,
                  ByteBuffer* out, vector[Run]* runs) except +
