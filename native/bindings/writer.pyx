# distutils: language = c++
"""The seam between Python's calls and the native writer.

`EventStream` is one event file.  SummaryWriter's own compiled methods, on top of it, are in
scalar_methods.pxi and hot_methods.pxi, which are parts of this module.
"""
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_CheckExact, PyDict_Next
from cpython.exc cimport PyErr_CheckSignals
from cpython.float cimport PyFloat_AS_DOUBLE
from cpython.object cimport Py_TYPE, PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp.string cimport string
from libcpp.string_view cimport string_view
from libcpp.vector cimport vector

from arrays cimport ArrayView
from base_byte_buffer cimport ByteBuffer
from base_status cimport Status
from errors cimport raise_if_error
from histogram_histogram cimport Count as CountHistogram, Histogram
from image_planes cimport FindPlanes
from png_effort cimport SetProcessEffort
from png_pixels cimport PackedShape, Packing, Planes, kGridColumns
from writer_core cimport Core, CoreStats, Count, RecordKind, ScalarStyle, Stream, StreamFile, WallTime, nanoseconds
from writer_producers cimport (
    EncodeImageBody, EventBytes, HistogramBytes, HistogramStats, ImageBytes, LogBytes, LogValue,
    ScalarSeriesBytes, Store, Stored, TryEvent, TryFarEvent, TryHistogram, TryImage, TryLog,
    TryScalarSeries, When,
)

import errno
import os
import sys
from collections.abc import Mapping

from ringboard._native.png import set_effort as set_png_effort
from ringboard.arrays import describe, to_scalar, to_step, to_tag, to_walltime

cdef extern from "bindings/stream_slot.h" namespace "ringboard::bindings":
    cdef cppclass StreamSlot:
        int Use(object type, object name) except -1
        PyObject* Get(object holder)
        PyObject* Peek(object holder) noexcept

cdef extern from "bindings/hot_method.h" namespace "ringboard::bindings":
    int NumberOfItem(object value, object item_name, double* number) except -1

cdef extern from *:
    """
    #ifdef Py_GIL_DISABLED
    #define RB_TRUST_ADDRESSES 0  // another thread may be half-way through writing the entry
    #else
    #define RB_TRUST_ADDRESSES 1
    #endif
    """
    const bint TRUST_ADDRESSES "RB_TRUST_ADDRESSES"

cdef struct RecentTag:
    PyObject* tag
    uint32_t id

cdef enum:
    RECENT_TAGS = 512  # of 20 strs none or one shares its place; of 128 places, three


cdef inline size_t recent_place(PyObject* tag) noexcept:
    """Where a str object stands among the recent tags.  Neighbouring strs lie a few 16 bytes apart, so that
    the low bits alone would put twenty tags on five places."""
    return <size_t>((<uint64_t>tag * <uint64_t>0x9E3779B97F4A7C15) >> 55)


cdef extern from "Python.h":
    bint PyFloat_Check(object)
    bint PyFloat_CheckExact(object)
    bint PyLong_CheckExact(object)
    bint PyUnicode_CheckExact(object)
    long long PyLong_AsLongLongAndOverflow(object, int* overflow) except? -1
    PyObject* PyDict_GetItemWithError(object, object) except? NULL
    Py_ssize_t PyDict_GET_SIZE(object)

# Between two looks at signals while waiting; progress itself wakes the waiter at once.
cdef long long SIGNAL_LOOK_NS = 50_000_000
# From these sizes on the GIL is released for the work itself.  Taking it back can cost a switch interval
# when another thread runs, so short work keeps it.
cdef size_t RELEASE_ELEMENTS = 1 << 14
cdef size_t RELEASE_PIXEL_BYTES = 1 << 16
cdef size_t SERIES_CHUNK = 4096

cdef enum Overflow:
    WAIT, DROP, RAISE

