// From a floating-point number to its bucket with an add and two shifts: no search, no compare.
//
// One element in scalar terms, for float32 (float64 is the same with other widths).  The edges grow
// by 10 %.  Cut the number line where sign, exponent or one of the top 4 mantissa bits changes:
// cell c = bits >> 19, of 8,192.  A cell is at most 1/16 = 6.25 % wide, so it holds at most one
// edge, and the element's bucket is either that of the cell's first number or the next one.
//
// Number the buckets so that they ascend with the bits (not with the value: the bits of negative
// numbers ascend with the magnitude) and call that number a slot.  Within cell c, the element lies
// bits − (c << 19) from its start; call that its offset:
//
//     slot = slot of the cell's start + (offset >= offset of the edge ? 1 : 0)
//
// The comparison is the carry of an addition.  offset < 2^19, so with
//
//     carry[c] = (slot of the start << 20) − (c << 19) + (an edge inside ? 2^20 − its offset : 0)
//
// (mod 2^32), bits + carry[c] = (slot of the start << 20) + offset + (2^20 − the edge's offset),
// which reaches the next multiple of 2^20 exactly when the element has reached the edge:
//
//     slot = (bits + carry[bits >> 19]) >> 20
//
// A "threshold" is the bit pattern at which a new slot starts.  All of np.histogram's rules are in
// the choice of the thresholds.
//
// Positive: the smallest number >= the edge (a bucket includes its left edge), but the smallest >
// the last edge (the last bucket includes its right edge too); above it the slot of finite values
// outside, then +inf, then NaN.
//
// Negative: −0.0 is alone (it belongs with +0.0 in the bucket that starts at 0); then the smallest
// MAGNITUDE strictly > each edge, because the bucket of −e is the one below it; then finite values
// outside, −inf, NaN.
//
// So counting also counts NaNs and infinities, at no cost.
//
// Not so float16, which is widened to float32: its denormals reach up to 6e-5, and a cell of them
// holds many edges.
//
// Rejected: a table of 3 mantissa bits (cells of 12.5 % hold two edges); one cell table for float64
// indexed by clamped exponents, 27 KB instead of 512 (clamping costs five operations an element;
// the unused cells cost memory and a third of a millisecond, once, in processes that log float64).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "histogram/edges.h"

namespace ringboard::histogram {

template <typename Value>
struct Format;

template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int kCellShift = 32 - 1 - 8 - 4;  // leaves sign, exponent, 4 mantissa bits
  static constexpr Bits kInfinity = 0x7f800000;
};

template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int kCellShift = 64 - 1 - 11 - 4;
  static constexpr Bits kInfinity = 0x7ff0000000000000;
};

// The slots, in the order of the bits.
enum Slot : uint32_t {
  kPositiveSlot = 0,  // [0, first edge), then one for each edge but the last
  kPositiveOutsideSlot = kPositiveSlot + kPositiveEdgeCount,
  kPositiveInfinitySlot,
  kPositiveNanSlot,
  kNegativeZeroSlot,
  kNegativeSlot,  // (-0, -first edge], then one for each edge but the last
  kNegativeOutsideSlot = kNegativeSlot + kPositiveEdgeCount,
  kNegativeInfinitySlot,
  kNegativeNanSlot,
  kSlotCount,
};

template <typename Value>
class CellTable {
 public:
  using Bits = typename Format<Value>::Bits;
  static constexpr int kCellShift = Format<Value>::kCellShift;
  static constexpr size_t kCellCount = size_t{1} << (8 * sizeof(Bits) - kCellShift);

  // Built by the first caller, in 40 us for float and 340 us for double, mostly page faults.
  static const CellTable& Get();

  uint32_t SlotOf(Bits bits) const {
    return static_cast<uint32_t>((bits + carry_[bits >> kCellShift]) >> (kCellShift + 1));
  }
  uint32_t SlotOf(Value value) const {
    Bits bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return SlotOf(bits);
  }

 private:
  CellTable();
  void FillSign(size_t first_cell, uint32_t first_slot, const Bits* thresholds);

  Bits carry_[kCellCount];
};

}  // namespace ringboard::histogram
