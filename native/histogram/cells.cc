// Builds the tables of cells.h from the edges.
#include "histogram/cells.h"

#include <array>
#include <bit>

namespace ringboard::histogram {
namespace {

// One sign's thresholds, ascending, and an end mark that no magnitude reaches.
template <typename Bits>
using Thresholds = std::array<Bits, kPositiveEdgeCount + 4>;
template <typename Bits>
constexpr Bits kNoThreshold = ~Bits{0};

// The bits of the smallest positive Value that is >= edge, or > edge.  The conversion may round
// either way; what it returns is one of the two neighbours of the edge (or the edge).
template <typename Value, typename Bits = typename Format<Value>::Bits>
Bits AtLeast(double edge) {
  const Value near = static_cast<Value>(edge);
  return std::bit_cast<Bits>(near) + (near < edge ? 1 : 0);
}
template <typename Value, typename Bits = typename Format<Value>::Bits>
Bits Above(double edge) {
  const Value near = static_cast<Value>(edge);
  return std::bit_cast<Bits>(near) + (near <= edge ? 1 : 0);
}

template <typename Value, typename Bits = typename Format<Value>::Bits>
Thresholds<Bits> PositiveThresholds() {
  Thresholds<Bits> thresholds;
  Bits* to = thresholds.data();
  for (size_t i = 0; i + 1 < kPositiveEdgeCount; ++i) *to++ = AtLeast<Value>(kPositiveEdges[i]);
  *to++ = Above<Value>(kPositiveEdges[kPositiveEdgeCount - 1]);
  *to++ = Format<Value>::kInfinity;
  *to++ = Format<Value>::kInfinity + 1;  // the first NaN
  to[0] = to[1] = kNoThreshold<Bits>;
  return thresholds;
}

template <typename Value, typename Bits = typename Format<Value>::Bits>
Thresholds<Bits> NegativeThresholds() {
  Thresholds<Bits> thresholds;
  Bits* to = thresholds.data();
  *to++ = 1;  // the smallest denormal: ends the slot of -0.0
  for (double edge : kPositiveEdges) *to++ = Above<Value>(edge);
  *to++ = Format<Value>::kInfinity;
  *to++ = Format<Value>::kInfinity + 1;
  *to = kNoThreshold<Bits>;
  return thresholds;
}

}  // namespace

template <typename Value>
CellTable<Value>::CellTable() {
  FillSign(0, kPositiveSlot, PositiveThresholds<Value>().data());
  FillSign(kCellCount / 2, kNegativeZeroSlot, NegativeThresholds<Value>().data());
}

// carry_ for the half of the cells that have one sign.  `thresholds` are magnitudes.
template <typename Value>
void CellTable<Value>::FillSign(size_t first_cell, uint32_t first_slot, const Bits* thresholds) {
  constexpr Bits kCellSize = Bits{1} << kCellShift;
  Bits slot = first_slot;
  for (size_t i = 0; i < kCellCount / 2; ++i) {
    const Bits start = static_cast<Bits>(i) << kCellShift;
    if (*thresholds == start) ++slot, ++thresholds;
    const Bits signed_start = static_cast<Bits>(first_cell + i) << kCellShift;
    Bits carry = (slot << (kCellShift + 1)) - signed_start;
    if (*thresholds - start < kCellSize) {
      carry += 2 * kCellSize - (*thresholds - start);
      ++slot, ++thresholds;
    }
    carry_[first_cell + i] = carry;
  }
}

template <typename Value>
const CellTable<Value>& CellTable<Value>::Get() {
  static const CellTable table;
  return table;
}

template class CellTable<float>;
template class CellTable<double>;

}  // namespace ringboard::histogram
