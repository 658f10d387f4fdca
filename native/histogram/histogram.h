// Counts an array into TensorFlow's default histogram buckets, exactly as
// np.histogram(values.astype(float64), edges) does, with the statistics that a HistogramProto
// carries, in one sweep and without a widened copy of the array.
//
// Thread contract: every function may be called from any thread, also while statics are
// initialised.
//
//   histogram::Histogram result;                                    // 12 KB: fine on a stack
//   histogram::Count(values, histogram::Dtype::kFloat32, n, &result);
//
// How an element finds its bucket in three operations: cells.h.  What is stored of a histogram that
// has been counted: trim.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/dtype.h"
#include "cpu/features.h"

namespace ringboard::histogram {

// 64-bit integers become the nearest double, ties to even, as in numpy.
using ringboard::Dtype;

// torch.utils.tensorboard's `default_bins`, ascending: the negated edges, 0, the positive edges.
inline constexpr size_t kEdgeCount = 1549;
inline constexpr size_t kBucketCount = kEdgeCount - 1;
const double* Edges();

// Bucket i is [edge i, edge i+1); the last one includes its right edge.  Finite values outside are
// in the statistics but in no bucket.  NaNs and infinities are in neither: they are counted apart.
// The sums are doubles and overflow as such (to an infinity; with both signs beyond 1e307, perhaps
// to NaN).
struct Histogram {
  double min;  // +inf when nothing is finite
  double max;  // -inf when nothing is finite
  double sum;
  double sum_squares;
  uint64_t finite;
  uint64_t nan;
  uint64_t positive_infinity;
  uint64_t negative_infinity;
  uint64_t counts[kBucketCount];
};

// Counts the `n` contiguous elements at `data`, which is aligned as the dtype demands and may be
// null when n is 0.  Overwrites *out.  Cannot fail.
void Count(const void* data, Dtype dtype, size_t n, Histogram* out);

// The implementations that this build has, best first, for tests and benches.
// Check RunsOn(cpu::Detected()) before calling one.  They agree to the bit, but for the sum of
// squares of kFloat64 and of the 32- and 64-bit integers, where one may round less often (fused
// multiply-add).
using CountFn = void (*)(const void* data, Dtype dtype, size_t n, Histogram* out);
std::span<const cpu::Kernel<CountFn>> kernels();
const char* ActiveKernelName();

}  // namespace ringboard::histogram
