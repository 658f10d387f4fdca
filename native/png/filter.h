// PNG's scanline filters, and what each would cost (PNG 9).
//
// Threads: pure functions.
// Memory contract, the same for every kernel, so that none needs a careful head or tail:
//   - `row` and `above` are readable from kMaxPixelBytes before to kOverrun bytes behind the count;
//     before a scanline's first pixel there are zeros, above the first scanline a line of zeros;
//   - `out` is writable up to kOverrun bytes behind the count, and what lands there is arbitrary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/features.h"
#include "png/format.h"

namespace ringboard::png {

inline constexpr size_t kOverrun = 64;

// out[i] = row[i] - prediction(row[i - pixel_bytes], above[i], above[i - pixel_bytes]) mod 256.
using FilterRowFn = void (*)(Filter filter, const uint8_t* row, const uint8_t* above,
                             size_t pixel_bytes, size_t count, uint8_t* out);

// costs[f] = the sum of ResidualCost over what filter f would put out.  Of a long line only every
// third block of kCostBlock bytes is looked at, which decides nearly as well (files grow by 0.1 to
// 0.2 %).
inline constexpr size_t kCostBlock = 64, kLongLine = 768;
constexpr size_t CostStride(size_t count) {
  return count < kLongLine ? kCostBlock : 3 * kCostBlock;
}
using RowCostsFn = void (*)(const uint8_t* row, const uint8_t* above, size_t pixel_bytes,
                            size_t count, uint32_t costs[kFilterCount]);

std::span<const cpu::Kernel<FilterRowFn>> FilterRowKernels();
std::span<const cpu::Kernel<RowCostsFn>> RowCostsKernels();

// A residual's price in quarters of a bit, about 4 log2(1 + |r|): Huffman lengths grow with the
// logarithm of the magnitude.  Against the usual sum of magnitudes it makes photographs 0.5 % and
// figures 5 % smaller (and within 0.1 % of the true entropy of each line).  Exact below 16, one
// value for each sixteen above, so that two 16-entry byte shuffles look it up.
inline constexpr uint8_t kCostLow[16] = {0, 4, 6, 8, 9, 10, 11, 12, 13, 13, 14, 14, 15, 15, 16, 16};
inline constexpr uint8_t kCostHigh[16] = {0, 18, 21, 23, 25, 26, 27, 28, 28, 0, 0, 0, 0, 0, 0, 0};

constexpr uint8_t ResidualCost(uint8_t residual) {
  const unsigned magnitude = residual < 128 ? residual : 256u - residual;
  return magnitude < 16 ? kCostLow[magnitude] : kCostHigh[magnitude >> 4];
}

void FilterRowPortable(Filter filter, const uint8_t* row, const uint8_t* above, size_t pixel_bytes,
                       size_t count, uint8_t* out);
void FilterRowAvx2(Filter filter, const uint8_t* row, const uint8_t* above, size_t pixel_bytes,
                   size_t count, uint8_t* out);
void RowCostsPortable(const uint8_t* row, const uint8_t* above, size_t pixel_bytes, size_t count,
                      uint32_t costs[kFilterCount]);
void RowCostsAvx2(const uint8_t* row, const uint8_t* above, size_t pixel_bytes, size_t count,
                  uint32_t costs[kFilterCount]);

}  // namespace ringboard::png
