// The filters, 32 bytes a step.
//
// One lane of Paeth in 8-bit scalar terms.  Let pa = |b - c| and pb = |a - c|.  The third distance
// is pc = |(b - c) + (a - c)|: if the two differences have the same sign it is pa + pb, never below
// either, so c cannot win and any large number will do for pc; if they have opposite signs it is
// |pa - pb|. No sum leaves 8 bits.  (A difference of zero counts as either sign: then pa or pb is 0
// and wins.)
#include "base/platform.h"

#if RB_X86_SIMD

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "png/filter.h"

namespace ringboard::png {
namespace {

constexpr size_t kStep = 32;
static_assert(kStep <= kOverrun && kCostBlock == 2 * kStep);

#define RB_FILTER_INLINE RB_TARGET("avx2") RB_ALWAYS_INLINE

RB_FILTER_INLINE __m256i Load(const uint8_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
RB_FILTER_INLINE void Store(uint8_t* to, __m256i v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v);
}

// ⌊(a + b) / 2⌋; the instruction rounds up.
RB_FILTER_INLINE __m256i FloorAverage(__m256i a, __m256i b) {
  const __m256i odd = _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_set1_epi8(1));
  return _mm256_sub_epi8(_mm256_avg_epu8(a, b), odd);
}

RB_FILTER_INLINE __m256i Paeth(__m256i a, __m256i b, __m256i c) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i b_over = _mm256_subs_epu8(b, c), b_under = _mm256_subs_epu8(c, b);
  const __m256i a_over = _mm256_subs_epu8(a, c), a_under = _mm256_subs_epu8(c, a);
  const __m256i pa = _mm256_or_si256(b_over, b_under);
  const __m256i pb = _mm256_or_si256(a_over, a_under);
  const __m256i same_sign =
      _mm256_cmpeq_epi8(_mm256_cmpeq_epi8(b_over, zero), _mm256_cmpeq_epi8(a_over, zero));
  const __m256i apart = _mm256_or_si256(_mm256_subs_epu8(pa, pb), _mm256_subs_epu8(pb, pa));
  const __m256i pc = _mm256_or_si256(apart, same_sign);  // 255 where c cannot win
  const __m256i pb_or_pc = _mm256_min_epu8(pb, pc);
  const __m256i take_a = _mm256_cmpeq_epi8(_mm256_min_epu8(pa, pb_or_pc), pa);
  const __m256i take_b = _mm256_cmpeq_epi8(pb_or_pc, pb);
  return _mm256_blendv_epi8(_mm256_blendv_epi8(c, b, take_b), a, take_a);
}

struct Neighbours {
  const uint8_t *row, *left, *above, *above_left;
};

template <Filter kFilter>
RB_FILTER_INLINE __m256i Residual(const Neighbours& at, size_t i) {
  const __m256i x = Load(at.row + i);
  if constexpr (kFilter == Filter::kSub) return _mm256_sub_epi8(x, Load(at.left + i));
  if constexpr (kFilter == Filter::kUp) return _mm256_sub_epi8(x, Load(at.above + i));
  if constexpr (kFilter == Filter::kAverage) {
    return _mm256_sub_epi8(x, FloorAverage(Load(at.left + i), Load(at.above + i)));
  }
  if constexpr (kFilter == Filter::kPaeth) {
    return _mm256_sub_epi8(x,
                           Paeth(Load(at.left + i), Load(at.above + i), Load(at.above_left + i)));
  }
  return x;
}

template <Filter kFilter>
RB_TARGET("avx2")
void FilterLine(const Neighbours& at, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; i += kStep) Store(out + i, Residual<kFilter>(at, i));
}

