# SummaryWriter's compiled methods and ScalarHandle, for every argument that there may be.  They are functions
# assigned in the body of a plain class, so that subclasses, `object.__new__` and instance dictionaries work as
# they do with torch's.  The usual arguments take the short way of hot_methods.pxi.

cdef StreamSlot stream_slot


cdef inline object any_stream_of(writer):
    """The writer's EventStream, or a ringboard.hooks.HookedStream."""
    cdef PyObject* held = stream_slot.Get(writer)
    if held != NULL:
        stream = <object>held
        Py_DECREF(stream)  # `stream` has a reference of its own
        if type(stream) is EventStream and (<EventStream>stream).is_usable():
            return stream
    return writer._open_stream()


def live_stream(self):
    """The file to write to: the open one, or a new one after close() and in a forked child."""
    return any_stream_of(self)


@cython.final
cdef class ScalarHandle:
    """A tag to which scalars are added without looking it up: `handle = writer.scalar("loss")`, then
    `handle.add(value, step)` at each step.  It stays good across close(), reopening and fork."""
    cdef object writer
    cdef readonly str tag
    cdef EventStream stream
    cdef ScalarSeries series

    def __init__(self, writer, tag):
        self.writer = writer
        self.tag = to_tag(tag)
        if not self.bind():
            raise RuntimeError("hooks want to see what is logged: use writer.scalar()")

    cdef bint bind(self) except -1:
        """False where hooks must see what is logged: then the old stream stays, which is closed, so that
        add() asks again each time."""
        cdef object found = any_stream_of(self.writer)
        if type(found) is not EventStream:
            return False
        cdef EventStream stream = <EventStream>found
        self.series = stream.find_series(self.tag, ScalarStyle.kSimple)
        self.stream = stream
        return True

    def add(self, value, step=None, walltime=None, *, global_step=None):
        """Logs `value` at `step`, as writer.add_scalar(tag, value, step, walltime) does.  `global_step` is
        another name of `step`."""
        if global_step is not None:
            step = one_step(step, global_step)
        cdef double number = value_of(self.tag, value)
        step, walltime = plain_when(self.tag, step, walltime)
        if not self.stream.is_usable():
            if not self.bind():
                any_stream_of(self.writer).add_scalar(self.tag, number, step, walltime)
                return
        cdef int64_t at = self.stream.step_of(self.tag, step)
        self.stream.put_scalar(self.series.id, self.stream.wall_time_of(self.tag, walltime), at, number, self.tag)

    def __reduce__(self):
        """A copy, by pickle or copy.deepcopy, is the same tag of the writer's copy."""
        return scalar, (self.writer, self.tag)

    def __repr__(self):
        return f"<scalar {self.tag!r} of {self.writer!r}>"


def add_scalar(self, tag, scalar_value, global_step=None, walltime=None, new_style=False,
               double_precision=False):
    """Logs one number; TensorBoard draws it in the Time Series and Scalars tabs.

    Args:
        tag: the name of the series, for instance "Loss/train".
        scalar_value: a number, or a one-element array or tensor of any library.  NaN and infinities are
            logged as they are.  Stored as float32, as torch does.
        global_step: an integer (int64) or what int() takes; None is 0.
        walltime: seconds since the epoch; None is now.
        new_style: store it as a tensor with the scalars plugin's metadata.
        double_precision: with new_style, store it as float64.

    Raises:
        TypeError, ValueError: naming the tag, what came and what was expected; nothing is logged then.
    """
    add_one_scalar(self, tag, scalar_value, global_step, walltime, new_style, double_precision)


cdef add_one_scalar(writer, tag, scalar_value, global_step, walltime, new_style, double_precision):
    if not PyUnicode_CheckExact(tag):
        tag = to_tag(tag)  # first: who swapped tag and value should hear of the tag
    # Then all that may run code of others (item(), __float__, __int__), which may close the writer.
    cdef double value = value_of(tag, scalar_value)
    global_step, walltime = plain_when(tag, global_step, walltime)
    cdef object found = any_stream_of(writer)
    if type(found) is not EventStream:
        found.add_scalar(tag, value, global_step, walltime, bool(new_style), bool(double_precision))
        return
    cdef EventStream stream = <EventStream>found
    cdef uint32_t series
    if new_style is not False and new_style:
        series = stream.find_series(
            tag, ScalarStyle.kDoubleTensor if double_precision else ScalarStyle.kFloatTensor).id
    else:
        series = stream.simple_series(tag)
    cdef int64_t step = stream.step_of(tag, global_step)
    cdef double wall_time = stream.wall_time_of(tag, walltime)
    stream.put_scalar(series, wall_time, step, value, tag)


