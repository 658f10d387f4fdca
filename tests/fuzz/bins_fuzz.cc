// Counting into the caller's edges is what comparing each element with each edge gives; weighted
// counts are, to the last bit, what adding one after the other gives.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "fuzz.h"
#include "histogram/bins.h"
#include "histogram/reference.h"
#include "histogram/weighted.h"

namespace ringboard::histogram {
namespace {

using fuzz::Input;
using Counts = std::vector<uint64_t>;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kMostElements = 200;

// Edges among which elements of any type fall, and now and then any at all.
double AnyEdge(Input& input) {
  const size_t kind = input.Below(4);
  const double edge = kind == 0   ? input.Any<double>()
                      : kind == 1 ? input.Any<int16_t>() / 1000.0  // no binary fraction
                                  : input.Any<int8_t>() / 8.0;
  return std::isnan(edge) ? 0 : edge;
}

// Any bits; or, as those of floats mostly lie far away, small numbers; or edges and what lies
// beside them, which is where a guess goes wrong.
std::vector<uint8_t> Elements(const Type& type, size_t n, const std::vector<double>& edges,
                              Input& input) {
  const size_t kind = input.Below(3);
  std::vector<uint8_t> bytes = input.Stretch(n * type.size);
  for (size_t at = 0; kind != 0 && at < bytes.size(); at += type.size) {
    double value = static_cast<int8_t>(bytes[at]) / 8.0;
    if (kind == 2 && type.size == 8) {
      value = edges[bytes[at] % edges.size()];
      const double toward[] = {value, -kInfinity, kInfinity};
      value = std::nextafter(value, toward[bytes[at + 1] % 3]);
    }
    const auto narrow = static_cast<float>(value);
    const auto integer = static_cast<int64_t>(std::clamp(value, -100.0, 100.0));
    if (type.dtype == Dtype::kFloat64) {
      std::memcpy(&bytes[at], &value, 8);
    } else if (type.dtype == Dtype::kFloat32) {
      std::memcpy(&bytes[at], &narrow, 4);
    } else if (type.dtype != Dtype::kFloat16 && type.dtype != Dtype::kBfloat16) {
      std::memcpy(&bytes[at], &integer, type.size);
    }
  }
  return bytes;
}

Counts ComparingEach(const Type& type, const std::vector<uint8_t>& bytes,
                     const std::vector<double>& thresholds) {
  Counts counts(thresholds.size() + 1);
  for (size_t at = 0; at < bytes.size(); at += type.size) {
    const double value = ToDouble(type.dtype, bytes.data() + at);
    ++counts[static_cast<size_t>(std::count_if(thresholds.begin(), thresholds.end(),
                                               [&](double edge) { return value >= edge; }))];
  }
  return counts;
}

void CheckThresholds(const Type& type, Input& input) {
  std::vector<double> thresholds(input.Between(1, 70));
  for (double& threshold : thresholds) threshold = AnyEdge(input);
  std::sort(thresholds.begin(), thresholds.end());
  const size_t n = input.Below(kMostElements);
  const std::vector<uint8_t> bytes = Elements(type, n, thresholds, input);
  Counts found(thresholds.size() + 1);
  CountReached(bytes.data(), type.dtype, n, thresholds.data(), thresholds.size(), found.data());
  CHECK(found == ComparingEach(type, bytes, thresholds));
}

// numpy.linspace's edges; empty when they don't ascend, and then np.histogram makes none of them.
std::vector<double> EqualEdges(double first, double last, size_t bins) {
  std::vector<double> edges(bins + 1);
  const double step = (last - first) / static_cast<double>(bins);
  for (size_t i = 0; i < bins; ++i) edges[i] = first + static_cast<double>(i) * step;
  edges[bins] = last;
  const bool ascend =
      std::adjacent_find(edges.begin(), edges.end(), std::greater_equal<>()) == edges.end() &&
      std::isfinite(first) && std::isfinite(last) && std::isfinite(last - first);
  return ascend ? edges : std::vector<double>();
}

// Whether the edges' own roundings are so small that guessing a bin by division is off by one at
// most.  Where they are not, np.histogram itself goes wrong in the same way, and only the total is
// compared here.
bool AreWellSpaced(const std::vector<double>& edges) {
  const double largest = std::max(std::abs(edges.front()), std::abs(edges.back()));
  const double width = (edges.back() - edges.front()) / static_cast<double>(edges.size() - 1);
  return width > largest * 1e-14 && width > 1e-290;
}

void CheckEqualBins(const Type& type, Input& input) {
  const size_t bins = input.Between(1, 100);
  const double first = AnyEdge(input), last = AnyEdge(input);
  const std::vector<double> edges = EqualEdges(first, last, bins);
  if (edges.empty()) return;
  const size_t n = input.Below(kMostElements);
  const std::vector<uint8_t> bytes = Elements(type, n, edges, input);

  Counts found(edges.size() + 1);
  CountEqualBins(bytes.data(), type.dtype, n, edges.data(), edges.size(), found.data());
  uint64_t total = 0;
  for (const uint64_t count : found) total += count;
  CHECK_EQ(total, n);

  std::vector<double> thresholds = edges;
  thresholds.back() = std::nextafter(last, kInfinity);  // the last bin has its right edge, too
  const Counts wanted = ComparingEach(type, bytes, thresholds);
  CHECK_EQ(found.front() + found.back(), wanted.front() + wanted.back());
  if (AreWellSpaced(edges)) {
    CHECK(std::equal(found.begin() + 1, found.end() - 1, wanted.begin() + 1, wanted.end() - 1));
  }
}

void CheckWeights(Input& input) {
  constexpr size_t kBuckets = 256;
  const size_t n = input.Below(1500);  // more than the 512 that are multiplied at a time
  const bool weighted = input.Coin();
  const double scale = std::ldexp(1.0, input.Any<int8_t>());
  const std::vector<uint8_t> bytes = input.Stretch(3 * n);
  const std::vector<uint8_t> buckets(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
  std::vector<double> shares(n), weights(n);
  for (size_t i = 0; i < n; ++i) {
    shares[i] = bytes[n + i] / 255.0;
    weights[i] = (bytes[2 * n + i] - 100) / 7.0 * scale;
  }
  std::vector<SplitSum> found(kBuckets, SplitSum{0, 0}), wanted = found;
  for (size_t i = 0; i < n; ++i) {
    volatile double negative = 1.0 - shares[i], positive = shares[i];  // no fused multiply-add
    if (weighted) negative = negative * weights[i];
    if (weighted) positive = positive * weights[i];
    wanted[buckets[i]].negative += negative;
    wanted[buckets[i]].positive += positive;
  }
  AddSplit(buckets.data(), shares.data(), weighted ? weights.data() : nullptr, n, found.data());
  CHECK(std::memcmp(found.data(), wanted.data(), kBuckets * sizeof(SplitSum)) == 0);
}

}  // namespace
}  // namespace ringboard::histogram

namespace ringboard {

FUZZ_TARGET(Input& input) {
  using namespace histogram;
  const size_t kind = input.Below(3);
  const Type& type = kTypes[input.Below(std::size(kTypes))];
  if (kind == 0) CheckThresholds(type, input);
  if (kind == 1) CheckEqualBins(type, input);
  if (kind == 2) CheckWeights(input);
}

}  // namespace ringboard