cdef Overflow overflow_policy = WAIT
# How long one call of the operating system may take before nobody waits for the writer thread any more.
cdef double overflow_timeout_seconds = 60
OVERFLOWS = {"wait": WAIT, "drop": DROP, "raise": RAISE}

PNG_EFFORTS = ("speed", "balanced", "small")

cdef str NO_TEXT = ""  # what is compared by address

STATS = ("accepted", "written", "dropped", "waiting", "bytes", "ring_bytes", "ring_used_bytes",
         "ring_high_water_bytes")


def configure(ring_bytes=None, overflow=None, png=None, *, overflow_timeout=None):
    """Sets what all writers of this process share.  Nothing needs setting to be fast and safe.

    Args:
        ring_bytes: the size of the ring between the callers and the writer thread, and so the bound on
            memory: 64 KiB to 16 GiB, rounded up to a power of two (32 MiB unless set).  Before the first
            writer is made.
        overflow: what a call does when the ring is full.  "wait" (unless set) waits for room with the GIL
            released, for as long as the writer thread gets on; when the file system leaves a call
            unanswered for `overflow_timeout`, the call's events are dropped, counted in
            SummaryWriter.stats(), and told of on stderr and by the next flush().  "raise" waits as long,
            then raises TimeoutError.  "drop" never waits: it drops and counts.
        png: how much time pictures may take, for how small a file: "speed" searches no matches (figures and
            digit grids take half the time and a fifth to twice the bytes), "balanced" (unless set) writes
            about Pillow's sizes, "small" searches thoroughly: the smallest files, still some times faster
            than Pillow.
        overflow_timeout: how many seconds the file system may take to answer one call (60 unless set;
            math.inf: any time).  flush() and close() raise TimeoutError after that, too.

    Raises:
        ValueError: a value is out of range, or the ring is in use already.
    """
    global overflow_policy, overflow_timeout_seconds
    cdef bytes name
    if png is not None:
        if png not in PNG_EFFORTS:
            raise ValueError(f'png={png!r}: expected "speed", "balanced" or "small"')
    if overflow is not None:
        if overflow not in OVERFLOWS:
            raise ValueError(f'overflow={overflow!r}: expected "wait", "drop" or "raise"')
    if overflow_timeout is not None:
        if isinstance(overflow_timeout, bool) or not isinstance(overflow_timeout, (int, float)) or not overflow_timeout > 0:
            raise ValueError(f"overflow_timeout={overflow_timeout!r}: expected a number of seconds above 0")
    if ring_bytes is not None:
        if not isinstance(ring_bytes, int) or ring_bytes < 0:
            raise ValueError(f"ring_bytes={ring_bytes!r}: expected a number of bytes")
        raise_if_error(Core.Configure(min(ring_bytes, 1 << 62)))
    if overflow is not None:
        overflow_policy = OVERFLOWS[overflow]
    if overflow_timeout is not None:
        overflow_timeout_seconds = overflow_timeout
    if png is not None:
        # Each compiled module has an encoder, and so a setting, of its own.
        name = png.encode("ascii")
        SetProcessEffort(view_of(name))
        set_png_effort(png)


def generation():
    """A number that changes in every forked child."""
    return Core.Generation()


def drain(double limit_seconds):
    """Waits until all that any writer accepted is in its file; False when `limit_seconds` were too few."""
    cdef Core* core = Core.Current()
    cdef long long limit_ns = <long long>(limit_seconds * 1e9)
    cdef bint done
    if core == NULL:
        return True
    with nogil:
        done = core.DrainAll(nanoseconds(limit_ns))
    return done


def retire(double limit_seconds):
    """For processes that end without the C library's exit: `drain`, then leaves nothing to recover if all is
    in its file."""
    if drain(limit_seconds) and Core.Current() != NULL:
        Core.Current().Retire()


def wall_time():
    """Seconds since the epoch, from the clock that events without a wall time get theirs from."""
    return WallTime()


