// The 8-bit types: their 256 values are counted as they are, and all else follows from those
// counts.
#include <algorithm>
#include <cstring>
#include <limits>

#include "base/endian.h"
#include "histogram/cells.h"
#include "histogram/kernels.h"

namespace ringboard::histogram {
namespace {

constexpr size_t kValues = 256;
constexpr size_t kTables = 4;               // see SlotCounters
constexpr size_t kChunk = size_t{1} << 30;  // no 32-bit counter overflows

void AddChunk(const uint8_t* data, size_t n, uint64_t* counts) {
  uint32_t tables[kTables][kValues] = {};
  for (; n >= 8; n -= 8, data += 8) {
    const uint64_t word = LoadLittle64(data);  // written out: at -O2 GCC does not unroll
    ++tables[0][word & 0xff];
    ++tables[1][word >> 8 & 0xff];
    ++tables[2][word >> 16 & 0xff];
    ++tables[3][word >> 24 & 0xff];
    ++tables[0][word >> 32 & 0xff];
    ++tables[1][word >> 40 & 0xff];
    ++tables[2][word >> 48 & 0xff];
    ++tables[3][word >> 56];
  }
  for (size_t i = 0; i < n; ++i) ++tables[0][data[i]];
  for (size_t value = 0; value < kValues; ++value) {
    for (const auto& table : tables) counts[value] += table[value];
  }
}

int ValueOf(size_t byte, Dtype dtype) {
  if (dtype == Dtype::kBool) return byte != 0;
  if (dtype == Dtype::kInt8) return static_cast<int8_t>(byte);
  return static_cast<int>(byte);
}

// The bucket of an integer of at most 8 bits, none of which is outside the edges.
size_t BucketOf(int value) {
  const size_t slot = CellTable<float>::Get().SlotOf(static_cast<float>(value));
  return value >= 0 ? kPositiveEdgeCount + (slot - kPositiveSlot)
                    : kPositiveEdgeCount - 1 - (slot - kNegativeSlot);
}

}  // namespace

void CountBytes(const uint8_t* data, Dtype dtype, size_t n, Histogram* out) {
  uint64_t counts[kValues] = {};
  for (size_t done = 0; done < n; done += kChunk) {
    AddChunk(data + done, std::min(kChunk, n - done), counts);
  }
  std::memset(out, 0, sizeof(*out));
  out->min = std::numeric_limits<double>::infinity();
  out->max = -out->min;
  out->finite = n;
  int64_t sum = 0, sum_squares = 0;  // exact: 2^16 · n fits
  for (size_t byte = 0; byte < kValues; ++byte) {
    if (counts[byte] == 0) continue;
    const int value = ValueOf(byte, dtype);
    const auto count = static_cast<int64_t>(counts[byte]);
    out->min = std::min<double>(out->min, value);
    out->max = std::max<double>(out->max, value);
    sum += value * count;
    sum_squares += value * value * count;
    out->counts[BucketOf(value)] += counts[byte];
  }
  out->sum = static_cast<double>(sum);
  out->sum_squares = static_cast<double>(sum_squares);
}

}  // namespace ringboard::histogram
