# distutils: language = c++
"""Whole records of an event file, for its first bytes."""
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t


cdef extern from "wire/event.h" namespace "ringboard::wire" nogil:
    size_t EventRecordSize(int64_t step, size_t body_bytes)
    uint8_t* PutEventRecord(uint8_t* record, double wall_time, int64_t step, const void* body, size_t body_bytes)


def event_record(double wall_time, int64_t step, bytes body not None):
    """The framed record of an Event whose serialized fields behind the step are `body`."""
    cdef size_t size = EventRecordSize(step, len(body))
    cdef bytes record = PyBytes_FromStringAndSize(NULL, size)
    PutEventRecord(<uint8_t*>PyBytes_AS_STRING(record), wall_time, step, PyBytes_AS_STRING(body), len(body))
    return record
