// See stored.h.
#include "histogram/stored.h"

#include <algorithm>

#include "histogram/trim.h"

namespace ringboard::histogram {
namespace {

// From the bucket of the least value to that of the greatest.
Support SupportOf(const Histogram& histogram) {
  const double *edges = Edges(), *last = edges + kBucketCount;
  if (histogram.min < *edges || histogram.max > *last) {  // what lies inside is anywhere
    return FindSupport({histogram.counts, kBucketCount});
  }
  const auto bucket_of = [&](double value) {  // the last bucket includes its right edge
    return static_cast<size_t>(std::upper_bound(edges, last, value) - edges) - 1;
  };
  return {bucket_of(histogram.min), bucket_of(histogram.max) + 1};
}

}  // namespace

void Store(const Histogram& histogram, size_t max_bins, Stored* stored) {
  const bool any = histogram.finite != 0;
  stored->min = any ? histogram.min : 0;
  stored->max = any ? histogram.max : 0;
  stored->num = static_cast<double>(histogram.finite);
  stored->sum = histogram.sum;
  stored->sum_squares = histogram.sum_squares;

  std::span<const uint64_t> counts(histogram.counts, kBucketCount);
  std::span<const double> limits(Edges(), kEdgeCount);
  uint64_t merged_counts[kBucketCount];
  double merged_limits[kEdgeCount];
  const bool merges = max_bins > 0 && max_bins < kBucketCount;
  if (merges) {
    const size_t bins = Subsample(counts, limits, max_bins, merged_counts, merged_limits);
    counts = {merged_counts, bins};
    limits = {merged_limits, bins + 1};
  }
  const Support support = merges || !any ? FindSupport(counts) : SupportOf(histogram);
  if (support.empty()) {
    stored->buckets = 1;
    stored->limits[0] = stored->max;
    stored->counts[0] = stored->num;
    return;
  }
  stored->buckets = StoredCount(support);
  StoreCounts(counts, support, stored->counts);
  const std::span<const double> stored_limits = StoredLimits(limits, support);
  std::copy(stored_limits.begin(), stored_limits.end(), stored->limits);
}

}  // namespace ringboard::histogram
