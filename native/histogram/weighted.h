// Sums of weights by bucket: what a precision-recall curve is made of.
//
// Thread contract: a plain function over the caller's memory; nothing is allocated.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringboard::histogram {

// The sums of one bucket, of elements that are to a part `share` positive.
struct SplitSum {
  double negative;
  double positive;
};

// For each element: adds 1 - share to sums[bucket].negative and share to sums[bucket].positive,
// both times `weight` unless `weights` is null.  Added up one after the other, in float64, each
// product rounded before it is added: the last bit is that of numpy's bincount.
void AddSplit(const uint8_t* buckets, const double* shares, const double* weights, size_t n,
              SplitSum* sums);

}  // namespace ringboard::histogram
