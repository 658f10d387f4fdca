// The slow reference of the pixel tests: what the numpy expression in pixels.h does to one sample,
// sample by sample.  It shares no code with the kernels.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "png/pixels.h"

namespace ringboard::png {

template <typename T>
T Load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

// By the definition of binary16, in steps that are exact.
inline double HalfValue(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31 && fraction != 0) return std::numeric_limits<double>::quiet_NaN();
  if (exponent == 31) return sign * std::numeric_limits<double>::infinity();
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

// The product of two floats is exact in double (48 bits), so that one rounding makes a float's
// product.
inline uint8_t ByteOfFloat(float x) {
  const double product = static_cast<float>(static_cast<double>(x) * 255.0);
  if (std::isnan(product)) return 0;
  return static_cast<uint8_t>(std::floor(std::clamp(product, 0.0, 255.0)));
}

inline uint16_t ReferenceSample(SampleType type, const uint8_t* at) {
  switch (type) {
    case SampleType::kUint8:
      return *at;
    case SampleType::kUint16:
      return Load<uint16_t>(at);
    case SampleType::kBool:
      return *at != 0 ? 255 : 0;
    case SampleType::kInt8:
      return ByteOfFloat(static_cast<float>(Load<int8_t>(at)));
    case SampleType::kInt16:
      return ByteOfFloat(static_cast<float>(Load<int16_t>(at)));
    case SampleType::kInt32:
      return ByteOfFloat(static_cast<float>(Load<int32_t>(at)));
    case SampleType::kUint32:
      return ByteOfFloat(static_cast<float>(Load<uint32_t>(at)));
    case SampleType::kInt64:
      return ByteOfFloat(static_cast<float>(Load<int64_t>(at)));
    case SampleType::kUint64:
      return ByteOfFloat(static_cast<float>(Load<uint64_t>(at)));
    case SampleType::kFloat16:
      return ByteOfFloat(static_cast<float>(HalfValue(Load<uint16_t>(at))));
    case SampleType::kBfloat16:
      return ByteOfFloat(std::bit_cast<float>(uint32_t{Load<uint16_t>(at)} << 16));
    case SampleType::kFloat32:
      return ByteOfFloat(Load<float>(at));
    case SampleType::kFloat64:
      return ByteOfFloat(static_cast<float>(Load<double>(at)));
  }
  return 0;
}

inline std::vector<uint8_t> ReferencePixels(const Planes& planes, uint32_t grid_columns) {
  const size_t columns = std::min(planes.frames, grid_columns);
  const size_t rows = (planes.frames + columns - 1) / columns;
  const size_t channels = planes.channels == 1 ? 3 : planes.channels;
  const size_t depth = planes.type == SampleType::kUint16 ? 2 : 1;
  const size_t width = columns * planes.width;
  std::vector<uint8_t> out(rows * planes.height * width * channels * depth);
  for (size_t f = 0; f < planes.frames; ++f) {
    for (size_t y = 0; y < planes.height; ++y) {
      for (size_t x = 0; x < planes.width; ++x) {
        for (size_t c = 0; c < channels; ++c) {
          const ptrdiff_t offset =
              static_cast<ptrdiff_t>(f) * planes.frame_stride +
              static_cast<ptrdiff_t>(y) * planes.row_stride +
              static_cast<ptrdiff_t>(x) * planes.column_stride +
              (planes.channels == 1 ? 0 : static_cast<ptrdiff_t>(c)) * planes.channel_stride;
          const uint16_t sample = ReferenceSample(planes.type, planes.data + offset);
          const size_t row = f / columns * planes.height + y;
          const size_t column = f % columns * planes.width + x;
          uint8_t* to = out.data() + ((row * width + column) * channels + c) * depth;
          if (depth == 1)
            *to = static_cast<uint8_t>(sample);
          else
            std::memcpy(to, &sample, sizeof(sample));
        }
      }
    }
  }
  return out;
}

}  // namespace ringboard::png
