// Adler-32, 32 bytes a step.
//
// In scalar terms: over a block b[0…31] the low half grows by Σ b[i], and the high half by 32 times
// the low half BEFORE the block plus Σ (32 - i) b[i].  So three vector sums run: the low half's
// growth, the sum of that growth as it stood before each block (times 32 at the end), and the
// weighted bytes.
#include "base/platform.h"

#if RB_X86_SIMD

#include <immintrin.h>

#include <algorithm>

#include "png/adler32.h"

namespace ringboard::png {
namespace {

constexpr size_t kStep = 32;

RB_TARGET("avx2") RB_ALWAYS_INLINE uint32_t SumLanes32(__m256i v) {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  return static_cast<uint32_t>(_mm_cvtsi128_si32(sum));
}

}  // namespace

RB_TARGET("avx2") uint32_t Adler32Avx2(uint32_t adler, const uint8_t* bytes, size_t count) {
  uint32_t low = adler & 0xffff, high = adler >> 16;
  const __m256i zero = _mm256_setzero_si256();
  const __m256i ones = _mm256_set1_epi16(1);
  const __m256i weights =
      _mm256_setr_epi8(32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14,
                       13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
  while (count >= kStep) {
    const size_t run = std::min(count, kAdlerRun) / kStep * kStep;
    __m256i grown = zero, grown_before = zero, weighted = zero;
    for (size_t i = 0; i < run; i += kStep) {
      const __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + i));
      grown_before = _mm256_add_epi32(grown_before, grown);
      grown = _mm256_add_epi32(grown, _mm256_sad_epu8(block, zero));
      // Pairs reach 255 · (32 + 31), within 16 bits.
      const __m256i pairs = _mm256_maddubs_epi16(block, weights);
      weighted = _mm256_add_epi32(weighted, _mm256_madd_epi16(pairs, ones));
    }
    high +=
        low * static_cast<uint32_t>(run) + kStep * SumLanes32(grown_before) + SumLanes32(weighted);
    low += SumLanes32(grown);
    low %= kAdlerModulus;
    high %= kAdlerModulus;
    bytes += run;
    count -= run;
  }
  return Adler32Portable(high << 16 | low, bytes, count);
}

}  // namespace ringboard::png

#endif  // RB_X86_SIMD
