// A matrix as tab-separated values: a line for each row, numbers as in number.h.
//
// Threads: no state; any thread may call anything.
// Ownership: none is taken.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_buffer.h"
#include "base/dtype.h"
#include "base/status.h"

namespace ringboard::tsv {

// Where the elements are.  They need no alignment; strides are in bytes, of any sign.
struct Matrix {
  const uint8_t* data;  // element (0, 0)
  Dtype type;
  size_t rows, columns;
  ptrdiff_t row_stride, column_stride;
};

// Appends the lines.  Booleans are 0 and 1.  Not ok for 16-bit floats, which the caller widens, and
// when there is no memory.
Status AppendRows(const Matrix& matrix, ByteBuffer* out);

}  // namespace ringboard::tsv
