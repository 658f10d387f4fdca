// The tables of 32-bit counters that elements are dealt to, and their way into a Histogram.
//
// An element costs a load, a table look-up (cells.h) and an increment in memory: three loads and a
// store, 2.3 cycles on a Cascade Lake core, whose two address units would allow 2.0.  The slots of
// eight elements are computed before the eight increments, which keeps the look-ups independent of
// the stores: 1.31 against 1.20 G elements/s.
//
// Measured and rejected: two elements a 64-bit load, BMI2 shifts, explicit load-add-store (all
// within 3 %); gathers, which alone cost 2.4 (AVX-512) and 4.0 (AVX2) cycles an element there;
// two tables instead of four (constant input 1.01 against 1.18 G/s, the rest 1 % slower).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/platform.h"
#include "histogram/cells.h"
#include "histogram/histogram.h"

namespace ringboard::histogram {

// Elements are dealt round-robin to kTables tables.  With one table, an element of the same slot as
// its predecessor waits for that one's increment (constant input: 640 against 1,200 M elements/s);
// with four there is more to clear and to add up.
template <size_t kTables>
class SlotCounters {
 public:
  static constexpr size_t kGroup = 8;

  SlotCounters() { std::memset(counts_, 0, sizeof(counts_)); }

  template <typename Value>
  RB_ALWAYS_INLINE void CountGroup(const CellTable<Value>& cells, const Value* group) {
    const uint32_t a = cells.SlotOf(group[0]), b = cells.SlotOf(group[1]);
    const uint32_t c = cells.SlotOf(group[2]), d = cells.SlotOf(group[3]);
    const uint32_t e = cells.SlotOf(group[4]), f = cells.SlotOf(group[5]);
    const uint32_t g = cells.SlotOf(group[6]), h = cells.SlotOf(group[7]);
    ++counts_[0 % kTables][a];
    ++counts_[1 % kTables][b];
    ++counts_[2 % kTables][c];
    ++counts_[3 % kTables][d];
    ++counts_[4 % kTables][e];
    ++counts_[5 % kTables][f];
    ++counts_[6 % kTables][g];
    ++counts_[7 % kTables][h];
  }

  template <typename Value>
  void CountOne(const CellTable<Value>& cells, Value value) {
    ++counts_[0][cells.SlotOf(value)];
  }

  // Only the first so many slots of each sign hold anything; those outside the edges not counted.
  void AddTo(size_t negative_slots, size_t positive_slots, Histogram* out);

 private:
  static constexpr size_t kRow = 16;
  static constexpr size_t kStride = (kSlotCount + kRow - 1) / kRow * kRow;

  alignas(64) uint32_t counts_[kTables][kStride];
};

// In rows, like all of this file that is not the hot loop: at -O2 GCC vectorises only loops whose
// length it knows.
inline void AddAscending(const uint32_t* RB_RESTRICT counts, size_t slots,
                         uint64_t* RB_RESTRICT buckets) {
  constexpr size_t kRow = 16;
  size_t done = 0;
  for (; done + kRow <= slots; done += kRow) {
    for (size_t i = 0; i < kRow; ++i) buckets[done + i] += counts[done + i];
  }
  for (; done < slots; ++done) buckets[done] += counts[done];
}
// The first slot goes to the last of the buckets, which end at `buckets_end`.
inline void AddDescending(const uint32_t* RB_RESTRICT counts, size_t slots,
                          uint64_t* RB_RESTRICT buckets_end) {
  static_assert(kPositiveEdgeCount % 2 == 0);
  slots += slots % 2;
  uint32_t reversed[kPositiveEdgeCount];
  for (size_t i = 0; i < slots; i += 2) {  // two at a time: GCC reverses no vectors at -O2
    uint64_t two;
    std::memcpy(&two, counts + i, sizeof two);
    two = std::rotl(two, 32);
    std::memcpy(reversed + slots - 2 - i, &two, sizeof two);
  }
  AddAscending(reversed, slots, buckets_end - slots);
}

template <size_t kTables>
void SlotCounters<kTables>::AddTo(size_t negative_slots, size_t positive_slots, Histogram* out) {
  for (size_t row = 0; kTables > 1 && row < kStride; row += kRow) {
    for (size_t i = 0; i < kRow; ++i) {
      uint32_t sum = counts_[0][row + i];
      for (size_t table = 1; table < kTables; ++table) sum += counts_[table][row + i];
      counts_[0][row + i] = sum;
    }
  }
  const uint32_t* counts = counts_[0];
  AddDescending(counts + kNegativeSlot, negative_slots, out->counts + kPositiveEdgeCount);
  AddAscending(counts + kPositiveSlot, positive_slots, out->counts + kPositiveEdgeCount);
  out->counts[kPositiveEdgeCount] += counts[kNegativeZeroSlot];
  out->nan += uint64_t{counts[kPositiveNanSlot]} + counts[kNegativeNanSlot];
  out->positive_infinity += counts[kPositiveInfinitySlot];
  out->negative_infinity += counts[kNegativeInfinitySlot];
}

}  // namespace ringboard::histogram
