# base/status.h
from libcpp.string cimport string

cdef extern from "base/status.h" namespace "ringboard" nogil:
    cdef cppclass Status:
        Status()
        bint ok()
