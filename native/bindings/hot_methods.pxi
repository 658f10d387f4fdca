# SummaryWriter.add_scalar, SummaryWriter.log and ScalarHandle.add for the usual arguments.  What is not
# usual, and every error, is the general function's, which stands in scalar_methods.pxi under the same name.
#
# No Python code runs between the look at the stream and the commit, so borrowed references are enough.  In
# builds without the GIL they are not: there the general functions stay in place.

cdef extern from "bindings/hot_method.h" namespace "ringboard::bindings":
    ctypedef object (*HotFunction)(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* names)
    int InstallHotMethod(object type, const char* name, HotFunction function, const char* signature,
                         object documented) except -1
    bint SortArguments(PyObject* const* arguments, Py_ssize_t count, PyObject* names,
                       PyObject** parameters, PyObject** given)
    object CallGeneral(object general, PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                       PyObject* names)

cdef enum:
    MOST_LOGGED = 64  # values of a log() that need no memory but the stack

cdef PyObject* ADD_SCALAR_PARAMETERS[4]
cdef PyObject* ADD_PARAMETERS[4]
cdef PyObject* LOG_PARAMETERS[4]
cdef object general_add_scalar, general_add_named_scalar, general_log, general_add


cdef inline bint usual_number(PyObject* value, double* number) noexcept:
    cdef int overflow = 0
    if PyFloat_Check(<object>value):
        number[0] = PyFloat_AS_DOUBLE(<object>value)
        return True
    if PyLong_CheckExact(<object>value):
        number[0] = <double>PyLong_AsLongLongAndOverflow(<object>value, &overflow)
        return overflow == 0
    return False


cdef inline bint one_number(PyObject* value, double* number) except -1:
    """A number, or what a one-element array or tensor holds.  May run code of others: before the stream is
    looked at.  (The caller of the method keeps the arguments alive meanwhile.)"""
    if usual_number(value, number):
        return True
    if value == <PyObject*>None or PyUnicode_CheckExact(<object>value):
        return False
    return NumberOfItem(<object>value, "item", number)


cdef inline bint usual_step(PyObject* stream, PyObject* step, int64_t* number) noexcept:
    cdef int overflow = 0
    if step == NULL or step == <PyObject*>None:
        number[0] = (<EventStream>stream).default_step
        return True
    if not PyLong_CheckExact(<object>step):
        return False
    number[0] = PyLong_AsLongLongAndOverflow(<object>step, &overflow)
    return overflow == 0


cdef inline bint usual_wall_time(PyObject* stream, PyObject* walltime, double* seconds) noexcept:
    if walltime == NULL or walltime == <PyObject*>None:
        if (<EventStream>stream).has_default_wall_time:
            seconds[0] = (<EventStream>stream).default_wall_time
        else:
            seconds[0] = WallTime()
        return True
    if not PyFloat_CheckExact(<object>walltime):
        return False
    seconds[0] = PyFloat_AS_DOUBLE(<object>walltime)
    return seconds[0] - seconds[0] == 0  # finite


cdef inline PyObject* usual_stream(PyObject* writer) noexcept:
    """The writer's open file, borrowed; NULL when there is none."""
    cdef PyObject* held = stream_slot.Peek(<object>writer)
    if held == NULL or Py_TYPE(<object>held) != <PyTypeObject*>EventStream or not (<EventStream>held).is_usable():
        return NULL
    return held


cdef inline bint usual_series(PyObject* stream, PyObject* tag, uint32_t* series):
    """The number of a tag that has one already."""
    cdef size_t place = recent_place(tag)
    if (<EventStream>stream).recent[place].tag == tag:
        series[0] = (<EventStream>stream).recent[place].id
        return True
    if not PyUnicode_CheckExact(<object>tag):  # of log()
        return False
    cdef PyObject* found = PyDict_GetItemWithError((<EventStream>stream).simple, <object>tag)
    if found == NULL:
        return False
    series[0] = (<ScalarSeries>found).id
    if (<ScalarSeries>found).tag == tag:  # see simple_series
        (<EventStream>stream).recent[place] = RecentTag(tag, series[0])
    return True


cdef inline bint try_add_scalar(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                                PyObject* names) except -1:
    """False when something is unusual, or the ring is full."""
    cdef PyObject* given[4]  # tag, scalar_value, global_step, walltime
    cdef PyObject* stream
    cdef double value, wall_time
    cdef int64_t step
    cdef uint32_t series = 0
    if (SortArguments(arguments, count, names, ADD_SCALAR_PARAMETERS, given)
            and given[0] != NULL and given[1] != NULL and PyUnicode_CheckExact(<object>given[0])
            and one_number(given[1], &value)):
        stream = usual_stream(self)
        if (stream != NULL and usual_series(stream, given[0], &series)
                and usual_step(stream, given[2], &step) and usual_wall_time(stream, given[3], &wall_time)):
            if (<EventStream>stream).core.TryScalar(series, wall_time, step, value):
                Count((<EventStream>stream).stream.stats.accepted, 1)
                return True
    return False


