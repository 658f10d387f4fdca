// A counted histogram in the form that an event stores: statistics, right bucket limits, counts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "histogram/histogram.h"

namespace ringboard::histogram {

struct Stored {
  double min, max, num, sum, sum_squares;
  size_t buckets;
  double limits[kEdgeCount];
  double counts[kEdgeCount];
};

// Merges bins if max_bins > 0 (trim.h's Subsample) and trims what is empty at both ends.
//
// Where torch.utils.tensorboard fails with "The histogram is empty" there is one bucket instead, so
// that a diverging model doesn't stop the training that logs it: all finite values lie outside the
// edges → one bucket with all of them, its limit their maximum; none is finite → one empty bucket
// at 0, and statistics of 0.
void Store(const Histogram& histogram, size_t max_bins, Stored* stored);

}  // namespace ringboard::histogram
