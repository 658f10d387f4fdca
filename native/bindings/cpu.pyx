# distutils: language = c++
"""The processor's level, for bug reports and benchmark headers."""
from base_status cimport Status
from errors cimport raise_if_error


cdef extern from "cpu/features.h" namespace "ringboard::cpu" nogil:
    const char* ActiveLevelName()
    Status OverrideStatus()


def active_level():
    """The instruction set level in use: "portable", "sse42", "avx2", "avx512", "avx512vbmi" or "neon"."""
    return ActiveLevelName().decode("ascii")


# A mistyped RINGBOARD_ISA must not silently test the wrong kernels.
raise_if_error(OverrideStatus())
