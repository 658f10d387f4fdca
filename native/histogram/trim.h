// What is stored of a histogram that has been counted, as torch.utils.tensorboard's make_histogram
// does it: optionally fewer, wider bins, then only the bins from the first to the last that hold
// something.
//
// Thread contract: plain functions over the caller's memory; nothing is allocated.
//
//   if (max_bins > 0 && counts.size() > max_bins) { … Subsample(counts, limits, max_bins, …); … }
//   const Support support = FindSupport(counts);
//   if (support.empty()) …                       // torch: "The histogram is empty"
//   StoreCounts(counts, support, bucket);        // writes StoredCount(support) numbers
//   bucket_limit = StoredLimits(limits, support);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringboard::histogram {

// The bins [first, end): from the first to the last that is not empty.
struct Support {
  size_t first;
  size_t end;
  bool empty() const { return first == end; }
};
Support FindSupport(std::span<const uint64_t> counts);

// A HistogramProto has only the RIGHT limit of each bucket.  So that the left limit of the first
// bin is in it, an empty bucket that ends there is stored in front.  (torch takes the bin in front,
// which is empty by the choice of `first`, or makes one up where there is none: always a 0.)  Not
// for an empty support.  Counts are below 2^52: no memory has room for more elements.
inline size_t StoredCount(Support support) { return support.end - support.first + 1; }
void StoreCounts(std::span<const uint64_t> counts, Support support, double* bucket);
inline std::span<const double> StoredLimits(std::span<const double> limits, Support support) {
  return limits.subspan(support.first, StoredCount(support));
}

// Merges neighbouring bins, `bins / max_bins` (rounded down) at a time, the last ones perhaps
// fewer; that may leave more than max_bins, as in torch.  For counts.size() > max_bins > 0 and
// limits.size() == counts.size() + 1.  Returns the number of merged bins; writes as many counts and
// one more limit.  May work in place.
size_t SubsampledCount(size_t bins, size_t max_bins);
size_t Subsample(std::span<const uint64_t> counts, std::span<const double> limits, size_t max_bins,
                 uint64_t* merged_counts, double* merged_limits);

}  // namespace ringboard::histogram
