# distutils: language = c++
"""Event files as columns and back: the seam to native/archive."""
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t
from libcpp.optional cimport optional
from libcpp.string cimport string
from libcpp.vector cimport vector

from archive_block cimport Bytes, Decode, Encode, Encoded, Run, kMaxBlockBytes
from archive_walk cimport Split
from base_byte_buffer cimport ByteBuffer
from base_status cimport Status
from errors cimport raise_if_error

MAX_BLOCK_BYTES = kMaxBlockBytes


cdef class View:
    """The bytes of any object that has some."""
    cdef Py_buffer buffer
    cdef bint held

    def __cinit__(self, data):
        PyObject_GetBuffer(data, &self.buffer, PyBUF_SIMPLE)
        self.held = True

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.buffer)

    cdef Bytes bytes(self) noexcept:
        return Bytes(<const uint8_t*>self.buffer.buf, <size_t>self.buffer.len)


def split(data):
    """How many bytes from the front are whole records, or can't become any: what may be packed by itself."""
    cdef View view = View(data)
    cdef size_t found
    with nogil:
        found = Split(<const uint8_t*>view.buffer.buf, <size_t>view.buffer.len)
    return found


def encode(data):
    """(columns, small bodies, large bodies, tags, untagged); tags: of scalars, small bodies, large ones."""
    cdef View view = View(data)
    cdef Bytes given = view.bytes()
    cdef Encoded encoded
    cdef Status status
    with nogil:
        status = Encode(given, &encoded)
    raise_if_error(status)
    return (
        as_bytes(encoded.columns),
        as_bytes(encoded.small_bodies),
        as_bytes(encoded.large_bodies),
        (<list>encoded.scalar_tags, <list>encoded.small_tags, <list>encoded.large_tags),
        bool(encoded.untagged),
    )


def decode(columns, small_bodies, large_bodies, size_t size):
    """(bytes, runs) of a block of `size` bytes; bodies that are None are left out, with the records that need
    them.  Runs are (offset in the block, size) of what follows one another in the bytes."""
    cdef View columns_view = View(columns), small_view, large_view
    cdef Bytes given = columns_view.bytes()
    cdef optional[Bytes] small, large
    cdef ByteBuffer out
    cdef vector[Run] runs
    cdef Status status
    if small_bodies is not None:
        small_view = View(small_bodies)
        small = small_view.bytes()
    if large_bodies is not None:
        large_view = View(large_bodies)
        large = large_view.bytes()
    with nogil:
        status = Decode(given, small, large, size, &out, &runs)
    raise_if_error(status)
    return as_bytes(out), [(runs[i].offset, runs[i].size) for i in range(<Py_ssize_t>runs.size())]


cdef bytes as_bytes(const ByteBuffer& buffer):
    return PyBytes_FromStringAndSize(<const char*>buffer.data(), buffer.size())
