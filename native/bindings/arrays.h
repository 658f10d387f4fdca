// A Python buffer as native rooms want it: pointer, element type, shape, strides in bytes.
//
// The exporter's format string is not looked at: bfloat16 has none, so the caller names the type,
// and the item size must agree with it.  Called with the GIL.
#pragma once

#include <Python.h>

#include "base/dtype.h"

namespace ringboard::bindings {

class ArrayView {
 public:
  ArrayView() = default;
  ~ArrayView() { Release(); }
  ArrayView(const ArrayView&) = delete;
  ArrayView& operator=(const ArrayView&) = delete;

  // 0, or -1 with an exception set.
  int Acquire(PyObject* array, PyObject* dtype_name) {
    Py_ssize_t name_bytes = 0;
    const char* name = PyUnicode_AsUTF8AndSize(dtype_name, &name_bytes);
    if (name == nullptr) return -1;
    if (!FindDtype({name, static_cast<size_t>(name_bytes)}, &dtype_)) {
      PyErr_Format(PyExc_TypeError, "an array of dtype %U cannot be read here", dtype_name);
      return -1;
    }
    // PyBUF_FORMAT: without it numpy refuses half of its own types.
    if (PyObject_GetBuffer(array, &view_, PyBUF_STRIDES | PyBUF_FORMAT) != 0) return -1;
    held_ = true;
    if (static_cast<size_t>(view_.itemsize) != DtypeBytes(dtype_)) {
      PyErr_Format(PyExc_TypeError, "elements of %zd bytes were said to be %U", view_.itemsize,
                   dtype_name);
      Release();
      return -1;
    }
    return 0;
  }
  void Release() {
    if (held_) PyBuffer_Release(&view_);
    held_ = false;
  }

  Dtype dtype() const { return dtype_; }
  const void* data() const { return view_.buf; }
  int ndim() const { return view_.ndim; }
  Py_ssize_t shape(int axis) const { return view_.shape[axis]; }
  Py_ssize_t stride(int axis) const { return view_.strides[axis]; }
  size_t size() const { return static_cast<size_t>(view_.len / view_.itemsize); }
  bool contiguous() const { return PyBuffer_IsContiguous(&view_, 'A') != 0; }

 private:
  Py_buffer view_{};
  Dtype dtype_ = Dtype::kBool;
  bool held_ = false;
};

}  // namespace ringboard::bindings
