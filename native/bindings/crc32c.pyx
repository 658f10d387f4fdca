# distutils: language = c++
"""CRC-32C as TFRecord files use it."""
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint32_t


cdef extern from "crc32c/crc32c.h" namespace "ringboard::crc32c" nogil:
    uint32_t Extend(uint32_t crc, const void* data, size_t size)
    uint32_t Mask(uint32_t crc)
    uint32_t Unmask(uint32_t masked)
    const char* ActiveKernelName()


cdef size_t release_bytes = 1 << 16  # below, the GIL costs more than it frees


def extend(uint32_t crc, data):
    """The CRC-32C of A‖`data`, any contiguous bytes-like object, where `crc` is that of A."""
    cdef Py_buffer view  # a memoryview would cost a microsecond
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    if <size_t>view.len < release_bytes:
        crc = Extend(crc, view.buf, view.len)
    else:
        with nogil:
            crc = Extend(crc, view.buf, view.len)
    PyBuffer_Release(&view)
    return crc


def value(data):
    """The CRC-32C of `data`, any contiguous bytes-like object."""
    return extend(0, data)


def mask(uint32_t crc):
    """The masked form that a TFRecord stores."""
    return Mask(crc)


def unmask(uint32_t masked):
    """The inverse of `mask`."""
    return Unmask(masked)


def active_kernel():
    """The implementation in use."""
    return ActiveKernelName().decode("ascii")
