// SummaryWriter keeps its EventStream in a slot (`__slots__`), and its hot methods read the slot
// where it lies in the object.  An attribute look-up by name would cost a third of a whole
// add_scalar call (measured: 35 of 110 ns).  Called with the GIL.
#pragma once

#include <Python.h>

#if PY_VERSION_HEX < 0x030c0000
#include <structmember.h>
#endif

namespace ringboard::bindings {

class StreamSlot {
 public:
  // `name` must be a slot of `type`.  0, or -1 with an exception set.
  int Use(PyObject* type, PyObject* name) {
    PyObject* descriptor = PyObject_GetAttr(type, name);
    if (descriptor == nullptr) return -1;
    if (!PyType_Check(type) || Py_TYPE(descriptor) != &PyMemberDescr_Type) {
      Py_DECREF(descriptor);
      PyErr_Format(PyExc_TypeError, "%R is no slot of %R", name, type);
      return -1;
    }
    member_ = *reinterpret_cast<PyMemberDescrObject*>(descriptor)->d_member;
    Py_DECREF(descriptor);
    Py_INCREF(type);
    type_ = reinterpret_cast<PyTypeObject*>(type);
    return 0;
  }

  // The same as a borrowed reference, for those who let no other code run while they use it.
  PyObject* Peek(PyObject* object) const {
    if (type_ == nullptr || !PyObject_TypeCheck(object, type_)) return nullptr;
    return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + member_.offset);
  }

  // A new reference to what the slot holds; nullptr, with no exception set, when it holds nothing
  // or `object` is no instance.
  PyObject* Get(PyObject* object) const {
    if (type_ == nullptr || !PyObject_TypeCheck(object, type_)) return nullptr;
#ifdef Py_GIL_DISABLED
    // Another thread may replace the object between the load and the reference: let CPython sort it
    // out.
    PyObject* held =
        PyMember_GetOne(reinterpret_cast<char*>(object), const_cast<PyMemberDef*>(&member_));
    if (held == nullptr) PyErr_Clear();
    return held;
#else
    PyObject* held =
        *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + member_.offset);
    Py_XINCREF(held);
    return held;
#endif
  }

 private:
  PyTypeObject* type_ = nullptr;
  PyMemberDef member_{};
};

}  // namespace ringboard::bindings
