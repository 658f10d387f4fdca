# cython: language_level=3
"""What add_scalar can't go under: a compiled method that takes its arguments and reads the clock."""

cdef extern from "<time.h>" nogil:
    cdef struct timespec:
        long tv_sec
        long tv_nsec
    enum:
        CLOCK_REALTIME
    int clock_gettime(int clock, timespec* now)


cdef class Floor:
    cdef double kept  # so that nothing is left out

    def add_scalar(self, str tag, double value, long long step):
        cdef timespec now
        clock_gettime(CLOCK_REALTIME, &now)
        self.kept = <double>now.tv_sec + now.tv_nsec * 1e-9 + value + step