def add_named_scalar(self, tag, scalar_value, global_step=None, walltime=None, display_name=NO_TEXT,
                     summary_description=NO_TEXT, new_style=False, double_precision=False):
    """Logs one number; TensorBoard draws it in the Time Series and Scalars tabs.

    Args:
        tag: the name of the series.  Characters other than letters, digits and "_-./" become "_", slashes at
            its start go.
        scalar_value: a number, or a one-element array or tensor of any library.  NaN and infinities are
            logged as they are.  Stored as float32.
        global_step: an integer (int64) or what int() takes; None is 0.
        walltime: seconds since the epoch; None is now.
        display_name: what TensorBoard calls the series, instead of its tag.
        summary_description: what TensorBoard says about it.
        new_style: store it as a tensor with the scalars plugin's metadata.
        double_precision: with new_style, store it as float64.

    Raises:
        TypeError, ValueError: naming the tag, what came and what was expected; nothing is logged then.
    """
    if display_name is not NO_TEXT or summary_description is not NO_TEXT:
        if display_name or summary_description:
            self._add_described_scalar(tag, scalar_value, global_step, walltime, display_name,
                                       summary_description, new_style, double_precision)
            return
    add_one_scalar(self, tag, scalar_value, global_step, walltime, new_style, double_precision)


add_named_scalar.__name__ = "add_scalar"


def log(self, values, step=None, walltime=None, *, global_step=None):
    """Logs many scalars of one step as one event: one call, one look at the clock.  TensorBoard draws each
    as it draws those of add_scalar.

    Args:
        values: a dict of tag → value, each as in add_scalar.  An empty one logs nothing.
        step: as in add_scalar; `global_step` is another name of it.
        walltime: as in add_scalar.

    Raises:
        TypeError, ValueError: as in add_scalar; none of the values is logged then.
    """
    cdef vector[LogValue] logged
    cdef LogValue one
    cdef list tags = []
    if not isinstance(values, dict):
        if not isinstance(values, Mapping):
            raise TypeError(f"log() takes a dict of tag → value, got {describe(values)}")
        values = dict(values)
    if global_step is not None:
        step = one_step(step, global_step)
    step, walltime = plain_when("log()", step, walltime)
    one.series = 0
    for tag, value in (<dict>values).items():
        if not PyUnicode_CheckExact(tag):
            tag = to_tag(tag)
        one.value = <float>value_of(tag, value)
        logged.push_back(one)
        tags.append(tag)
    if logged.size() == 0:
        return
    # After all that may run code of others, which may close the writer.
    cdef object found = any_stream_of(self)
    if type(found) is not EventStream:
        found.log(tags, [one.value for one in logged], step, walltime)
        return
    cdef EventStream stream = <EventStream>found
    cdef When when = stream.make_when("log()", step, walltime)
    cdef size_t place
    for place in range(logged.size()):
        logged[place].series = stream.simple_series(tags[place])
    cdef size_t size = LogBytes(logged.size())
    if size > stream.core.max_body_bytes():
        raise ValueError(f"log() of {logged.size()} values does not fit the ring: log fewer at a time, or "
                         "ringboard.configure(ring_bytes=...)")
    while not TryLog(stream.core, stream.stream, when, logged.data(), logged.size()):
        if not stream.wait_for_room(size, 1, tags[0]):
            return
    Count(stream.stream.stats.accepted, 1)


def scalar(self, tag):
    """A handle on one tag for the hottest loops: `loss = writer.scalar("loss")`, `loss.add(value, step)`."""
    found = any_stream_of(self)
    return ScalarHandle(self, tag) if type(found) is EventStream else found.scalar(self, tag)
