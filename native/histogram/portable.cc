// The specification, in plain C++.
#include <bit>

#include "histogram/sweep.h"

namespace ringboard::histogram {
namespace {

// One number a lane.  The two rows differ only where an element is not finite: there one has a NaN,
// which no comparison lets through, and the other a zero.
template <typename Value>
void AddRow(const Value* RB_RESTRICT or_nan, const Value* RB_RESTRICT or_zero,
            Lanes<Value>* RB_RESTRICT lanes) {
  for (size_t i = 0; i < kLanes; ++i) {
    lanes->min[i] = or_nan[i] < lanes->min[i] ? or_nan[i] : lanes->min[i];
    lanes->max[i] = or_nan[i] > lanes->max[i] ? or_nan[i] : lanes->max[i];
  }
  for (size_t i = 0; i < kLanes; ++i) {  // apart from the other: this one the compiler vectorises
    const double value = or_zero[i];
    lanes->sum[i] += value;
    lanes->squares[i] += value * value;
  }
}

template <typename Value>
void AddMaskedRow(const Value* row, Lanes<Value>* lanes) {
  using Bits = typename Format<Value>::Bits;
  Value or_nan[kLanes], or_zero[kLanes];
  for (size_t i = 0; i < kLanes; ++i) {
    const Bits special = IsFinite(row[i]) ? 0 : ~Bits{0};
    or_nan[i] = std::bit_cast<Value>(std::bit_cast<Bits>(row[i]) | special);
    or_zero[i] = std::bit_cast<Value>(std::bit_cast<Bits>(row[i]) & ~special);
  }
  AddRow(or_nan, or_zero, lanes);
}

template <typename From>
BlockStatistics TakeMaskedStatistics(const From* block, size_t n) {
  using Value = Widened<From>;
  Lanes<Value> lanes;
  lanes.Clear();
  for (; n >= kLanes; n -= kLanes, block += kLanes) {
    Value row[kLanes];
    WidenRow<kLanes>(block, row);
    AddMaskedRow(row, &lanes);
  }
  for (size_t i = 0; i < n; ++i) AddElement(Widen(block[i]), i, &lanes);
  return lanes.Reduced();
}

struct PortableBlocks {
  template <size_t kTables, typename From, typename Value = Widened<From>>
  static BlockStatistics Sweep(const CellTable<Value>& cells, const From* block, size_t n,
                               SlotCounters<kTables>* RB_RESTRICT counters) {
    Lanes<Value> lanes;
    lanes.Clear();
    const size_t rest = n % kLanes;
    const From* at = block;
    for (const From* end = block + (n - rest); at < end; at += kLanes) {
      Value row[kLanes];
      WidenRow<kLanes>(at, row);
      counters->CountGroup(cells, row);
      counters->CountGroup(cells, row + kLanes / 2);
      AddRow(row, row, &lanes);
    }
    for (size_t i = 0; i < rest; ++i) {
      const Value element = Widen(at[i]);
      counters->CountOne(cells, element);
      AddElement(element, i, &lanes);
    }
    const BlockStatistics statistics = lanes.Reduced();
    return IsFinite(statistics.sum) ? statistics : TakeMaskedStatistics(block, n);
  }
};

}  // namespace

void CountPortable(const void* data, Dtype dtype, size_t n, Histogram* out) {
  Sweeper<PortableBlocks>::Count(data, dtype, n, out);
}

}  // namespace ringboard::histogram
