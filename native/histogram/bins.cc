// See bins.h.  Plain C++ for every processor.
//
// Measured with spread-out float32, on a Cascade Lake core: 170 M elements/s into equal bins (which
// is a division and two dependent loads each); among 7, 65 and 1549 thresholds 246, 125 and 84 M/s,
// where one search at a time does 170, 65 and 37.
#include "histogram/bins.h"

#include <algorithm>

#include "histogram/widen.h"

namespace ringboard::histogram {
namespace {

struct Truth {
  uint8_t byte;
};
RB_ALWAYS_INLINE float Widen(Truth from) { return from.byte != 0; }
using histogram::Widen;

// Calls visit(first element) with the pointer's own type.
template <typename Visitor>
void VisitElements(const void* data, Dtype dtype, Visitor visit) {
  switch (dtype) {
    case Dtype::kBool:
      return visit(static_cast<const Truth*>(data));
    case Dtype::kInt8:
      return visit(static_cast<const int8_t*>(data));
    case Dtype::kUint8:
      return visit(static_cast<const uint8_t*>(data));
    case Dtype::kInt16:
      return visit(static_cast<const int16_t*>(data));
    case Dtype::kUint16:
      return visit(static_cast<const uint16_t*>(data));
    case Dtype::kInt32:
      return visit(static_cast<const int32_t*>(data));
    case Dtype::kUint32:
      return visit(static_cast<const uint32_t*>(data));
    case Dtype::kInt64:
      return visit(static_cast<const int64_t*>(data));
    case Dtype::kUint64:
      return visit(static_cast<const uint64_t*>(data));
    case Dtype::kFloat16:
      return visit(static_cast<const Float16*>(data));
    case Dtype::kBfloat16:
      return visit(static_cast<const Bfloat16*>(data));
    case Dtype::kFloat32:
      return visit(static_cast<const float*>(data));
    case Dtype::kFloat64:
      return visit(static_cast<const double*>(data));
  }
}

// numpy's arithmetic (lib/_histograms_impl.py), operation by operation, so that the same roundings
// lead to the same bucket: a guess that is wrong by one at most, then a look at both of its edges.
class EqualBins {
 public:
  EqualBins(const double* edges, size_t m)
      : edges_(edges),
        bins_(m - 1),
        first_(edges[0]),
        last_(edges[m - 1]),
        range_(last_ - first_) {}

  // Where it counts in the counts of bins.h.
  RB_ALWAYS_INLINE size_t PlaceOf(double value) const {
    const bool inside = value >= first_ && value <= last_;
    value = inside ? value : first_;  // a NaN, for one, cannot become an integer
    const double guess = (value - first_) / range_ * static_cast<double>(bins_);
    auto bin = static_cast<size_t>(static_cast<int64_t>(guess));
    bin -= bin == bins_;
    bin -= value < edges_[bin];
    bin += value >= edges_[bin + 1] && bin != bins_ - 1;
    return inside ? bin + 1 : 0;
  }

 private:
  const double* edges_;
  size_t bins_;
  double first_, last_, range_;
};

// A binary search that always takes the same number of steps and whose steps have no branch that
// could be mispredicted.  Invariant: the first `reached` thresholds are reached, and none behind
// those that the caller still looks among.
struct Search {
  double value = 0;
  size_t reached = 0;

  // `last` is the last of the lower `half` of those thresholds when `reached` is 0.
  RB_ALWAYS_INLINE void Step(const double* last, size_t half) {
    reached += half & -static_cast<size_t>(last[reached] <= value);
  }
};

// Eight side by side, because a search is a chain of loads, each waiting for the one before it.
// Written out: -O2 leaves loops loops here, at a third of the speed.
constexpr size_t kGroup = 8;
RB_ALWAYS_INLINE void StepGroup(Search* group, const double* last, size_t half) {
  group[0].Step(last, half);
  group[1].Step(last, half);
  group[2].Step(last, half);
  group[3].Step(last, half);
  group[4].Step(last, half);
  group[5].Step(last, half);
  group[6].Step(last, half);
  group[7].Step(last, half);
}

RB_ALWAYS_INLINE void SearchGroup(Search* group, const double* thresholds, size_t m) {
  while (m > 1) {
    const size_t half = m / 2;
    StepGroup(group, thresholds + half - 1, half);
    m -= half;
  }
  StepGroup(group, thresholds, 1);
}

}  // namespace

void CountEqualBins(const void* data, Dtype dtype, size_t n, const double* edges, size_t m,
                    uint64_t* counts) {
  const EqualBins bins(edges, m);
  VisitElements(data, dtype, [&](const auto* elements) {
    for (size_t i = 0; i < n; ++i) ++counts[bins.PlaceOf(Widen(elements[i]))];
  });
}

void CountReached(const void* data, Dtype dtype, size_t n, const double* thresholds, size_t m,
                  uint64_t* counts) {
  VisitElements(data, dtype, [&](const auto* elements) {
    for (size_t i = 0; i < n; i += kGroup) {
      Search group[kGroup] = {};
      const size_t size = std::min(kGroup, n - i);
      for (size_t k = 0; k < size; ++k) group[k].value = Widen(elements[i + k]);
      SearchGroup(group, thresholds, m);
      for (size_t k = 0; k < size; ++k) ++counts[group[k].reached];
    }
  });
}

}  // namespace ringboard::histogram
