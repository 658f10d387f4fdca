// Every number in a table comes back from its text, and no shorter text would have brought it back;
// rows follow any strides.
#include <bit>
#include <cmath>
#include <cstdlib>

#include "fuzz.h"
#include "tsv/number.h"
#include "tsv/rows.h"
#include "tsv/shortest.h"

namespace ringboard::tsv {
namespace {

using fuzz::Input;

double Parse(const std::string& text, double) { return std::strtod(text.c_str(), nullptr); }
float Parse(const std::string& text, float) { return std::strtof(text.c_str(), nullptr); }

std::string Scientific(const std::string& digits, int exponent) {
  return digits.substr(0, 1) + "." + digits.substr(1) + "e" + std::to_string(exponent);
}

// Whether some decimal of `count` digits gives `value` back.  Those nearest to it are the two
// around it, so printf's and its neighbours are all that need be tried.
template <typename Float>
bool FitsDigits(Float value, int count) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*e", count - 1, static_cast<double>(value));
  const std::string printed = text;
  const size_t e = printed.find('e');
  std::string digits = printed.substr(0, e);
  if (count > 1) digits.erase(1, 1);
  const int exponent = std::atoi(printed.c_str() + e + 1);
  const auto nearest = std::strtoull(digits.c_str(), nullptr, 10);
  for (const auto around : {nearest - 1, nearest, nearest + 1}) {
    const std::string candidate = std::to_string(around);
    const int carried = static_cast<int>(candidate.size()) - count;  // 999 + 1, 100 - 1
    if (Parse(Scientific(candidate, exponent + carried), value) == value) return true;
  }
  return false;
}

template <typename Float>
void CheckShortest(Float value) {
  if (!std::isfinite(value)) return;
  value = std::abs(value);
  for (const Decimal& decimal : {Shortest(value), ShortestByPrintf(value)}) {
    const std::string digits(decimal.digits, static_cast<size_t>(decimal.count));
    INFO(digits, " e ", decimal.exponent);
    CHECK(Parse(Scientific(digits, decimal.exponent), value) == value);
    CHECK(digits.size() == 1 || digits.back() != '0');
  }
  const int count = Shortest(value).count;
  if (value != 0 && count > 1) CHECK(!FitsDigits(value, count - 1));
}

// Readers parse to float64 and then round.
template <typename Float>
bool ComesBack(Float value, const std::string& text) {
  const auto found = static_cast<Float>(std::strtod(text.c_str(), nullptr));
  if (std::isnan(value)) return text == "nan";
  return found == value && std::signbit(found) == std::signbit(value);
}

template <typename T>
T Load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

bool IsRight(Dtype type, const uint8_t* at, const std::string& text) {
  switch (type) {
    case Dtype::kBool:
      return text == (*at != 0 ? "1" : "0");
    case Dtype::kInt8:
      return text == std::to_string(Load<int8_t>(at));
    case Dtype::kUint8:
      return text == std::to_string(Load<uint8_t>(at));
    case Dtype::kInt16:
      return text == std::to_string(Load<int16_t>(at));
    case Dtype::kUint16:
      return text == std::to_string(Load<uint16_t>(at));
    case Dtype::kInt32:
      return text == std::to_string(Load<int32_t>(at));
    case Dtype::kUint32:
      return text == std::to_string(Load<uint32_t>(at));
    case Dtype::kInt64:
      return text == std::to_string(Load<int64_t>(at));
    case Dtype::kUint64:
      return text == std::to_string(Load<uint64_t>(at));
    case Dtype::kFloat32:
      CheckShortest(Load<float>(at));
      return ComesBack(Load<float>(at), text);
    case Dtype::kFloat64:
      CheckShortest(Load<double>(at));
      return ComesBack(Load<double>(at), text);
    default:
      return false;
  }
}

// What stands before `separator`, which must be there; leaves `text` behind it.
std::string TakeCell(std::string* text, char separator) {
  const size_t end = text->find(separator);
  CHECK(end != std::string::npos);
  const std::string cell = text->substr(0, end);
  text->erase(0, end + 1);
  return cell;
}

}  // namespace
}  // namespace ringboard::tsv

namespace ringboard {

FUZZ_TARGET(Input& input) {
  using namespace tsv;
  constexpr ptrdiff_t kMostStride = 24;
  const auto type = static_cast<Dtype>(input.Below(kDtypeNames.size()));
  const size_t rows = input.Below(6), columns = input.Below(6);
  ptrdiff_t strides[2];
  for (ptrdiff_t& stride : strides) stride = static_cast<ptrdiff_t>(input.Below(49)) - kMostStride;

  // Room on both sides of element (0, 0) for strides of either sign.
  constexpr size_t kReach = 2 * 5 * kMostStride;
  const std::vector<uint8_t> bytes = input.Stretch(2 * kReach + 8);
  const uint8_t* data = bytes.data() + kReach;

  ByteBuffer out;
  const Status status = AppendRows({data, type, rows, columns, strides[0], strides[1]}, &out);
  const bool half = type == Dtype::kFloat16 || type == Dtype::kBfloat16;
  CHECK_EQ(status.ok(), !half && columns != 0);
  if (!status.ok()) return;
  std::string text(reinterpret_cast<const char*>(out.data()), out.size());
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < columns; ++column) {
      const uint8_t* at = data + static_cast<ptrdiff_t>(row) * strides[0] +
                          static_cast<ptrdiff_t>(column) * strides[1];
      const std::string cell = TakeCell(&text, column + 1 == columns ? '\n' : '\t');
      INFO("row ", row, ", column ", column, ": ", cell);
      CHECK(cell.size() <= kNumberBytes);
      CHECK(IsRight(type, at, cell));
    }
  }
  CHECK(text.empty());
}

}  // namespace ringboard