// ResidualCost of each byte.  A shuffle yields 0 where the index's top bit is set: adding 0x70 with
// saturation sets it for magnitudes of 16 and more, and kCostHigh[0] = 0 silences the other table.
RB_FILTER_INLINE __m256i Costs(__m256i residual, __m256i low_table, __m256i high_table) {
  const __m256i magnitude = _mm256_abs_epi8(residual);
  const __m256i low = _mm256_adds_epu8(magnitude, _mm256_set1_epi8(0x70));
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(magnitude, 4), _mm256_set1_epi8(0x0f));
  return _mm256_add_epi8(_mm256_shuffle_epi8(low_table, low),
                         _mm256_shuffle_epi8(high_table, high));
}

RB_FILTER_INLINE __m256i Table(const uint8_t* sixteen) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(sixteen)));
}

RB_FILTER_INLINE uint32_t SumLanes64(__m256i v) {
  const __m128i sum = _mm_add_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  return static_cast<uint32_t>(_mm_cvtsi128_si64(_mm_add_epi64(sum, _mm_unpackhi_epi64(sum, sum))));
}

// 32 bytes of ones, then of zeros: loaded at 32 - n it keeps the first n bytes.
alignas(64) constexpr uint8_t kKeep[2 * kStep] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

struct Totals {
  __m256i filter[kFilterCount];
};

RB_FILTER_INLINE void AddCosts(const Neighbours& at, size_t i, __m256i keep, __m256i low_table,
                               __m256i high_table, Totals* totals) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i x = Load(at.row + i), a = Load(at.left + i);
  const __m256i b = Load(at.above + i), c = Load(at.above_left + i);
  const __m256i predictions[kFilterCount] = {zero, a, b, FloorAverage(a, b), Paeth(a, b, c)};
  for (size_t f = 0; f < kFilterCount; ++f) {
    // A residual of zero costs nothing, so masking the residual drops the byte.
    const __m256i residual = _mm256_and_si256(_mm256_sub_epi8(x, predictions[f]), keep);
    totals->filter[f] = _mm256_add_epi64(
        totals->filter[f], _mm256_sad_epu8(Costs(residual, low_table, high_table), zero));
  }
}

}  // namespace

RB_TARGET("avx2")
void FilterRowAvx2(Filter filter, const uint8_t* row, const uint8_t* above, size_t pixel_bytes,
                   size_t count, uint8_t* out) {
  const Neighbours at = {row, row - pixel_bytes, above, above - pixel_bytes};
  switch (filter) {
    case Filter::kNone:
      std::memcpy(out, row, count);
      return;
    case Filter::kSub:
      return FilterLine<Filter::kSub>(at, count, out);
    case Filter::kUp:
      return FilterLine<Filter::kUp>(at, count, out);
    case Filter::kAverage:
      return FilterLine<Filter::kAverage>(at, count, out);
    case Filter::kPaeth:
      return FilterLine<Filter::kPaeth>(at, count, out);
  }
}

RB_TARGET("avx2")
void RowCostsAvx2(const uint8_t* row, const uint8_t* above, size_t pixel_bytes, size_t count,
                  uint32_t costs[kFilterCount]) {
  const Neighbours at = {row, row - pixel_bytes, above, above - pixel_bytes};
  const __m256i low_table = Table(kCostLow), high_table = Table(kCostHigh);
  Totals totals = {};
  const __m256i all = _mm256_set1_epi8(-1);
  const size_t stride = CostStride(count);
  size_t i = 0;
  for (; i + kCostBlock <= count; i += stride) {
    AddCosts(at, i, all, low_table, high_table, &totals);
    AddCosts(at, i + kStep, all, low_table, high_table, &totals);
  }
  for (size_t end = std::min(count, i + kCostBlock); i < end; i += kStep) {
    const __m256i keep = Load(kKeep + kStep - std::min(kStep, end - i));
    AddCosts(at, i, keep, low_table, high_table, &totals);
  }
  for (size_t f = 0; f < kFilterCount; ++f) costs[f] = SumLanes64(totals.filter[f]);
}

}  // namespace ringboard::png

#endif  // RB_X86_SIMD
