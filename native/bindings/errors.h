// The one place where a native Status becomes a Python exception.  Called with the GIL.
#pragma once

#include <Python.h>

#include <cstring>

#include "base/status.h"

namespace ringboard::bindings {

// Returns 0 for Ok; otherwise sets the exception and returns -1.
inline int RaiseIfError(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return 0;
    case StatusCode::kInvalid:
      PyErr_SetString(PyExc_ValueError, status.message().c_str());
      return -1;
    case StatusCode::kOutOfMemory:
      PyErr_SetString(PyExc_MemoryError, status.message().c_str());
      return -1;
    case StatusCode::kOs:
      break;
  }
  // OSError(errno, text, path) picks its own subclass: FileExistsError, PermissionError, …
  PyObject* text =
      PyUnicode_FromFormat("%s (%s)", std::strerror(status.os_errno()), status.message().c_str());
  PyObject* path = PyUnicode_DecodeFSDefault(status.path().c_str());
  if (text != nullptr && path != nullptr) {
    PyObject* error = PyObject_CallFunction(PyExc_OSError, "iOO", status.os_errno(), text, path);
    if (error != nullptr) {
      PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error)), error);
      Py_DECREF(error);
    }
  }
  Py_XDECREF(text);
  Py_XDECREF(path);
  return -1;
}

}  // namespace ringboard::bindings
