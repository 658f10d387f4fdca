// The specification of pixels_kernels.h.
#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

#include "png/pixels_kernels.h"

namespace ringboard::png {
namespace {

// Exact.  A half's exponent is biased by 15 and a float's by 127: moved into a float's fields, the
// number is 2^112 too small, subnormals included.  Infinities and NaNs need the float's top
// exponent.
float ToFloat(Float16 half) {
  constexpr uint32_t kHalfInfinity = 0x7c00u << 13, kFloatInfinity = 0x7f800000u;
  const uint32_t magnitude = (half.bits & 0x7fffu) << 13;
  const uint32_t sign = (half.bits & 0x8000u) << 16;
  const float finite = std::bit_cast<float>(magnitude) * 0x1p112f;
  const uint32_t bits =
      magnitude >= kHalfInfinity ? magnitude | kFloatInfinity : std::bit_cast<uint32_t>(finite);
  return std::bit_cast<float>(bits | sign);
}
float ToFloat(Bfloat16 value) { return std::bit_cast<float>(uint32_t{value.bits} << 16); }
float ToFloat(float value) { return value; }
float ToFloat(double value) { return static_cast<float>(value); }  // rounds first, as astype does

template <typename T>
uint8_t ToByte(T value) {
  if constexpr (std::is_same_v<T, Bool>) {
    return value.byte != 0 ? 255 : 0;
  } else if constexpr (std::is_integral_v<T>) {
    // 1 * 255 is the clip's upper end already, and no rounding to float32 turns a positive integer
    // into less than 1.
    return value > 0 ? 255 : 0;
  } else {
    const float scaled = ToFloat(value) * 255.0f;
    // In this order NaN, which compares false, falls to 0.
    return scaled > 0.0f ? static_cast<uint8_t>(std::min(scaled, 255.0f)) : 0;
  }
}

void Interleave(const uint8_t* const planes[], unsigned channels, size_t count,
                uint8_t* RB_RESTRICT out) {
  const uint8_t* first = planes[0];
  const uint8_t* second = planes[1];
  if (channels == 2) {
    for (size_t x = 0; x < count; ++x, out += 2) {
      out[0] = first[x];
      out[1] = second[x];
    }
    return;
  }
  const uint8_t* third = planes[2];
  if (channels == 3) {
    for (size_t x = 0; x < count; ++x, out += 3) {
      out[0] = first[x];
      out[1] = second[x];
      out[2] = third[x];
    }
    return;
  }
  const uint8_t* fourth = planes[3];
  for (size_t x = 0; x < count; ++x, out += 4) {
    out[0] = first[x];
    out[1] = second[x];
    out[2] = third[x];
    out[3] = fourth[x];
  }
}

void Rearrange(const uint8_t* from, ptrdiff_t column_step, ptrdiff_t channel_step,
               unsigned channels, size_t count, uint8_t* RB_RESTRICT out) {
  for (size_t x = 0; x < count; ++x, out += channels) {
    const uint8_t* pixel = from + static_cast<ptrdiff_t>(x) * column_step;
    out[0] = pixel[0];
    out[1] = pixel[channel_step];
    if (channels > 2) out[2] = pixel[2 * channel_step];
    if (channels > 3) out[3] = pixel[3 * channel_step];
  }
}

}  // namespace

template <typename T>
void QuantizePortable(const uint8_t* RB_RESTRICT samples, size_t count, uint8_t* RB_RESTRICT out) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, samples + i * sizeof(T), sizeof(T));
    out[i] = ToByte(value);
  }
}

template void QuantizePortable<Bool>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<int8_t>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<int16_t>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<int32_t>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<uint32_t>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<int64_t>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<uint64_t>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<Float16>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<Bfloat16>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<float>(const uint8_t*, size_t, uint8_t*);
template void QuantizePortable<double>(const uint8_t*, size_t, uint8_t*);

constinit const PixelKernels kPortablePixels = {
    .quantize = {QuantizePortable<Bool>, QuantizePortable<int8_t>, nullptr,
                 QuantizePortable<int16_t>, nullptr, QuantizePortable<int32_t>,
                 QuantizePortable<uint32_t>, QuantizePortable<int64_t>, QuantizePortable<uint64_t>,
                 QuantizePortable<Float16>, QuantizePortable<Bfloat16>, QuantizePortable<float>,
                 QuantizePortable<double>},
    .interleave = Interleave,
    .rearrange = Rearrange,
};

}  // namespace ringboard::png
