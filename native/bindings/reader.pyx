# distutils: language = c++
"""Reading event files: the seam to native/reader."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport free
from libcpp.memory cimport make_unique, unique_ptr
from libcpp.string cimport string
from libcpp.vector cimport vector

from base_status cimport Status
from errors cimport raise_if_error
from reader_log cimport (
    Body, FedSource, FileSource, Log, Marker, Problem, ProblemKind, RecordIndex, RecordSink, Scanner, Series,
    SeriesClass, Source, Wanted, What,
)

import os

import numpy

cdef dict PROBLEM_KINDS = {
    ProblemKind.kTornTail: "torn_tail",
    ProblemKind.kZeros: "zeros",
    ProblemKind.kBadLength: "bad_length",
    ProblemKind.kBadPayload: "bad_payload",
    ProblemKind.kBadEvent: "bad_event",
}
cdef dict MARKER_KINDS = {
    What.kFileVersion: "file_version",
    What.kLogMessage: "log_message",
    What.kSessionLog: "session_log",
    What.kSummary: "empty_summary",
}
# In the order of reader::Form.
FORMS = (
    "none", "simple_value", "old_histogram", "image", "histogram", "audio", "tensor", "graph", "meta_graph",
    "run_metadata",
)
BODY = numpy.dtype([("record", "<u8"), ("offset", "<u4"), ("length", "<u4")])


cdef class Memory:
    """malloc'ed memory that an array lies in."""
    cdef void* data
    cdef Py_ssize_t size

    def __dealloc__(self):
        free(self.data)

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.data, self.size, 0, flags)


cdef object array_of(void* data, size_t rows, object dtype):
    cdef Memory memory = Memory.__new__(Memory)
    memory.data = data
    memory.size = rows * dtype.itemsize
    if rows == 0:
        return numpy.empty(0, dtype)
    return numpy.frombuffer(memory, dtype)


cdef object INT64 = numpy.dtype("int64")
cdef object UINT64 = numpy.dtype("uint64")
cdef object FLOAT64 = numpy.dtype("float64")
cdef object FLOAT32 = numpy.dtype("float32")


cdef list problems_as_list(vector[Problem]& problems):
    taken = [(PROBLEM_KINDS[problems[i].kind], problems[i].offset, problems[i].length)
             for i in range(<int64_t>problems.size())]
    problems.clear()
    return taken


cdef bytes as_bytes(const string& text):
    return PyBytes_FromStringAndSize(text.data(), text.size())


cdef class _Scan:
    """A file, or bytes that are fed, going through a scanner."""
    cdef unique_ptr[FileSource] file
    cdef unique_ptr[FedSource] fed
    cdef unique_ptr[Scanner] scanner

    cdef _start(self, RecordSink* sink):
        self.scanner.reset(new Scanner(sink))

    def open(self, path):
        """A file instead of bytes; OSError when it can't be opened.  The same one again after `close`."""
        cdef unique_ptr[FileSource] file = make_unique[FileSource]()
        cdef string name = os.fsencode(path)
        cdef Status status
        with nogil:
            status = file.get().Open(name)
        raise_if_error(status)
        self.file.swap(file)

    def close(self):
        """Closes the open file; what was read stays."""
        self.file.reset()

    def scan(self, bint final):
        """Reads what the open file has by now; with `final`, what is unfinished is a problem.

        The GIL is released.  One thread at a time.
        """
        cdef Status status
        if not self.file:
            raise ValueError("no file is open: call open() first")
        with nogil:
            status = self.scanner.get().Scan(self.file.get()[0], final)
        raise_if_error(status)

    def feed(self, uint64_t offset, const uint8_t[::1] data not None):
        """The bytes of a file that stand at `offset`.

        In ascending order.  Between two calls' bytes some may be left out, whole records at a time.
        """
        cdef Status status
        cdef bint kept = True
        cdef size_t size = data.shape[0]
        cdef const uint8_t* bytes = &data[0] if size != 0 else NULL
        if not self.fed:
            self.fed = make_unique[FedSource]()
            self.fed.get().Restart(offset)
            self.scanner.get().Seek(offset)
        if offset < self.fed.get().end():
            raise ValueError(f"bytes at offset {offset} after those up to {self.fed.get().end()}")
        with nogil:
            if offset != self.fed.get().end():
                status = self.scanner.get().Scan(self.fed.get()[0], True)
                self.fed.get().Restart(offset)
                self.scanner.get().Seek(offset)
            if status.ok():
                kept = self.fed.get().Append(bytes, size)
                if kept:
                    status = self.scanner.get().Scan(self.fed.get()[0], False)
                    self.fed.get().DropBefore(self.scanner.get().offset())
        raise_if_error(status)
        if not kept:
            raise MemoryError("no memory for the bytes of an event file")

    def finish(self):
        """There are no more bytes to feed."""
        cdef Status status
        if not self.fed:
            return
        with nogil:
            status = self.scanner.get().Scan(self.fed.get()[0], True)
        raise_if_error(status)

    @property
    def offset(self):
        """Where the next record is to stand."""
        return self.scanner.get().offset()

    @property
    def size(self):
        """Bytes in the file, or fed up to."""
        cdef uint64_t size = 0
        cdef Status status
        if self.file:
            status = self.file.get().Size(&size)
        elif self.fed:
            status = self.fed.get().Size(&size)
        raise_if_error(status)
        return size

    @property
    def record_count(self):
        """Sound records so far."""
        return self.scanner.get().records()


