// The slow reference of the histogram tests: each element is made a double by the definition of its
// type, its bucket is searched, and the sums are long doubles.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "histogram/histogram.h"
#include "test.h"

namespace ringboard::histogram {

struct Type {
  const char* name;
  Dtype dtype;
  size_t size;
};
inline constexpr Type kTypes[] = {
    {"bool", Dtype::kBool, 1},         {"int8", Dtype::kInt8, 1},
    {"uint8", Dtype::kUint8, 1},       {"int16", Dtype::kInt16, 2},
    {"uint16", Dtype::kUint16, 2},     {"int32", Dtype::kInt32, 4},
    {"uint32", Dtype::kUint32, 4},     {"int64", Dtype::kInt64, 8},
    {"uint64", Dtype::kUint64, 8},     {"float16", Dtype::kFloat16, 2},
    {"bfloat16", Dtype::kBfloat16, 2}, {"float32", Dtype::kFloat32, 4},
    {"float64", Dtype::kFloat64, 8},
};

template <typename T>
T Load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

inline double HalfToDouble(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double magnitude = std::ldexp(1024 + mantissa, exponent - 25);
  if (exponent == 0) magnitude = std::ldexp(mantissa, -24);
  if (exponent == 31) magnitude = mantissa == 0 ? INFINITY : NAN;
  return bits & 0x8000 ? -magnitude : magnitude;
}

inline double ToDouble(Dtype dtype, const uint8_t* from) {
  switch (dtype) {
    case Dtype::kBool:
      return *from != 0;
    case Dtype::kInt8:
      return Load<int8_t>(from);
    case Dtype::kUint8:
      return *from;
    case Dtype::kInt16:
      return Load<int16_t>(from);
    case Dtype::kUint16:
      return Load<uint16_t>(from);
    case Dtype::kInt32:
      return Load<int32_t>(from);
    case Dtype::kUint32:
      return Load<uint32_t>(from);
    case Dtype::kInt64:
      return static_cast<double>(Load<int64_t>(from));
    case Dtype::kUint64:
      return static_cast<double>(Load<uint64_t>(from));
    case Dtype::kFloat16:
      return HalfToDouble(Load<uint16_t>(from));
    case Dtype::kBfloat16: {
      const uint32_t bits = uint32_t{Load<uint16_t>(from)} << 16;
      return Load<float>(reinterpret_cast<const uint8_t*>(&bits));
    }
    case Dtype::kFloat32:
      return Load<float>(from);
    case Dtype::kFloat64:
      break;
  }
  return Load<double>(from);
}

struct Expected {
  Histogram histogram = {};
  long double sum = 0, sum_squares = 0, sum_magnitudes = 0;
};

inline void AddValue(double value, Expected* expected) {
  Histogram& out = expected->histogram;
  if (std::isnan(value)) {
    ++out.nan;
    return;
  }
  if (std::isinf(value)) {
    ++(value > 0 ? out.positive_infinity : out.negative_infinity);
    return;
  }
  ++out.finite;
  out.min = std::min(out.min, value);
  out.max = std::max(out.max, value);
  expected->sum += value;
  expected->sum_magnitudes += std::abs(value);
  expected->sum_squares += static_cast<long double>(value) * value;
  const double* end = Edges() + kEdgeCount;
  if (value < Edges()[0] || value > end[-1]) return;
  const double* above = std::upper_bound(Edges(), end, value);
  const auto bucket = static_cast<size_t>(above - Edges()) - 1;
  ++out.counts[std::min(bucket, kBucketCount - 1)];  // the last bucket includes its right edge
}

inline std::unique_ptr<Expected> Reference(const Type& type, const uint8_t* data, size_t n) {
  auto expected = std::make_unique<Expected>();
  expected->histogram.min = std::numeric_limits<double>::infinity();
  expected->histogram.max = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < n; ++i)
    AddValue(ToDouble(type.dtype, data + i * type.size), expected.get());
  return expected;
}

// `scale`: what the error is relative to.  For a sum of mixed signs that is the sum of the
// magnitudes.
inline bool Near(double value, long double reference, long double scale) {
  constexpr long double kLargest = std::numeric_limits<double>::max();
  if (scale >
      kLargest) {  // of mixed signs, the order of the additions decides whether they overflow
    return std::abs(reference) < scale ||
           (std::isinf(value) && std::signbit(value) == (reference < 0));
  }
  const long double smallest = std::numeric_limits<double>::min();  // below, a square loses digits
  return std::abs(value - reference) <= 1e-12L * scale + 1e5L * smallest;
}

inline void CheckAgainst(const Expected& expected, const Histogram& actual) {
  const Histogram& wanted = expected.histogram;
  CHECK_EQ(actual.finite, wanted.finite);
  CHECK_EQ(actual.nan, wanted.nan);
  CHECK_EQ(actual.positive_infinity, wanted.positive_infinity);
  CHECK_EQ(actual.negative_infinity, wanted.negative_infinity);
  CHECK_EQ(actual.min, wanted.min);
  CHECK_EQ(actual.max, wanted.max);
  INFO("sum ", actual.sum, " against ", static_cast<double>(expected.sum), ", of squares ",
       actual.sum_squares, " against ", static_cast<double>(expected.sum_squares));
  CHECK(Near(actual.sum, expected.sum, expected.sum_magnitudes));
  CHECK(Near(actual.sum_squares, expected.sum_squares, expected.sum_squares));
  for (size_t i = 0; i < kBucketCount; ++i) {
    if (actual.counts[i] == wanted.counts[i]) continue;
    INFO("bucket ", i, " from ", Edges()[i]);
    CHECK_EQ(actual.counts[i], wanted.counts[i]);
  }
}

// Every kernel of this machine on `data`, against the reference.
inline void CheckAllKernels(const Type& type, const uint8_t* data, size_t n) {
  const auto expected = Reference(type, data, n);
  for (const auto& kernel : kernels()) {
    if (!kernel.RunsOn(cpu::Detected())) continue;
    INFO(kernel.name, " ", type.name, " n=", n);
    Histogram actual;
    std::memset(&actual, 0xa5, sizeof(actual));  // Count must overwrite all of it
    kernel.function(data, type.dtype, n, &actual);
    CheckAgainst(*expected, actual);
  }
}

template <typename T>
void CheckAllKernels(Dtype dtype, const std::vector<T>& values) {
  for (const Type& type : kTypes) {
    if (type.dtype != dtype) continue;
    CheckAllKernels(type, reinterpret_cast<const uint8_t*>(values.data()), values.size());
  }
}

}  // namespace ringboard::histogram
