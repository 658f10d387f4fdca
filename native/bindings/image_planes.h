// A buffer and the name of its axes ("NCHW", "HW", …) as the planes of an image.  Called with the
// GIL.
#pragma once

#include <Python.h>

#include <limits>

#include "bindings/arrays.h"
#include "png/pixels.h"

namespace ringboard::bindings {

// `axes` has one letter of N, C, H, W for each axis of the view.  0, or -1 with ValueError set.
inline int FindPlanes(const ArrayView& view, const char* axes, png::Planes* planes) {
  *planes =
      png::Planes{static_cast<const uint8_t*>(view.data()), view.dtype(), 1, 1, 1, 1, 0, 0, 0, 0};
  for (int axis = 0; axis < view.ndim(); ++axis) {
    const Py_ssize_t extent = view.shape(axis);
    if (extent > static_cast<Py_ssize_t>(std::numeric_limits<uint32_t>::max())) {
      PyErr_Format(PyExc_ValueError, "an axis of %zd is too long for an image", extent);
      return -1;
    }
    const auto length = static_cast<uint32_t>(extent);
    const ptrdiff_t stride = view.stride(axis);
    switch (axes[axis]) {
      case 'N':
        planes->frames = length;
        planes->frame_stride = stride;
        break;
      case 'C':
        planes->channels = length;
        planes->channel_stride = stride;
        break;
      case 'H':
        planes->height = length;
        planes->row_stride = stride;
        break;
      case 'W':
        planes->width = length;
        planes->column_stride = stride;
        break;
      default:
        PyErr_Format(PyExc_ValueError, "no axis of an image is called %c", axes[axis]);
        return -1;
    }
  }
  return 0;
}

}  // namespace ringboard::bindings
