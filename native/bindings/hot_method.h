// Methods whose calls cost little more than CPython's own part of a call.
//
// A function that Cython compiles spends 200 instructions on sorting its arguments and counting
// references to them before its first line.  A hot method is a plain C function instead: it sorts
// borrowed references (SortArguments), does its work if all is as usual, and hands anything else to
// the general function of the same name.  Its descriptor is CPython's own method descriptor, which
// binds to instances of subclasses too and which the interpreter's specialized calls know.
#pragma once

#include <Python.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/platform.h"

namespace ringboard::bindings {

using HotFunction = PyObject* (*)(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                                  PyObject* names);

// Makes `function` the method `name` of the class `type`, documented as `documented` is, with
// `signature` (such as "($self, tag, value=None)") for inspect.  0, or -1 with an exception set.
inline int InstallHotMethod(PyObject* type, const char* name, HotFunction function,
                            const char* signature, PyObject* documented) {
  PyObject* doc = PyObject_GetAttrString(documented, "__doc__");
  if (doc == nullptr) return -1;
  const char* text = doc == Py_None ? "" : PyUnicode_AsUTF8(doc);
  if (text == nullptr) {
    Py_DECREF(doc);
    return -1;
  }
  // Cython's documentation starts with a signature of its own.
  if (const char* line_end = std::strchr(text, '\n'); line_end != nullptr && text[0] != '\0') {
    const std::string_view first(text, static_cast<size_t>(line_end - text));
    if (first.find(std::string(name) + "(") != std::string_view::npos) {
      text = line_end + std::strspn(line_end, "\n");
    }
  }
  // Kept for ever: descriptors point to their definition, and a process has a handful of them.
  auto* kept_doc = new std::string(std::string(name) + signature + "\n--\n\n" + text);
  Py_DECREF(doc);
  auto* definition =
      new PyMethodDef{name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function)),
                      METH_FASTCALL | METH_KEYWORDS, kept_doc->c_str()};
  auto* owner = reinterpret_cast<PyTypeObject*>(type);
  PyObject* descriptor = PyDescr_NewMethod(owner, definition);
  if (descriptor == nullptr) return -1;
  int status;
  if ((owner->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) {
    status = PyObject_SetAttrString(type, name, descriptor);
  } else {  // an extension type takes no attributes once it is made; this is its module's making
    status = PyDict_SetItemString(owner->tp_dict, name, descriptor);
    PyType_Modified(owner);
  }
  Py_DECREF(descriptor);
  return status;
}

// Of SortArguments: those given by name.
template <size_t kParameters>
bool SortNamed(PyObject* const* arguments, PyObject* names,
               PyObject* const (&parameters)[kParameters], PyObject* (&given)[kParameters]) {
  const Py_ssize_t named = PyTuple_GET_SIZE(names);
  for (Py_ssize_t i = 0; i < named; ++i) {
    PyObject* name = PyTuple_GET_ITEM(names, i);
    size_t at = 0;
    while (at < kParameters && parameters[at] != name) ++at;
    if (at == kParameters || given[at] != nullptr) return false;
    given[at] = arguments[i];
  }
  return true;
}

// Borrowed references to the arguments, by parameter; nullptr for those not given.  False when
// there are others than these parameters, or names that the call site did not intern: the general
// function then says what is wrong, or finds that nothing is.
template <size_t kParameters>
RB_ALWAYS_INLINE bool SortArguments(PyObject* const* arguments, Py_ssize_t count, PyObject* names,
                                    PyObject* const (&parameters)[kParameters],
                                    PyObject* (&given)[kParameters]) {
  const auto positional = static_cast<size_t>(count);
  if (positional > kParameters) return false;
  // Written out for each parameter: a loop takes 20 instructions more.
  [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
    ((given[kIndex] = kIndex < positional ? arguments[kIndex] : nullptr), ...);
  }(std::make_index_sequence<kParameters>());
  return names == nullptr || SortNamed(arguments + count, names, parameters, given);
}

// Calls `general` as a method of `self` with the same arguments.
inline PyObject* CallGeneral(PyObject* general, PyObject* self, PyObject* const* arguments,
                             Py_ssize_t count, PyObject* names) {
  constexpr Py_ssize_t kMost = 16;
  const Py_ssize_t all = count + (names == nullptr ? 0 : PyTuple_GET_SIZE(names));
  PyObject* few[kMost + 1];
  PyObject** with_self = few;
  if (all > kMost) {
    with_self = static_cast<PyObject**>(PyMem_Malloc(sizeof(PyObject*) * (all + 1)));
    if (with_self == nullptr) return PyErr_NoMemory();
  }
  with_self[0] = self;
  for (Py_ssize_t i = 0; i < all; ++i) with_self[i + 1] = arguments[i];
  PyObject* result = PyObject_Vectorcall(general, with_self, static_cast<size_t>(count + 1), names);
  if (with_self != few) PyMem_Free(with_self);
  return result;
}

// A number from `value.item()`, which one-element arrays and tensors of every library have.  1 with
// *number set; 0, with no exception set, when it gives none (several elements, a complex number);
// -1 with an exception that is not about the value, such as KeyboardInterrupt.
inline int NumberOfItem(PyObject* value, PyObject* item_name, double* number) {
  // numpy.ma's MaskedArray and MaskedConstant: their item() gives what the mask hides.
  if (std::strncmp(Py_TYPE(value)->tp_name, "Masked", 6) == 0) return 0;
  PyObject* item = PyObject_CallMethodNoArgs(value, item_name);
  if (item == nullptr) {
    if (!PyErr_ExceptionMatches(PyExc_RuntimeError) && !PyErr_ExceptionMatches(PyExc_ValueError) &&
        !PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_AttributeError)) {
      return -1;
    }
    PyErr_Clear();
    return 0;
  }
  int found = 0;
  if (PyFloat_CheckExact(item)) {
    *number = PyFloat_AS_DOUBLE(item);
    found = 1;
  } else if (PyLong_Check(item)) {
    *number = PyLong_AsDouble(item);
    found = !(*number == -1.0 && PyErr_Occurred() != nullptr);
    if (found == 0) PyErr_Clear();
  }
  Py_DECREF(item);
  return found;
}

}  // namespace ringboard::bindings