@cython.final
cdef class ScalarSeries:
    """A tag of one file, by number."""
    cdef uint32_t id
    cdef PyObject* tag  # borrowed from the dict whose key it is, which outlives this

    def __init__(self):
        raise TypeError("ScalarSeries is made by EventStream")


@cython.final
cdef class EventStream:
    """One event file.  Any thread may call anything; all is usable until the object dies, but not across
    a fork: `usable` is then false in the child."""
    cdef Core* core
    cdef Stream* stream
    cdef uint32_t generation
    cdef bint closed
    cdef dict simple
    cdef RecentTag[RECENT_TAGS] recent
    cdef dict float_tensors
    cdef dict double_tensors
    cdef object clean_tag
    cdef int64_t default_step
    cdef bint has_default_wall_time
    cdef double default_wall_time
    cdef str first_path
    cdef bint rotates
    cdef object __weakref__

    def __cinit__(self, path, bytes head not None, clean_tag=None, fsync_secs=None, tuple rotation=None):
        """Creates the file, which must not exist, with `head` on disk as its first bytes.

        Without a path there is no file, and what is logged is checked, counted and forgotten.

        Args:
            clean_tag: a function from the tag of a scalar to the one that is stored.  It is called once for
                each tag.
            fsync_secs: how often, in seconds, the writer thread makes new events durable; None is when
                asked.
            rotation: when the stream goes on in a new file: its most bytes and its most seconds (or None); what
                stands before and behind the number in the names of the files; and the serialized fields behind
                the step of the event that begins each.
        """
        # The file may have to be opened again, whatever the working directory is by then.
        cdef string native_path = os.fsencode(os.path.abspath(path) if path is not None else "")
        cdef string_view native_head = string_view(PyBytes_AS_STRING(head), PyBytes_GET_SIZE(head))
        cdef Status status
        cdef bint nowhere = path is None
        cdef bint first = Core.Current() == NULL
        self.first_path = os.fsdecode(path or "")
        self.clean_tag = clean_tag
        self.simple = {}
        self.float_tensors = {}
        self.double_tensors = {}
        with nogil:
            status = Core.GetOrMake(&self.core)
            if status.ok():
                if nowhere:
                    status = self.core.OpenNowhere(&self.stream)
                else:
                    status = self.core.Open(native_path, native_head, &self.stream)
        raise_if_error(status)
        self.generation = Core.Generation()
        if fsync_secs is not None:
            self.stream.sync_every_ns.store(nanoseconds_of(fsync_secs))
        if rotation is not None:
            max_bytes, max_secs, before, behind, head_body = rotation
            self.rotates = True
            self.stream.SetRotation(
                2**63 if max_bytes is None else max_bytes,
                nanoseconds_of(1e10 if max_secs is None else max_secs),
                os.fsencode(os.path.abspath(before)), os.fsencode(behind), head_body)
        if first and not nowhere:
            from ringboard.recovery import recover_at_first_writer

            recover_at_first_writer()

    def __dealloc__(self):
        if self.stream != NULL and self.generation == Core.Generation():
            self.core.Destroy(self.stream)

    @property
    def paths(self):
        """The files, the oldest first."""
        cdef list paths = []
        cdef const StreamFile* file
        if not self.rotates or self.generation != Core.Generation():
            return [self.first_path]
        directory = os.path.dirname(self.first_path)
        file = &self.stream.files()
        while file != NULL:
            paths.append(os.path.join(directory, os.path.basename(os.fsdecode(<bytes>file.path))))
            file = file.earlier
        paths.reverse()
        return paths

    @property
    def path(self):
        """The file that is written to now."""
        paths = self.paths
        return paths[len(paths) - 1]

    @property
    def usable(self):
        """Not closed, and of this process."""
        return self.is_usable()

    cdef inline bint is_usable(self) noexcept:
        return not self.closed and self.generation == Core.Generation()

    cdef int check_process(self) except -1:
        if self.generation != Core.Generation():
            raise RuntimeError(f"{self.path} belongs to the parent process; open a new file in the child")
        return 0

    cdef bint wait_for_room(self, size_t body_bytes, uint64_t events, tag) except -1:
        """After a full ring: True to try again, False when the events have been dropped and counted.

        Without events it is a request that wants room, which is never dropped.
        """
        cdef bint room = False
        cdef Core* core = self.core
        if overflow_policy == DROP and events != 0:
            Count(self.stream.stats.accepted, events)
            Count(self.stream.stats.dropped, events)
            return False
        while not room:
            if events != 0 and self.give_up(events, tag):
                return False
            with nogil:
                room = core.WaitForRoom(body_bytes, nanoseconds(SIGNAL_LOOK_NS))
            if events == 0 and not room:
                self.give_up(events, tag)
            PyErr_CheckSignals()
            self.check_process()  # a signal handler may have forked
        return True

    cdef bint give_up(self, uint64_t events, tag) except -1:
        """Whether the file system has left the writer thread without an answer for too long, and the events
        were dropped for it.  Raises for a request, and where the program wants to be told."""
        cdef double seconds = self.core.CallAge().count() * 1e-9
        if seconds < overflow_timeout_seconds:
            return False
        if events != 0 and overflow_policy != RAISE:
            self.core.GiveUp(self.stream, events)
            return True
        call = os.fsdecode(<bytes>self.core.CallText()) or "call"
        what = f"{tag!r} was not logged: the ring is full, and" if events != 0 else "not all is in the file yet:"
        raise TimeoutError(
            errno.ETIMEDOUT,
            f"{what} the file system has not answered a {call} for {seconds:.0f} s; "
            "what was accepted is kept, and written when it answers",
            os.path.abspath(self.path))

    cdef inline uint32_t simple_series(self, tag) except? 0:
        """The number of a tag's simple series.

        Most programs pass the same str object at every step, a literal.  Then its address is enough to find
        the number, which is four times as quick as the dict.
        """
        cdef size_t place = recent_place(<PyObject*>tag)
        if TRUST_ADDRESSES and self.recent[place].tag == <PyObject*>tag:
            return self.recent[place].id
        cdef ScalarSeries series = self.find_series(tag, ScalarStyle.kSimple)
        # Only the object that the dict keeps alive: no other str can ever have its address.
        if series.tag == <PyObject*>tag:
            self.recent[place] = RecentTag(series.tag, series.id)
        return series.id

    cdef ScalarSeries find_series(self, tag, ScalarStyle style):
        cdef dict known = self.simple
        if style == ScalarStyle.kFloatTensor:
            known = self.float_tensors
        elif style == ScalarStyle.kDoubleTensor:
            known = self.double_tensors
        if not PyUnicode_CheckExact(tag):
            tag = to_tag(tag)
        cdef PyObject* found = PyDict_GetItemWithError(known, tag)
        if found != NULL:
            return <ScalarSeries>found
        self.check_process()
        cdef bytes name = encode_tag(tag if self.clean_tag is None else self.clean_tag(tag))
        cdef ScalarSeries series = ScalarSeries.__new__(ScalarSeries)
        raise_if_error(self.core.DefineSeries(self.stream, view_of(name), style, &series.id))
        series.tag = <PyObject*>tag
        return <ScalarSeries>known.setdefault(tag, series)

    def set_defaults(self, step, walltime):
        """What events get whose step or wall time is None: by default 0 and now."""
        cdef int64_t default_step = 0 if step is None else to_step("default", step)
        cdef double default_wall_time = 0 if walltime is None else to_walltime("default", walltime)
        self.default_step = default_step
        self.default_wall_time = default_wall_time
        self.has_default_wall_time = walltime is not None

    cdef inline double wall_time_of(self, tag, walltime) except? -1:
        if walltime is not None:
            return to_walltime(tag, walltime)
        return self.default_wall_time if self.has_default_wall_time else WallTime()

    cdef inline int64_t step_of(self, tag, step) except? -1:
        cdef int overflow = 0
        cdef int64_t number
        if step is None:
            return self.default_step
        if PyLong_CheckExact(step):
            number = PyLong_AsLongLongAndOverflow(step, &overflow)
            if overflow == 0:
                return number
        return to_step(tag, step)

    cdef When make_when(self, tag, step, walltime) except *:
        return When(self.wall_time_of(tag, walltime), self.step_of(tag, step))

    cdef int put_scalar(self, uint32_t series, double wall_time, int64_t step, double value, tag) except -1:
        while not self.core.TryScalar(series, wall_time, step, value):
            if not self.wait_for_room(24, 1, tag):
                return 0
        Count(self.stream.stats.accepted, 1)
        return 0

    def add_scalar(self, tag, value, step, walltime):
        """One scalar, as SummaryWriter.add_scalar."""
        cdef When when = self.make_when(tag, step, walltime)
        cdef double number = value_of(tag, value)
        self.put_scalar(self.simple_series(tag), when.wall_time, when.step, number, tag)

    def add_event(self, bytes body not None, step, walltime, tag=""):
        """An event whose serialized fields behind the step are `body`; `tag` is for errors."""
        cdef When when = self.make_when(tag, step, walltime)
        self.put_event(when, PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body), tag)

    cdef int put_event(self, When when, const void* body, size_t size, tag) except -1:
        cdef ByteBuffer copy
        self.check_process()
        if EventBytes(size) > self.core.max_body_bytes():
            if not copy.Append(body, size):
                raise MemoryError(f"no memory for an event of {size} bytes")
            return self.put_far_event(when, &copy, tag)
        while not TryEvent(self.core, self.stream, when, body, size):
            if not self.wait_for_room(EventBytes(size), 1, tag):
                return 0
        Count(self.stream.stats.accepted, 1)
        return 0

    cdef int put_far_event(self, When when, ByteBuffer* body, tag) except -1:
        # Written before this returns, and not taken while nothing is written: so that such events never pile
        # up on the heap.
        if self.give_up(1, tag):
            return 0
        cdef bint done = False
        cdef Core* core = self.core
        cdef uint64_t kept
        with nogil:
            kept = core.KeepFar(body[0])
        while not TryFarEvent(core, self.stream, when, body, kept):
            if not self.wait_for_room(64, 1, tag):
                core.ForgetFar(kept)
                return 0
        Count(self.stream.stats.accepted, 1)
        cdef uint64_t position = core.Position()
        while not done and core.CallAge().count() * 1e-9 < overflow_timeout_seconds:
            with nogil:
                done = core.WaitUntilDone(position, nanoseconds(SIGNAL_LOOK_NS))
            PyErr_CheckSignals()
            self.check_process()
        return 0

    def add_histogram(self, tag, array, str dtype not None, size_t max_bins, step, walltime):
        """Counts a contiguous array into the default edges and logs it; returns how many of its elements
        were not finite."""
        cdef bytes name = encode_tag(to_tag(tag))
        cdef When when = self.make_when(tag, step, walltime)
        cdef ArrayView view
        cdef Histogram counted
        cdef Stored stored
        cdef HistogramStats stats
        self.check_process()
        view.Acquire(array, dtype)
        if view.size() == 0:
            raise ValueError(f"histogram {tag!r}: the input has no element")
        if not view.contiguous():
            raise ValueError(f"histogram {tag!r}: expected a contiguous array")
        if view.size() < RELEASE_ELEMENTS:
            CountHistogram(view.data(), view.dtype(), view.size(), &counted)
        else:
            with nogil:
                CountHistogram(view.data(), view.dtype(), view.size(), &counted)
        Store(counted, max_bins, &stored)
        stats = HistogramStats(stored.min, stored.max, stored.num, stored.sum, stored.sum_squares)
        self.put_histogram(when, name, stats, stored.limits, stored.counts, stored.buckets, tag)
        return counted.nan + counted.positive_infinity + counted.negative_infinity

    def add_histogram_raw(self, tag, double min, double max, double num, double sum, double sum_squares,
                          const double[::1] limits, const double[::1] counts, step, walltime):
        """Logs a histogram that has been counted already; `limits` and `counts` have one length."""
        cdef bytes name = encode_tag(to_tag(tag))
        cdef When when = self.make_when(tag, step, walltime)
        cdef size_t buckets = limits.shape[0]
        if counts.shape[0] != limits.shape[0]:
            raise ValueError(
                f"histogram {tag!r}: {limits.shape[0]} bucket limits and {counts.shape[0]} bucket counts; "
                "expected as many of one as of the other")
        self.check_process()
        cdef HistogramStats stats = HistogramStats(min, max, num, sum, sum_squares)
        self.put_histogram(when, name, stats, &limits[0] if buckets else NULL,
                           &counts[0] if buckets else NULL, buckets, tag)

    cdef int put_histogram(self, When when, bytes name, HistogramStats stats, const double* limits,
                           const double* counts, size_t buckets, tag) except -1:
        cdef string_view native_tag = view_of(name)
        if HistogramBytes(native_tag, buckets) > self.core.max_body_bytes():
            raise ValueError(f"a histogram of {buckets} buckets does not fit the ring: use fewer, or "
                             "ringboard.configure(ring_bytes=...)")
        while not TryHistogram(self.core, self.stream, when, native_tag, stats, limits, counts, buckets):
            if not self.wait_for_room(HistogramBytes(native_tag, buckets), 1, tag):
                return 0
        Count(self.stream.stats.accepted, 1)
        return 0

    def add_image(self, tag, array, str dtype not None, str axes not None, step, walltime):
        """An image, or a grid of them, from a buffer of any strides; `axes` names its axes (N, C, H, W)."""
        cdef bytes name = encode_tag(to_tag(tag))
        cdef bytes letters = axes.encode("ascii")
        cdef When when = self.make_when(tag, step, walltime)
        cdef string_view native_tag = view_of(name)
        cdef ArrayView view
        cdef Planes planes
        cdef Packing packing
        cdef ByteBuffer body
        cdef Status status
        cdef bint accepted
        cdef Core* core = self.core
        cdef Stream* stream = self.stream
        self.check_process()
        view.Acquire(array, dtype)
        FindPlanes(view, letters, &planes)
        raise_if_error(PackedShape(planes, kGridColumns, &packing))
        if ImageBytes(native_tag, packing) > core.max_body_bytes():
            with nogil:
                status = EncodeImageBody(native_tag, planes, packing, &body)
            raise_if_error(status)
            self.put_event(when, body.data(), body.size(), tag)
            return
        while True:
            if packing.bytes < RELEASE_PIXEL_BYTES:
                accepted = TryImage(core, stream, when, native_tag, planes, packing)
            else:
                with nogil:
                    accepted = TryImage(core, stream, when, native_tag, planes, packing)
            if accepted:
                break
            if not self.wait_for_room(ImageBytes(native_tag, packing), 1, tag):
                return
        Count(stream.stats.accepted, 1)

    def add_scalar_series(self, tag, const double[::1] values, const int64_t[::1] steps,
                          const double[::1] walltimes, walltime):
        """One event for each value; `walltimes` may be None, then all have `walltime`."""
        cdef ScalarSeries series = self.find_series(tag, ScalarStyle.kSimple)
        cdef When when = self.make_when(tag, None, walltime)
        cdef bint has_wall_times = walltimes is not None
        cdef size_t total = values.shape[0]
        cdef size_t chunk = min(SERIES_CHUNK, (self.core.max_body_bytes() - 24) // 24)
        cdef size_t start = 0
        cdef size_t count
        cdef bint accepted
        self.check_process()
        while start < total:
            count = min(chunk, total - start)
            accepted = TryScalarSeries(self.core, series.id, when.wall_time, &steps[start], &values[start],
                                       &walltimes[start] if has_wall_times else NULL, count)
            if not accepted and self.wait_for_room(ScalarSeriesBytes(count, has_wall_times), count, tag):
                continue
            if accepted:
                Count(self.stream.stats.accepted, count)
            start += count

    def flush(self, bint fsync=False):
        """Returns when all accepted before, from any thread, was given to the operating system (or is
        durable, with fsync).  Raises OSError with the path and the errno when this file can't take it."""
        self.request(RecordKind.kSync if fsync else RecordKind.kFlush)

    def close(self):
        """A flush, then the descriptor is closed.  What comes after still goes to this file."""
        self.closed = True
        self.request(RecordKind.kClose)

    cdef int request(self, RecordKind kind) except -1:
        cdef uint64_t position = 0
        cdef bint done = False
        cdef Core* core = self.core
        if self.generation != Core.Generation():
            return 0  # the parent's file is the parent's to flush
        while not core.TryRequest(self.stream, kind, &position):
            self.wait_for_room(0, 0, None)
        while not done:
            with nogil:
                done = core.WaitUntilDone(position, nanoseconds(SIGNAL_LOOK_NS))
            if not done:
                self.give_up(0, None)
            PyErr_CheckSignals()
            if self.generation != Core.Generation():
                return 0
        return raise_if_error(core.TakeError(self.stream))

    def stats(self):
        """See SummaryWriter.stats."""
        if self.generation != Core.Generation():
            return dict.fromkeys(STATS, 0)  # the parent's events are not this process's
        cdef CoreStats process = self.core.stats()
        cdef uint64_t written = self.stream.stats.written.load()
        cdef uint64_t dropped = self.stream.stats.dropped.load()
        # Last, so that it is never less than the other two together.
        cdef uint64_t accepted = self.stream.stats.accepted.load()
        return {
            "accepted": accepted,
            "written": written,
            "dropped": dropped,
            "waiting": accepted - written - dropped if accepted > written + dropped else 0,
            "bytes": self.stream.stats.bytes_written.load(),
            "ring_bytes": process.ring_bytes,
            "ring_used_bytes": process.ring_used_bytes,
            "ring_high_water_bytes": process.ring_high_water_bytes,
        }


cdef int64_t nanoseconds_of(double seconds):
    """From 1, because 0 is for never."""
    return max(1, <int64_t>min(seconds * 1e9, 9e18))


cdef inline string_view view_of(bytes text):
    return string_view(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))


cdef bytes encode_tag(str tag):
    try:
        return tag.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"tag {tag!r} holds a lone surrogate at {error.start}, which no event file can hold; "
            'encode it first, for instance tag.encode("utf-8", "replace").decode()') from None


cdef inline double value_of(tag, value) except? -1:
    cdef int overflow = 0
    cdef long long number
    cdef double item
    if PyFloat_Check(value):  # np.float64 is one
        return PyFloat_AS_DOUBLE(value)
    if PyLong_CheckExact(value):
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
        if overflow == 0:
            return <double>number
    elif NumberOfItem(value, "item", &item):  # arrays and tensors, of one element
        return item
    return to_scalar(tag, value)


cdef tuple plain_when(tag, step, walltime):
    """Step and wall time as int and float, or None: so that no code of others runs when they are used."""
    if step is not None and not PyLong_CheckExact(step):
        step = to_step(tag, step)
    if walltime is not None:
        walltime = to_walltime(tag, walltime)
    return step, walltime


cdef one_step(step, global_step):
    if step is not None:
        raise TypeError(f"step={step!r} and global_step={global_step!r} are two names of one argument; pass one")
    return global_step


include "scalar_methods.pxi"
include "hot_methods.pxi"
