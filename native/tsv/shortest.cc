#include "tsv/shortest.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "base/platform.h"

namespace ringboard::tsv {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads "d.ddde±dd".  What stands between the first digits is skipped, whatever it is: a locale
// may write the point as a comma.
Decimal FromScientific(const char* at, const char* end) {
  Decimal decimal;
  decimal.count = 0;
  for (; at < end && *at != 'e'; ++at) {
    if (IsDigit(*at)) decimal.digits[decimal.count++] = *at;
  }
  while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0') --decimal.count;
  const bool negative = at + 1 < end && at[1] == '-';
  decimal.exponent = 0;
  for (at += 2; at < end; ++at) decimal.exponent = decimal.exponent * 10 + (*at - '0');
  if (negative) decimal.exponent = -decimal.exponent;
  return decimal;
}

float Parse(const char* text, float) { return std::strtof(text, nullptr); }
double Parse(const char* text, double) { return std::strtod(text, nullptr); }

template <typename Float>
Decimal ByPrintf(Float value) {
  using Limits = std::numeric_limits<Float>;
  value = std::abs(value);
  // A decimal of up to digits10 digits survives the way through a normal number, so if it is the
  // shortest, printing digits10 digits shows it with zeros behind.  Subnormals hold fewer digits.
  const int fewest = value < Limits::min() ? 1 : Limits::digits10;
  char text[40];
  int length = 0;
  for (int digits = fewest; digits <= Limits::max_digits10; ++digits) {
    length = std::snprintf(text, sizeof(text), "%.*e", digits - 1, static_cast<double>(value));
    if (Parse(text, value) == value) break;
  }
  return FromScientific(text, text + length);
}

#if RB_FLOAT_TO_CHARS
template <typename Float>
Decimal ByToChars(Float value) {
  char text[40];
  const auto [end, error] =
      std::to_chars(text, text + sizeof(text), std::abs(value), std::chars_format::scientific);
  static_cast<void>(error);  // 40 bytes hold every double
  return FromScientific(text, end);
}
#else
template <typename Float>
Decimal ByToChars(Float value) {
  return ByPrintf(value);
}
#endif

}  // namespace

Decimal Shortest(float value) { return ByToChars(value); }
Decimal Shortest(double value) { return ByToChars(value); }
Decimal ShortestByPrintf(float value) { return ByPrintf(value); }
Decimal ShortestByPrintf(double value) { return ByPrintf(value); }

}  // namespace ringboard::tsv
