# png/effort.h
from libcpp cimport bool as cpp_bool
from libcpp.string_view cimport string_view

cdef extern from "png/effort.h" namespace "ringboard::png" nogil:
    cpp_bool SetProcessEffort(string_view name)
