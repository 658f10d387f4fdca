// From each element type to the float or double that it is counted as: float where that is exact,
// double for the wide integers, as np.histogram(values.astype(float64)) has it.
//
// Sixteen at a time into a small buffer, between the counting of the previous sixteen and of the
// next.  Plain loops, which the compiler vectorises for the instruction set of the function that
// they are inlined into (at -O2 GCC does so only for loops whose length it knows).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/platform.h"

namespace ringboard::histogram {

struct Float16 {
  uint16_t bits;
};
struct Bfloat16 {
  uint16_t bits;
};

template <typename From>
using Widened = std::conditional_t<sizeof(From) <= 2 || std::is_same_v<From, float>, float, double>;

// Integers of up to 32 bits, exactly.
template <typename From>
RB_ALWAYS_INLINE Widened<From> Widen(From from) {
  return static_cast<Widened<From>>(from);
}

// 64-bit integers, rounded once, to nearest even.  Few instruction sets convert them, so both
// halves are made doubles by setting them as the mantissa of a power of two: 2^52 + low, and 2^84 +
// high · 2^32.  Taking 2^84 + 2^52 from the latter is exact, and the sum of the two is the one
// rounding.  A signed high half is offset by 2^31, that is 2^63, first.
RB_ALWAYS_INLINE double JoinHalves(uint64_t high, uint64_t low, double offset) {
  const double high_double = std::bit_cast<double>(high | std::bit_cast<uint64_t>(0x1p84));
  const double low_double = std::bit_cast<double>(low | std::bit_cast<uint64_t>(0x1p52));
  return (high_double - (0x1p84 + 0x1p52 + offset)) + low_double;
}
RB_ALWAYS_INLINE double Widen(uint64_t from) {
  return JoinHalves(from >> 32, from & 0xffffffff, 0);
}
RB_ALWAYS_INLINE double Widen(int64_t from) {
  const uint64_t bits = static_cast<uint64_t>(from);
  return JoinHalves((bits >> 32) ^ 0x80000000, bits & 0xffffffff, 0x1p63);
}

RB_ALWAYS_INLINE float Widen(Bfloat16 from) {
  return std::bit_cast<float>(uint32_t{from.bits} << 16);
}

// float16 has 5 exponent bits (bias 15) and 10 of mantissa; float32 8 (bias 127) and 23.  A normal
// number only moves its bits and re-biases the exponent; infinity and NaN do so twice, from 31 to
// 255.  A denormal is mantissa · 2^-24: set as the mantissa of a number of exponent -14 it is 2^-14
// too large, and the subtraction that mends this is exact.
RB_ALWAYS_INLINE float Widen(Float16 from) {
  constexpr uint32_t kExponent = 0x7c00u << 13, kRebias = (127u - 15) << 23, kOne = 1u << 23;
  const uint32_t magnitude = (from.bits & 0x7fffu) << 13;
  const uint32_t exponent = magnitude & kExponent;
  const uint32_t special = exponent == kExponent ? kRebias : 0;
  const float normal = std::bit_cast<float>(magnitude + kRebias + special);
  const float denormal = std::bit_cast<float>(magnitude + kRebias + kOne) - 0x1p-14f;
  const uint32_t bits = std::bit_cast<uint32_t>(exponent == 0 ? denormal : normal);
  return std::bit_cast<float>(bits | (from.bits & 0x8000u) << 16);
}

template <size_t kCount, typename From>
RB_ALWAYS_INLINE void WidenRow(const From* RB_RESTRICT from, Widened<From>* RB_RESTRICT to) {
  for (size_t i = 0; i < kCount; ++i) to[i] = Widen(from[i]);
}

}  // namespace ringboard::histogram
