// The statistics of a block of at most a few thousand elements, and how blocks add up.
//
// Every kernel sums in the same order, so that all give the same bits: element i of a block goes to
// lane i mod 16, and the lanes are added as a tree.  Sixteen lanes are four AVX2 registers of
// doubles a sum, enough to hide the latency of the additions.  Many short sums added up also lose
// less than one long one: a block adds at most 256 numbers a lane.
//
// NaNs and infinities are left out, but no kernel looks for them at first: if any element of a
// block is not finite, neither is the block's sum.  Only then the block is done again with such
// elements masked.  (The sum of a block of finite float32 cannot overflow a double.  One of float64
// can; that costs time and changes nothing.)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>

#include "histogram/cells.h"

namespace ringboard::histogram {

// Over the finite elements of a block.
struct BlockStatistics {
  double min;
  double max;
  double sum;
  double sum_squares;
};

inline constexpr size_t kLanes = 16;

template <typename Value>
struct Lanes {
  alignas(64) Value min[kLanes];
  alignas(64) Value max[kLanes];
  alignas(64) double sum[kLanes];
  alignas(64) double squares[kLanes];

  void Clear() {
    std::fill_n(min, kLanes, std::numeric_limits<Value>::infinity());
    std::fill_n(max, kLanes, -std::numeric_limits<Value>::infinity());
    std::fill_n(sum, kLanes, 0.0);
    std::fill_n(squares, kLanes, 0.0);
  }

  BlockStatistics Reduced() {
    for (size_t width = kLanes / 2; width > 0; width /= 2) {
      for (size_t i = 0; i < width; ++i) {
        min[i] = std::min(min[i], min[i + width]);
        max[i] = std::max(max[i], max[i + width]);
        sum[i] += sum[i + width];
        squares[i] += squares[i + width];
      }
    }
    return {min[0], max[0], sum[0], squares[0]};
  }
};

template <typename Value>
inline bool IsFinite(Value value) {
  typename Format<Value>::Bits bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return (bits & Format<Value>::kInfinity) != Format<Value>::kInfinity;
}

// What a block's statistics are, element by element.  The kernels do whole rows of lanes at once
// and leave the last, incomplete one to this.
template <typename Value>
inline void AddElement(Value element, size_t lane, Lanes<Value>* lanes) {
  if (!IsFinite(element)) return;
  const double value = element;
  lanes->min[lane] = std::min(lanes->min[lane], element);
  lanes->max[lane] = std::max(lanes->max[lane], element);
  lanes->sum[lane] += value;
  lanes->squares[lane] += value * value;
}

// A sum with the rounding error of each addition carried along (Neumaier), so that adding up a
// million blocks costs no digits.
class CompensatedSum {
 public:
  void Add(double value) {
    const double sum = sum_ + value;
    error_ += std::abs(sum_) >= std::abs(value) ? (sum_ - sum) + value : (value - sum) + sum_;
    sum_ = sum;
  }
  // After an overflow the error is inf − inf.
  double Value() const { return std::isfinite(sum_) ? sum_ + error_ : sum_; }

 private:
  double sum_ = 0;
  double error_ = 0;
};

class Totals {
 public:
  void Add(const BlockStatistics& block) {
    min_ = std::min(min_, block.min);
    max_ = std::max(max_, block.max);
    sum_.Add(block.sum);
    sum_squares_.Add(block.sum_squares);
  }
  BlockStatistics Value() const { return {min_, max_, sum_.Value(), sum_squares_.Value()}; }

 private:
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = -std::numeric_limits<double>::infinity();
  CompensatedSum sum_;
  CompensatedSum sum_squares_;
};

}  // namespace ringboard::histogram
