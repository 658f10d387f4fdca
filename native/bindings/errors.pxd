# bindings/errors.h
from base_status cimport Status

cdef extern from "bindings/errors.h" namespace "ringboard::bindings":
    int raise_if_error "ringboard::bindings::RaiseIfError"(const Status& status) except -1
