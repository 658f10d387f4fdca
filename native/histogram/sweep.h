// One sweep over the array, block by block.  For the files of the instruction sets, which bring a
// class `Blocks` that counts a block and returns its statistics:
//
//   template <size_t kTables, typename From>
//   static BlockStatistics Sweep(const CellTable<Widened<From>>& cells, const From* block,
//                                size_t n, SlotCounters<kTables>* counters);
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "histogram/cells.h"
#include "histogram/counters.h"
#include "histogram/kernels.h"
#include "histogram/statistics.h"
#include "histogram/widen.h"

namespace ringboard::histogram {

// Counters have 32 bits, so that four tables of them fit into the first-level cache with the rest.
// After kChunk elements they are added to the histogram, long before one can overflow.
template <typename Blocks, size_t kChunk = size_t{1} << 30>
class Sweeper {
 public:
  static void Count(const void* data, Dtype dtype, size_t n, Histogram* out) {
    switch (dtype) {
      case Dtype::kBool:
      case Dtype::kInt8:
      case Dtype::kUint8:
        return CountBytes(static_cast<const uint8_t*>(data), dtype, n, out);
      case Dtype::kInt16:
        return CountAs(static_cast<const int16_t*>(data), n, out);
      case Dtype::kUint16:
        return CountAs(static_cast<const uint16_t*>(data), n, out);
      case Dtype::kInt32:
        return CountAs(static_cast<const int32_t*>(data), n, out);
      case Dtype::kUint32:
        return CountAs(static_cast<const uint32_t*>(data), n, out);
      case Dtype::kInt64:
        return CountAs(static_cast<const int64_t*>(data), n, out);
      case Dtype::kUint64:
        return CountAs(static_cast<const uint64_t*>(data), n, out);
      case Dtype::kFloat16:
        return CountAs(static_cast<const Float16*>(data), n, out);
      case Dtype::kBfloat16:
        return CountAs(static_cast<const Bfloat16*>(data), n, out);
      case Dtype::kFloat32:
        return CountAs(static_cast<const float*>(data), n, out);
      case Dtype::kFloat64:
        return CountAs(static_cast<const double*>(data), n, out);
    }
  }

 private:
  // Short enough for the second-level cache, in case the statistics must be taken twice; long
  // enough that adding up the lanes costs nothing.
  static constexpr size_t kBlock = 4096;
  // From here on four tables, which take 1 us more to clear and to add up.
  static constexpr size_t kManyElements = 4096;

  template <typename From>
  static void CountAs(const From* data, size_t n, Histogram* out) {
    std::memset(out, 0, sizeof(*out));
    Totals totals;
    if (n < kManyElements) {
      CountChunk<1>(data, n, &totals, out);
    } else {
      for (size_t done = 0; done < n; done += kChunk) {
        CountChunk<4>(data + done, std::min(kChunk, n - done), &totals, out);
      }
    }
    const BlockStatistics all = totals.Value();
    out->min = all.min;
    out->max = all.max;
    out->sum = all.sum;
    out->sum_squares = all.sum_squares;
    out->finite = n - out->nan - out->positive_infinity - out->negative_infinity;
  }

  template <size_t kTables, typename From>
  static void CountChunk(const From* data, size_t n, Totals* totals, Histogram* out) {
    const auto& cells = CellTable<Widened<From>>::Get();
    SlotCounters<kTables> counters;
    for (size_t done = 0; done < n; done += kBlock) {
      totals->Add(Blocks::Sweep(cells, data + done, std::min(kBlock, n - done), &counters));
    }
    const BlockStatistics so_far = totals->Value();
    const size_t negative = so_far.min < 0 ? SlotsUpTo(cells, so_far.min, kNegativeSlot) : 0;
    const size_t positive = so_far.max >= 0 ? SlotsUpTo(cells, so_far.max, kPositiveSlot) : 0;
    counters.AddTo(negative, positive, out);
  }

  // How many slots of a sign the elements up to the `extreme` one can be in.  (Slots ascend with
  // the magnitude.)
  template <typename Value>
  static size_t SlotsUpTo(const CellTable<Value>& cells, double extreme, size_t first_slot) {
    const size_t slot = cells.SlotOf(static_cast<Value>(extreme)) - first_slot;
    return std::min(slot + 1, kPositiveEdgeCount);
  }
};

}  // namespace ringboard::histogram
