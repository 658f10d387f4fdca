# distutils: language = c++
"""CRC-32C as TFRecord files use it."""
from libc.stdint cimport uint32_t


cdef extern from "crc32c/crc32c.h" namespace "ringboard::crc32c" nogil:
    uint32_t Extend(uint32_t crc, const void* data, size_t size)
    uint32_t Mask(uint32_t crc)
    uint32_t Unmask(uint32_t masked)
    const char* ActiveKernelName()


cdef size_t release_bytes = 1 << 16  # below, the GIL costs more than it frees


def extend(uint32_t crc, const unsigned char[::1] data not None):
    """The CRC-32C of A‖`data`, where `crc` is that of A."""
    cdef size_t size = data.shape[0]
    if size == 0:
        return crc
    cdef const unsigned char* start = &data[0]
    if size < release_bytes:
        return Extend(crc, start, size)
    with nogil:
        crc = Extend(crc, start, size)
    return crc


def value(data):
    """The CRC-32C of `data`, any contiguous bytes-like object."""
    return extend(0, memoryview(data).cast("B"))


def mask(uint32_t crc):
    """The masked form that a TFRecord stores."""
    return Mask(crc)


def unmask(uint32_t masked):
    """The inverse of `mask`."""
    return Unmask(masked)


def active_kernel():
    """The implementation in use."""
    return ActiveKernelName().decode("ascii")
