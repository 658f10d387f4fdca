// Folding with carry-less multiplication, 16 bytes at a time; for the x86-64 kernels of this room.
//
// One accumulator in scalar terms.  It holds 16 bytes that are congruent mod P to all of its part
// of the message so far.  Let H be its first 8 bytes and L the other 8, so A = H·x^64 + L.  To move
// it past n bits and take in the 16 bytes found there:
//
//   A' = H·(x^(n + 64) mod P) + L·(x^n mod P) + next
//
// A product has at most 64 + 32 bits, so nothing needs to be reduced.  The constants carry "- 33"
// for the reason given at MoveConstant: 32 because a 32-bit word in the low half of a 64-bit one
// counts x^32 times as much, 1 because the product of two reflected words sits one bit off.
#pragma once

#include "base/platform.h"

#if RB_X86_SIMD

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crc32c/hardware_steps.h"
#include "crc32c/polynomial.h"

namespace ringboard::crc32c::folding {

RB_CRC32C_HARDWARE RB_ALWAYS_INLINE __m128i Load(const uint8_t* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// The two multipliers that move an accumulator past kBytes bytes: H's in the low half, L's in the
// high.
template <size_t kBytes>
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE __m128i Constants() {
  return _mm_set_epi64x(MoveConstant(kBytes), MoveConstant(kBytes + 8));
}

RB_CRC32C_HARDWARE RB_ALWAYS_INLINE __m128i Fold(__m128i accumulator, __m128i k, __m128i next) {
  const __m128i high = _mm_clmulepi64_si128(accumulator, k, 0x00);
  const __m128i low = _mm_clmulepi64_si128(accumulator, k, 0x11);
  return _mm_xor_si128(_mm_xor_si128(high, next), low);
}

// The state after the accumulator's 16 bytes, which is that after all that was folded into it.
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t Reduce(__m128i accumulator) {
  const auto high = static_cast<uint64_t>(_mm_cvtsi128_si64(accumulator));
  const auto low = static_cast<uint64_t>(_mm_extract_epi64(accumulator, 1));
  return hardware::Step8(hardware::Step8(0, high), low);
}

}  // namespace ringboard::crc32c::folding

#endif  // RB_X86_SIMD
