# recovery/recovery.h
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as cpp_bool
from libcpp.string cimport string
from libcpp.vector cimport vector

cdef extern from "io/file_system.h" namespace "ringboard::io" nogil:
    cdef cppclass FileSystem:
        pass
    FileSystem& System()

cdef extern from "io/shared_memory.h" namespace "ringboard::io" nogil:
    string SharedMemoryRoot()

cdef extern from "recovery/recovery.h" namespace "ringboard::recovery" nogil:
    cdef enum class FileState(unsigned char):
        kComplete
        kGone
        kLeft

    cdef enum class SegmentState(unsigned char):
        kAlive
        kElsewhere
        kRecovered
        kLeft
        kUnusable

    cdef cppclass FileReport:
        string path
        FileState state
        uint64_t events
        uint64_t bytes
        string detail

    cdef cppclass SegmentReport:
        string path
        int64_t process
        SegmentState state
        vector[FileReport] files
        string detail

    cdef cppclass Choice:
        string log_dir
        cpp_bool discard

    vector[SegmentReport] RecoverAll(const string& root, const Choice& choice, FileSystem* files)
