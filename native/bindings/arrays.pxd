# bindings/arrays.h and base/dtype.h
cdef extern from "base/dtype.h" namespace "ringboard" nogil:
    cdef cppclass Dtype:
        pass

cdef extern from "bindings/arrays.h" namespace "ringboard::bindings" nogil:
    cdef cppclass ArrayView:
        ArrayView()
        int Acquire(object array, object dtype_name) except -1
        void Release()
        Dtype dtype()
        const void* data()
        int ndim()
        Py_ssize_t shape(int axis)
        Py_ssize_t stride(int axis)
        size_t size()
        bint contiguous()
