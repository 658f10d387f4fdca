# recovery/in_use.h
from libc.stdint cimport uint64_t
from libcpp.string cimport string
from libcpp.vector cimport vector

cdef extern from "io/file_system.h" namespace "ringboard::io" nogil:
    cdef cppclass FileIdentity:
        uint64_t device
        uint64_t inode

cdef extern from "recovery/in_use.h" namespace "ringboard::recovery" nogil:
    vector[FileIdentity] FilesInUse(const string& root)
