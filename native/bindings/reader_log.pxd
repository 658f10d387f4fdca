# reader/log.h, with what it is made of
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cpp_bool
from libcpp.memory cimport unique_ptr
from libcpp.string cimport string
from libcpp.vector cimport vector

from base_status cimport Status

cdef extern from "reader/source.h" namespace "ringboard::reader" nogil:
    cdef cppclass Source:
        Status Size(uint64_t* size)
    cdef cppclass FileSource(Source):
        FileSource()
        Status Open(string path)
    cdef cppclass FedSource(Source):
        FedSource()
        cpp_bool Append(const uint8_t* bytes, size_t size)
        void DropBefore(uint64_t offset)
        void Restart(uint64_t offset)
        uint64_t end()

cdef extern from "reader/scanner.h" namespace "ringboard::reader" nogil:
    cdef enum class ProblemKind(unsigned char):
        kTornTail
        kZeros
        kBadLength
        kBadPayload
        kBadEvent

    cdef cppclass Problem:
        ProblemKind kind
        uint64_t offset
        uint64_t length

    cdef cppclass RecordSink:
        pass

    cdef cppclass Scanner:
        Scanner(RecordSink* sink)
        Status Scan(Source& source, cpp_bool final) except +
        uint64_t offset()
        void Seek(uint64_t offset)
        uint64_t records()
        vector[Problem]& problems()

cdef extern from "reader/record_index.h" namespace "ringboard::reader" nogil:
    cdef cppclass RecordIndex(RecordSink):
        RecordIndex()
        vector[uint64_t]& offsets()
        vector[uint64_t]& lengths()

cdef extern from "reader/columns.h" namespace "ringboard::reader" nogil:
    cdef enum class SeriesClass(unsigned char):
        kNumbers
        kBodies

    cdef cppclass Body:
        uint64_t record
        uint32_t offset
        uint32_t length

    cdef cppclass Column[T]:
        T* Take()

    cdef cppclass Series:
        const string& tag()
        SeriesClass series_class()
        cpp_bool wanted()
        size_t rows()
        cpp_bool has_doubles()
        Column[int64_t]& steps()
        Column[double]& wall_times()
        Column[float]& floats()
        Column[double]& doubles()
        Column[uint64_t]& records()
        Column[Body]& bodies()
        void Restart()
        void Shrink() except +
        cpp_bool has_metadata
        string metadata
        string plugin
        int form

cdef extern from "reader/log.h" namespace "ringboard::reader" nogil:
    cdef enum class What(unsigned char):
        kNothing
        kFileVersion
        kGraph
        kSummary
        kLogMessage
        kSessionLog
        kRunMetadata
        kMetaGraph

    cdef cppclass Wanted:
        cpp_bool all_tags
        vector[string] patterns
        cpp_bool numbers
        cpp_bool bodies
        int64_t least_step
        double least_wall_time
        cpp_bool records

    cdef cppclass Marker:
        What what
        uint64_t record
        double wall_time
        int64_t step
        uint64_t status
        string text

    cdef cppclass Log(RecordSink):
        Log(Wanted wanted) except +
        const vector[unique_ptr[Series]]& series()
        vector[Marker]& markers()
        vector[Problem]& problems()
        const string& source_writer()
