// See weighted.h.
#include "histogram/weighted.h"

#include <algorithm>

namespace ringboard::histogram {
namespace {

// Elements whose terms are made before they are added.  In one expression a compiler for a machine
// with fused multiply-add would leave out the rounding in between.
constexpr size_t kChunk = 512;

void MakeTerms(const double* shares, const double* weights, size_t n, SplitSum* terms) {
  if (weights == nullptr) {
    for (size_t i = 0; i < n; ++i) terms[i] = {1.0 - shares[i], shares[i]};
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    terms[i] = {(1.0 - shares[i]) * weights[i], shares[i] * weights[i]};
  }
}

}  // namespace

void AddSplit(const uint8_t* buckets, const double* shares, const double* weights, size_t n,
              SplitSum* sums) {
  SplitSum terms[kChunk];
  for (size_t start = 0; start < n; start += kChunk) {
    const size_t size = std::min(kChunk, n - start);
    MakeTerms(shares + start, weights == nullptr ? nullptr : weights + start, size, terms);
    for (size_t i = 0; i < size; ++i) {
      SplitSum& sum = sums[buckets[start + i]];
      sum.negative += terms[i].negative;
      sum.positive += terms[i].positive;
    }
  }
}

}  // namespace ringboard::histogram
