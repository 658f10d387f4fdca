// See trim.h.
#include "histogram/trim.h"

#include <algorithm>

namespace ringboard::histogram {

Support FindSupport(std::span<const uint64_t> counts) {
  size_t first = 0, end = counts.size();
  while (first < end && counts[first] == 0) ++first;
  while (end > first && counts[end - 1] == 0) --end;
  return {first, end};
}

void StoreCounts(std::span<const uint64_t> counts, Support support, double* bucket) {
  *bucket++ = 0;
  for (size_t bin = support.first; bin < support.end; ++bin) {
    *bucket++ = static_cast<double>(counts[bin]);
  }
}

size_t SubsampledCount(size_t bins, size_t max_bins) {
  const size_t group = bins / max_bins;
  return (bins + group - 1) / group;
}

size_t Subsample(std::span<const uint64_t> counts, std::span<const double> limits, size_t max_bins,
                 uint64_t* merged_counts, double* merged_limits) {
  const size_t group = counts.size() / max_bins;
  const size_t merged = SubsampledCount(counts.size(), max_bins);
  for (size_t i = 0; i < merged; ++i) {  // in place, what is read is never behind what is written
    const size_t begin = i * group, end = std::min(begin + group, counts.size());
    uint64_t sum = 0;
    for (size_t bin = begin; bin < end; ++bin) sum += counts[bin];
    merged_counts[i] = sum;
    merged_limits[i] = limits[begin];
  }
  merged_limits[merged] = limits.back();
  return merged;
}

}  // namespace ringboard::histogram
