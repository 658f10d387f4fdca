# writer/producers.h, and what its callers name of histogram/stored.h and wire/summary.h
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp.string_view cimport string_view

from base_byte_buffer cimport ByteBuffer
from base_status cimport Status
from histogram_histogram cimport Histogram
from png_pixels cimport Packing, Planes
from writer_core cimport Core, Stream

cdef extern from "histogram/stored.h" namespace "ringboard::histogram" nogil:
    cdef cppclass Stored:
        double min
        double max
        double num
        double sum
        double sum_squares
        size_t buckets
        double* limits
        double* counts

    void Store(const Histogram& histogram, size_t max_bins, Stored* stored)

cdef extern from "wire/summary.h" namespace "ringboard::wire" nogil:
    cdef struct HistogramStats:
        double min
        double max
        double num
        double sum
        double sum_squares

cdef extern from "writer/producers.h" namespace "ringboard::writer" nogil:
    cdef struct When:
        double wall_time
        int64_t step

    cdef struct LogValue:
        uint32_t series
        float value

    size_t EventBytes(size_t body_bytes)
    bint TryEvent(Core* core, const Stream* stream, When when, const void* body, size_t body_bytes)
    bint TryFarEvent(Core* core, const Stream* stream, When when, ByteBuffer* body,
                     uint64_t kept)
    size_t LogBytes(size_t count)
    bint TryLog(Core* core, const Stream* stream, When when, const LogValue* values, size_t count)
    size_t ScalarSeriesBytes(size_t count, bint has_wall_times)
    bint TryScalarSeries(Core* core, uint32_t series, double wall_time, const int64_t* steps,
                         const double* values, const double* wall_times, size_t count)
    size_t HistogramBytes(string_view tag, size_t buckets)
    bint TryHistogram(Core* core, const Stream* stream, When when, string_view tag,
                      const HistogramStats& stats, const double* limits, const double* counts,
                      size_t buckets)
    size_t ImageBytes(string_view tag, const Packing& packing)
    bint TryImage(Core* core, const Stream* stream, When when, string_view tag, const Planes& planes,
                  const Packing& packing)
    Status EncodeImageBody(string_view tag, const Planes& planes, const Packing& packing, ByteBuffer* body)
