# bindings/image_planes.h
from arrays cimport ArrayView
from png_pixels cimport Planes

cdef extern from "bindings/image_planes.h" namespace "ringboard::bindings":
    int FindPlanes(const ArrayView& view, const char* axes, Planes* planes) except -1
