// See filter.h.
#include "png/filter.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "base/platform.h"

namespace ringboard::png {
namespace {

constexpr cpu::Kernel<FilterRowFn> kFilterRowKernels[] = {
#if RB_X86_SIMD
    {"avx2", cpu::kAvx2, FilterRowAvx2},
#endif
    {"portable", 0, FilterRowPortable},
};

constexpr cpu::Kernel<RowCostsFn> kRowCostsKernels[] = {
#if RB_X86_SIMD
    {"avx2", cpu::kAvx2, RowCostsAvx2},
#endif
    {"portable", 0, RowCostsPortable},
};

constexpr std::array<uint8_t, 256> kCosts = [] {
  std::array<uint8_t, 256> costs{};
  for (unsigned i = 0; i < 256; ++i) costs[i] = ResidualCost(static_cast<uint8_t>(i));
  return costs;
}();

// PNG 9.4, with its order of preference: left, above, above left.
RB_ALWAYS_INLINE int Paeth(int a, int b, int c) {
  const int pa = std::abs(b - c), pb = std::abs(a - c), pc = std::abs(a + b - 2 * c);
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

template <Filter kFilter>
RB_ALWAYS_INLINE uint8_t Residual(int x, int a, int b, int c) {
  if constexpr (kFilter == Filter::kNone) return static_cast<uint8_t>(x);
  if constexpr (kFilter == Filter::kSub) return static_cast<uint8_t>(x - a);
  if constexpr (kFilter == Filter::kUp) return static_cast<uint8_t>(x - b);
  if constexpr (kFilter == Filter::kAverage) return static_cast<uint8_t>(x - (a + b) / 2);
  if constexpr (kFilter == Filter::kPaeth) return static_cast<uint8_t>(x - Paeth(a, b, c));
}

template <Filter kFilter>
void FilterLine(const uint8_t* row, const uint8_t* above, size_t pixel_bytes, size_t count,
                uint8_t* out) {
  const uint8_t *left = row - pixel_bytes, *above_left = above - pixel_bytes;
  for (size_t i = 0; i < count; ++i) {
    out[i] = Residual<kFilter>(row[i], left[i], above[i], above_left[i]);
  }
}

}  // namespace

void FilterRowPortable(Filter filter, const uint8_t* row, const uint8_t* above, size_t pixel_bytes,
                       size_t count, uint8_t* out) {
  switch (filter) {
    case Filter::kNone:
      std::memcpy(out, row, count);
      return;
    case Filter::kSub:
      return FilterLine<Filter::kSub>(row, above, pixel_bytes, count, out);
    case Filter::kUp:
      return FilterLine<Filter::kUp>(row, above, pixel_bytes, count, out);
    case Filter::kAverage:
      return FilterLine<Filter::kAverage>(row, above, pixel_bytes, count, out);
    case Filter::kPaeth:
      return FilterLine<Filter::kPaeth>(row, above, pixel_bytes, count, out);
  }
}

void RowCostsPortable(const uint8_t* row, const uint8_t* above, size_t pixel_bytes, size_t count,
                      uint32_t costs[kFilterCount]) {
  const uint8_t *left = row - pixel_bytes, *above_left = above - pixel_bytes;
  uint32_t none = 0, sub = 0, up = 0, average = 0, paeth = 0;
  for (size_t block = 0; block < count; block += CostStride(count)) {
    const size_t end = std::min(block + kCostBlock, count);
    for (size_t i = block; i < end; ++i) {
      const int x = row[i], a = left[i], b = above[i], c = above_left[i];
      none += kCosts[Residual<Filter::kNone>(x, a, b, c)];
      sub += kCosts[Residual<Filter::kSub>(x, a, b, c)];
      up += kCosts[Residual<Filter::kUp>(x, a, b, c)];
      average += kCosts[Residual<Filter::kAverage>(x, a, b, c)];
      paeth += kCosts[Residual<Filter::kPaeth>(x, a, b, c)];
    }
  }
  costs[0] = none;
  costs[1] = sub;
  costs[2] = up;
  costs[3] = average;
  costs[4] = paeth;
}

std::span<const cpu::Kernel<FilterRowFn>> FilterRowKernels() { return kFilterRowKernels; }
std::span<const cpu::Kernel<RowCostsFn>> RowCostsKernels() { return kRowCostsKernels; }

}  // namespace ringboard::png