cdef class LogReader(_Scan):
    """Columns of an event file.  `open` and `scan`, or `feed` and `finish`, then `take`.

    Args:
        patterns: of the wanted tags, as fnmatch.fnmatchcase has them; None for all.
        numbers: whether scalars are kept.
        bodies: whether the places of all other values are.
        least_step, least_wall_time: rows below them are left out.
        records: whether scalars have their records' offsets, too.
    """
    cdef unique_ptr[Log] log
    cdef bint with_records

    def __init__(self, patterns=None, *, bint numbers=True, bint bodies=True, least_step=None,
                 least_wall_time=None, bint records=False):
        cdef Wanted wanted
        wanted.all_tags = patterns is None
        for pattern in patterns or ():
            wanted.patterns.push_back(<bytes>pattern.encode("utf-8", "surrogateescape"))
        wanted.numbers = numbers
        wanted.bodies = bodies
        wanted.records = self.with_records = records
        if least_step is not None:
            wanted.least_step = least_step
        if least_wall_time is not None:
            wanted.least_wall_time = least_wall_time
        self.log.reset(new Log(wanted))
        self._start(self.log.get())

    def take(self):
        """What was read since the last call, one tuple a series with new rows or a tag never told of before:

        (tag: bytes, is_numbers, form, metadata: bytes or None, plugin: bytes, steps, wall_times, values or
        bodies, records or None); bodies are of dtype BODY.
        """
        taken = []
        cdef size_t i
        for i in range(self.log.get().series().size()):
            series = self._series(i)
            if series is not None:
                taken.append(series)
        return taken

    cdef object _series(self, size_t index):
        cdef Series* series = self.log.get().series()[index].get()
        cdef size_t rows = series.rows()
        cdef bint numbers = series.series_class() == SeriesClass.kNumbers
        cdef object records = None
        cdef uint64_t* at
        if not series.wanted():
            return None
        series.Shrink()
        steps = array_of(series.steps().Take(), rows, INT64)
        wall_times = array_of(series.wall_times().Take(), rows, FLOAT64)
        if not numbers:
            values = array_of(series.bodies().Take(), rows, BODY)
        elif series.has_doubles():
            values = array_of(series.doubles().Take(), rows, FLOAT64)
        else:
            values = array_of(series.floats().Take(), rows, FLOAT32)
        if numbers:
            at = series.records().Take()
            records = array_of(at, rows, UINT64) if self.with_records else None
        series.Restart()
        metadata = as_bytes(series.metadata) if series.has_metadata else None
        return (as_bytes(series.tag()), numbers, FORMS[<int>series.form], metadata, as_bytes(series.plugin),
                steps, wall_times, values, records)

    def take_markers(self):
        """(kind, record's offset, wall time, step, status, text: bytes) of the events that are no values."""
        cdef vector[Marker]* markers = &self.log.get().markers()
        taken = [(MARKER_KINDS[markers[0][i].what], markers[0][i].record, markers[0][i].wall_time,
                  markers[0][i].step, markers[0][i].status, as_bytes(markers[0][i].text))
                 for i in range(<int64_t>markers.size())]
        markers.clear()
        return taken

    def take_problems(self):
        """(kind, offset, length) of what could not be read, in the order of offsets."""
        return sorted(
            problems_as_list(self.scanner.get().problems()) + problems_as_list(self.log.get().problems()),
            key=lambda problem: problem[1],
        )


cdef class RecordReader(_Scan):
    """Where the records of an event file stand.  `open` and `scan`, or `feed` and `finish`, then `take`."""
    cdef unique_ptr[RecordIndex] index

    def __init__(self):
        self.index = make_unique[RecordIndex]()
        self._start(self.index.get())

    def take(self):
        """(offsets, payload lengths), uint64 each, of the sound records since the last call.

        An offset is that of the record's header; its payload starts 12 bytes later.
        """
        offsets, lengths = self._copy(self.index.get().offsets()), self._copy(self.index.get().lengths())
        return offsets, lengths

    cdef object _copy(self, vector[uint64_t]& numbers):
        cdef size_t size = numbers.size()
        cdef uint64_t[::1] to
        array = numpy.empty(size, UINT64)
        if size != 0:
            to = array
            for i in range(size):
                to[i] = numbers[i]
        numbers.clear()
        numbers.shrink_to_fit()
        return array

    def take_problems(self):
        """(kind, offset, length) of what is damaged, in the order of offsets."""
        return problems_as_list(self.scanner.get().problems())


def records(path):
    """(offsets, payload lengths, problems) of a whole event file; see RecordReader.

    Raises:
        OSError: it can't be read.
    """
    reader = RecordReader()
    reader.open(path)
    reader.scan(True)
    return *reader.take(), reader.take_problems()
