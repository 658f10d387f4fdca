// CRC-32 by carry-less multiplication.
//
// The trick for one lane: a CRC is the message, read as a polynomial, modulo P.  So 128 bits A that
// D bits later are followed by 128 bits B may be replaced by (A · x^D mod P) added into B: the sum
// does not change, the message is D bits shorter.  A's two halves are 64 bits apart, so they have a
// constant each. Bits are reflected: the lowest bit is the highest power.  The product of two
// reflected 64-bit numbers is 127 bits long and thus lands one position low, and a 32-bit constant
// in the low half of a register stands 32 positions too high; hence x^(D ± 32), shifted left by one
// bit.
#include "base/platform.h"

#if RB_X86_SIMD

#include <immintrin.h>

#include "png/crc32.h"

namespace ringboard::png {
namespace {

constexpr size_t kLaneBytes = 16;
constexpr size_t kStepBytes = 4 * kLaneBytes;  // four lanes hide the multiplier's latency

// x^n mod P, reflected and shifted left by one.
constexpr uint64_t FoldConstant(unsigned n) {
  uint32_t power = 0x80000000;  // x^0
  for (unsigned i = 0; i < n; ++i) power = (power >> 1) ^ (power & 1 ? 0xedb88320 : 0);
  return static_cast<uint64_t>(power) << 1;
}
static_assert(FoldConstant(0) == 0x100000000 && FoldConstant(31) == 2);

#define RB_CRC_TARGET RB_TARGET("sse4.2,pclmul")

RB_CRC_TARGET RB_ALWAYS_INLINE __m128i Load(const uint8_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

RB_CRC_TARGET RB_ALWAYS_INLINE __m128i Fold(__m128i lane, __m128i constants, __m128i onto) {
  return _mm_xor_si128(onto, _mm_xor_si128(_mm_clmulepi64_si128(lane, constants, 0x00),
                                           _mm_clmulepi64_si128(lane, constants, 0x11)));
}

// For lanes that stand `kBits` before what they are folded onto.
template <unsigned kBits>
RB_CRC_TARGET RB_ALWAYS_INLINE __m128i Constants() {
  constexpr uint64_t kLow = FoldConstant(kBits + 32), kHigh = FoldConstant(kBits - 32);
  return _mm_set_epi64x(static_cast<int64_t>(kHigh), static_cast<int64_t>(kLow));
}

}  // namespace

RB_CRC_TARGET uint32_t Crc32Pclmul(uint32_t crc, const uint8_t* bytes, size_t count) {
  if (count < kStepBytes) return Crc32Portable(crc, bytes, count);

  // Head: the running sum is added to the message's first 32 bits.
  __m128i lane0 = _mm_xor_si128(Load(bytes), _mm_cvtsi32_si128(static_cast<int>(~crc)));
  __m128i lane1 = Load(bytes + kLaneBytes);
  __m128i lane2 = Load(bytes + 2 * kLaneBytes);
  __m128i lane3 = Load(bytes + 3 * kLaneBytes);
  bytes += kStepBytes;
  count -= kStepBytes;

  // Body.
  const __m128i far = Constants<8 * kStepBytes>();
  for (; count >= kStepBytes; count -= kStepBytes, bytes += kStepBytes) {
    lane0 = Fold(lane0, far, Load(bytes));
    lane1 = Fold(lane1, far, Load(bytes + kLaneBytes));
    lane2 = Fold(lane2, far, Load(bytes + 2 * kLaneBytes));
    lane3 = Fold(lane3, far, Load(bytes + 3 * kLaneBytes));
  }

  // Tail: one lane, then its 16 bytes are a message like any other, summed from a zero state (the
  // portable function inverts on entry and exit, hence the two ~).
  const __m128i near = Constants<8 * kLaneBytes>();
  __m128i lane = Fold(Fold(Fold(lane0, near, lane1), near, lane2), near, lane3);
  for (; count >= kLaneBytes; count -= kLaneBytes, bytes += kLaneBytes) {
    lane = Fold(lane, near, Load(bytes));
  }
  alignas(16) uint8_t rest[kLaneBytes];
  _mm_store_si128(reinterpret_cast<__m128i*>(rest), lane);
  return Crc32Portable(Crc32Portable(~0u, rest, kLaneBytes), bytes, count);
}

}  // namespace ringboard::png

#endif  // RB_X86_SIMD
