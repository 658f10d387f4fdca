# png/pixels.h
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport uint8_t, uint32_t

from arrays cimport Dtype
from base_status cimport Status

cdef extern from "png/pixels.h" namespace "ringboard::png" nogil:
    cdef cppclass Planes:
        const uint8_t* data
        Dtype type
        uint32_t frames
        uint32_t channels
        uint32_t height
        uint32_t width
        ptrdiff_t frame_stride
        ptrdiff_t channel_stride
        ptrdiff_t row_stride
        ptrdiff_t column_stride

    cdef cppclass Packing:
        uint32_t width
        uint32_t height
        uint8_t channels
        uint8_t bit_depth
        size_t bytes

    const uint32_t kGridColumns
    Status PackedShape(const Planes& planes, uint32_t grid_columns, Packing* packing)
    void Pack(const Planes& planes, const Packing& packing, uint8_t* out)