cdef object hot_add_scalar(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* names):
    if try_add_scalar(self, arguments, count, names):
        return None
    return CallGeneral(general_add_scalar, self, arguments, count, names)


cdef object hot_add_named_scalar(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* names):
    if try_add_scalar(self, arguments, count, names):
        return None
    return CallGeneral(general_add_named_scalar, self, arguments, count, names)


cdef object hot_add(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* names):
    cdef PyObject* given[4]  # value, step, walltime, global_step
    cdef PyObject* stream
    cdef double value, wall_time
    cdef int64_t step
    if (SortArguments(arguments, count, names, ADD_PARAMETERS, given)
            and given[0] != NULL and given[3] == NULL
            and one_number(given[0], &value)):
        stream = <PyObject*>(<ScalarHandle>self).stream
        if ((<EventStream>stream).is_usable() and usual_step(stream, given[1], &step)
                and usual_wall_time(stream, given[2], &wall_time)):
            if (<EventStream>stream).core.TryScalar((<ScalarHandle>self).series.id, wall_time, step, value):
                Count((<EventStream>stream).stream.stats.accepted, 1)
                return None
    return CallGeneral(general_add, self, arguments, count, names)


cdef object hot_log(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* names):
    cdef PyObject* given[4]  # values, step, walltime, global_step
    cdef LogValue logged[MOST_LOGGED]
    cdef PyObject* stream
    cdef PyObject* tag
    cdef PyObject* value
    cdef Py_ssize_t place = 0
    cdef size_t size = 0
    cdef double number
    cdef When when
    if (SortArguments(arguments, count, names, LOG_PARAMETERS, given)
            and given[0] != NULL and given[3] == NULL and PyDict_CheckExact(<object>given[0])
            and 0 < PyDict_GET_SIZE(<object>given[0]) <= MOST_LOGGED):
        stream = usual_stream(self)
        if (stream != NULL and usual_step(stream, given[1], &when.step)
                and usual_wall_time(stream, given[2], &when.wall_time)):
            while PyDict_Next(<object>given[0], &place, &tag, &value):
                if not usual_number(value, &number) or not usual_series(stream, tag, &logged[size].series):
                    break
                logged[size].value = <float>number
                size += 1
            else:
                if LogBytes(size) <= (<EventStream>stream).core.max_body_bytes() and TryLog(
                        (<EventStream>stream).core, (<EventStream>stream).stream, when, logged, size):
                    Count((<EventStream>stream).stream.stats.accepted, 1)
                    return None
    return CallGeneral(general_log, self, arguments, count, names)


cdef name_parameters(PyObject** parameters, names):
    for place, name in enumerate(names):
        interned = sys.intern(name)
        Py_INCREF(interned)  # for ever, as the table is
        parameters[place] = <PyObject*>interned


def use_hot_methods(type writer_type):
    """Puts the hot methods into SummaryWriter, in the place of the general ones, and into ScalarHandle."""
    global general_add_scalar, general_log, general_add
    stream_slot.Use(writer_type, "_stream")
    if not TRUST_ADDRESSES:
        return
    name_parameters(ADD_SCALAR_PARAMETERS, ("tag", "scalar_value", "global_step", "walltime"))
    name_parameters(LOG_PARAMETERS, ("values", "step", "walltime", "global_step"))
    name_parameters(ADD_PARAMETERS, ("value", "step", "walltime", "global_step"))
    general_add_scalar, general_log, general_add = add_scalar, log, ScalarHandle.add
    InstallHotMethod(
        writer_type, "add_scalar", hot_add_scalar,
        "($self, tag, scalar_value, global_step=None, walltime=None, new_style=False, double_precision=False)",
        add_scalar)
    InstallHotMethod(writer_type, "log", hot_log, "($self, values, step=None, walltime=None, *, global_step=None)", log)
    InstallHotMethod(ScalarHandle, "add", hot_add, "($self, value, step=None, walltime=None, *, global_step=None)",
                     ScalarHandle.add)


def use_hot_add_named_scalar(type writer_type):
    """Puts tensorboardX's add_scalar into a subclass of SummaryWriter, in the place of add_named_scalar."""
    global general_add_named_scalar
    if not TRUST_ADDRESSES:
        return
    general_add_named_scalar = add_named_scalar
    InstallHotMethod(
        writer_type, "add_scalar", hot_add_named_scalar,
        "($self, tag, scalar_value, global_step=None, walltime=None, display_name='', summary_description='', "
        "new_style=False, double_precision=False)", add_named_scalar)
