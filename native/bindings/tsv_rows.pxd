# tsv/rows.h
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport uint8_t

from arrays cimport Dtype
from base_byte_buffer cimport ByteBuffer
from base_status cimport Status

cdef extern from "tsv/rows.h" namespace "ringboard::tsv" nogil:
    cdef cppclass Matrix:
        const uint8_t* data
        Dtype type
        size_t rows
        size_t columns
        ptrdiff_t row_stride
        ptrdiff_t column_stride

    Status AppendRows(const Matrix& matrix, ByteBuffer* out)
