#include "tsv/rows.h"

#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "tsv/number.h"

namespace ringboard::tsv {
namespace {

template <typename Element>
auto Load(const uint8_t* from) {
  Element element;
  std::memcpy(&element, from, sizeof(element));
  if constexpr (std::is_floating_point_v<Element>) {
    return element;
  } else if constexpr (std::is_signed_v<Element>) {
    return static_cast<int64_t>(element);
  } else {
    return static_cast<uint64_t>(element);
  }
}

template <typename Element, bool kIsBool = false>
Status Append(const Matrix& matrix, ByteBuffer* out) {
  constexpr size_t kCellBytes = kNumberBytes + 1;  // and a tab or a newline
  if (matrix.columns > std::numeric_limits<size_t>::max() / kCellBytes) {
    return Status::OutOfMemory("a row of this many columns does not fit into memory");
  }
  for (size_t row = 0; row < matrix.rows; ++row) {
    const uint8_t* from = matrix.data + static_cast<ptrdiff_t>(row) * matrix.row_stride;
    auto* const line = reinterpret_cast<char*>(out->Reserve(matrix.columns * kCellBytes));
    if (line == nullptr) return Status::OutOfMemory("no memory for a row of a table");
    char* at = line;
    for (size_t column = 0; column < matrix.columns; ++column, from += matrix.column_stride) {
      if constexpr (kIsBool) {
        *at++ = *from != 0 ? '1' : '0';
      } else {
        at = Format(Load<Element>(from), at);
      }
      *at++ = '\t';
    }
    at[-1] = '\n';
    out->Advance(static_cast<size_t>(at - line));
  }
  return Status::Ok();
}

}  // namespace

Status AppendRows(const Matrix& matrix, ByteBuffer* out) {
  if (matrix.columns == 0) return Status::Invalid("a table has one column at least");
  switch (matrix.type) {
    case Dtype::kBool:
      return Append<uint8_t, true>(matrix, out);
    case Dtype::kInt8:
      return Append<int8_t>(matrix, out);
    case Dtype::kUint8:
      return Append<uint8_t>(matrix, out);
    case Dtype::kInt16:
      return Append<int16_t>(matrix, out);
    case Dtype::kUint16:
      return Append<uint16_t>(matrix, out);
    case Dtype::kInt32:
      return Append<int32_t>(matrix, out);
    case Dtype::kUint32:
      return Append<uint32_t>(matrix, out);
    case Dtype::kInt64:
      return Append<int64_t>(matrix, out);
    case Dtype::kUint64:
      return Append<uint64_t>(matrix, out);
    case Dtype::kFloat32:
      return Append<float>(matrix, out);
    case Dtype::kFloat64:
      return Append<double>(matrix, out);
    case Dtype::kFloat16:
    case Dtype::kBfloat16:
      break;
  }
  return Status::Invalid(std::string(kDtypeNames[static_cast<size_t>(matrix.type)]) +
                         " has no text here: widen it to float32 first");
}

}  // namespace ringboard::tsv
