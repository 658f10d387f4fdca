// Counts an array into edges that the caller brings, as np.histogram counts
// values.astype(float64), without a widened copy of the array.
//
// Thread contract: plain functions over the caller's memory; nothing is allocated.
//
// Any edges can be searched.  Equal widths are apart because there the bucket can be computed, and
// because numpy computes it, too.  Both functions add to m + 1 counts, for m edges: counts[1] is
// that of the first bucket, counts[m − 1] that of the last; the two around them take what lies in
// none (NaN, too).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/dtype.h"

namespace ringboard::histogram {

// For m >= 2 edges that np.histogram made of a number of bins: they ascend strictly, and the last
// minus the first is finite.  Bucket i is [edge i, edge i + 1), the last includes its right edge.
void CountEqualBins(const void* data, Dtype dtype, size_t n, const double* edges, size_t m,
                    uint64_t* counts);

// For any m >= 1 thresholds that do not descend and hold no NaN: counts[i] grows by the number of
// elements that reach (>=) exactly the first i of them.
void CountReached(const void* data, Dtype dtype, size_t n, const double* thresholds, size_t m,
                  uint64_t* counts);

}  // namespace ringboard::histogram
