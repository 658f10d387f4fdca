# writer/core.h (with what it names of writer/stream.h and writer/ring_record.h)
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp.string cimport string
from libcpp.string_view cimport string_view

from base_byte_buffer cimport ByteBuffer
from base_status cimport Status

cdef extern from "<atomic>" namespace "std" nogil:
    cdef cppclass atomic_u64 "std::atomic<uint64_t>":
        uint64_t load()
    cdef cppclass atomic_i64 "std::atomic<int64_t>":
        void store(int64_t)
    cdef cppclass atomic_int "std::atomic<int>":
        int load()

cdef extern from "<chrono>" namespace "std::chrono" nogil:
    cdef cppclass nanoseconds:
        nanoseconds(long long)
        long long count()

cdef extern from "bindings/counting.h" namespace "ringboard::bindings" nogil:
    void Count(atomic_u64& counter, uint64_t count)

cdef extern from "io/process.h" namespace "ringboard::io" nogil:
    double WallTime()

cdef extern from "wire/scalar.h" namespace "ringboard::wire" nogil:
    cdef enum class ScalarStyle(unsigned char):
        kSimple
        kFloatTensor
        kDoubleTensor

cdef extern from "writer/core.h" namespace "ringboard::writer" nogil:
    cdef enum class RecordKind(unsigned char):
        kFlush
        kSync
        kClose

    cdef cppclass StreamStats:
        atomic_u64 accepted
        atomic_u64 written
        atomic_u64 dropped
        atomic_u64 bytes_written
        atomic_u64 bytes_pending
        atomic_int error

    cdef cppclass StreamFile:
        string path
        const StreamFile* earlier

    cdef cppclass Stream:
        uint32_t id
        const StreamFile& files()
        void SetRotation(uint64_t max_bytes, int64_t max_age_ns, string before, string behind, string head_body)
        StreamStats stats
        atomic_i64 sync_every_ns

    cdef cppclass CoreStats:
        uint64_t ring_bytes
        uint64_t ring_used_bytes
        uint64_t ring_high_water_bytes
        uint64_t streams
        uint64_t open_files

    cdef cppclass Core:
        @staticmethod
        Status GetOrMake(Core** core)
        @staticmethod
        Core* Current()
        @staticmethod
        Status Configure(size_t ring_bytes)
        @staticmethod
        uint32_t Generation()
        Status Open(const string& path, string_view head, Stream** stream)
        Status OpenNowhere(Stream** stream)
        Status DefineSeries(Stream* stream, string_view tag, ScalarStyle style, uint32_t* id)
        void Destroy(Stream* stream)
        bint TryScalar(uint32_t series, double wall_time, int64_t step, double value)
        uint64_t KeepFar(const ByteBuffer& body)
        void ForgetFar(uint64_t kept)
        size_t max_body_bytes()
        bint WaitForRoom(size_t body_bytes, nanoseconds limit)
        nanoseconds CallAge()
        string CallText()
        void GiveUp(Stream* stream, uint64_t events)
        bint TryRequest(Stream* stream, RecordKind kind, uint64_t* position)
        uint64_t Position()
        bint WaitUntilDone(uint64_t position, nanoseconds limit)
        bint DrainAll(nanoseconds limit)
        void Retire()
        Status TakeError(Stream* stream)
        CoreStats stats()
