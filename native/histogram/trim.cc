// See trim.h.
#include "histogram/trim.h"

#include <algorithm>
#include <bit>

#include "base/platform.h"

namespace ringboard::histogram {
namespace {

// What is done to 1,548 counts takes as long as counting a thousand elements.  So it is done in
// rows of known length, which compilers turn into vectors.
constexpr size_t kRow = 16;

bool IsEmpty(const uint64_t* row) {
  uint64_t any = 0;
  for (size_t i = 0; i < kRow; ++i) any |= row[i];
  return any == 0;
}

// Below 2^52 a count is the mantissa's low bits of 2^52 + count, so nothing need be converted, for
// which there is no vector instruction before AVX-512.
double AsDouble(uint64_t count) {
  constexpr double kOffset = 0x1p52;
  return std::bit_cast<double>(count | std::bit_cast<uint64_t>(kOffset)) - kOffset;
}

}  // namespace

Support FindSupport(std::span<const uint64_t> counts) {
  size_t first = 0, end = counts.size();
  while (first + kRow <= end && IsEmpty(counts.data() + first)) first += kRow;
  while (first < end && counts[first] == 0) ++first;
  while (end >= first + kRow && IsEmpty(counts.data() + end - kRow)) end -= kRow;
  while (end > first && counts[end - 1] == 0) --end;
  return {first, end};
}

void StoreCounts(std::span<const uint64_t> counts, Support support, double* RB_RESTRICT bucket) {
  const uint64_t* RB_RESTRICT from = counts.data() + support.first;
  const size_t count = support.end - support.first;
  *bucket++ = 0;
  size_t done = 0;
  for (; done + kRow <= count; done += kRow) {
    for (size_t i = 0; i < kRow; ++i) bucket[done + i] = AsDouble(from[done + i]);
  }
  for (; done < count; ++done) bucket[done] = AsDouble(from[done]);
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
