#include "tsv/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "tsv/shortest.h"

namespace ringboard::tsv {
namespace {

// From where on repr() writes an exponent: 1e+16 and 1e-05.
constexpr int kFirstLargeExponent = 16;
constexpr int kLastSmallExponent = -5;

// Its shortest digits, 7.038531e-26, lie so near the middle between two float32 values that float64
// rounds them to the middle, and the middle rounds to the other value.
constexpr float kRoundedTwice = 0x1.5c87fap-84f;

Decimal Digits(double value) { return Shortest(value); }
Decimal Digits(float value) {
  return std::abs(value) == kRoundedTwice ? Shortest(double{value}) : Shortest(value);
}

char* Append(char* out, const char* text, int count) {
  std::memcpy(out, text, static_cast<size_t>(count));
  return out + count;
}

char* AppendZeros(char* out, int count) { return std::fill_n(out, count, '0'); }

char* AppendWithExponent(const Decimal& decimal, char* out) {
  *out++ = decimal.digits[0];
  if (decimal.count > 1) {
    *out++ = '.';
    out = Append(out, decimal.digits + 1, decimal.count - 1);
  }
  *out++ = 'e';
  *out++ = decimal.exponent < 0 ? '-' : '+';
  const int exponent = std::abs(decimal.exponent);
  if (exponent < 10) *out++ = '0';
  return std::to_chars(out, out + 3, exponent).ptr;
}

char* AppendPlain(const Decimal& decimal, char* out) {
  if (decimal.exponent < 0) {
    out = Append(out, "0.", 2);
    out = AppendZeros(out, -decimal.exponent - 1);
    return Append(out, decimal.digits, decimal.count);
  }
  const int whole = std::min(decimal.count, decimal.exponent + 1);
  out = Append(out, decimal.digits, whole);
  out = AppendZeros(out, decimal.exponent + 1 - whole);
  *out++ = '.';
  if (whole == decimal.count) return AppendZeros(out, 1);
  return Append(out, decimal.digits + whole, decimal.count - whole);
}

template <typename Float>
char* FormatFloat(Float value, char* out) {
  if (std::isnan(value)) return Append(out, "nan", 3);
  if (std::signbit(value)) *out++ = '-';
  if (std::isinf(value)) return Append(out, "inf", 3);
  const Decimal decimal = Digits(value);
  const bool plain =
      decimal.exponent > kLastSmallExponent && decimal.exponent < kFirstLargeExponent;
  return plain ? AppendPlain(decimal, out) : AppendWithExponent(decimal, out);
}

}  // namespace

char* Format(float value, char* out) { return FormatFloat(value, out); }
char* Format(double value, char* out) { return FormatFloat(value, out); }
char* Format(int64_t value, char* out) { return std::to_chars(out, out + kNumberBytes, value).ptr; }
char* Format(uint64_t value, char* out) {
  return std::to_chars(out, out + kNumberBytes, value).ptr;
}

}  // namespace ringboard::tsv
