// Counting an array of any element type into TensorFlow's buckets is what searching each element's
// bucket gives, and what is stored of the counts loses none of them.
#include <cmath>

#include "fuzz.h"
#include "histogram/reference.h"
#include "histogram/stored.h"

namespace ringboard::histogram {
namespace {

using fuzz::Input;

// Any bits; or, of floats, edges and what lies beside them, where a bucket is most easily missed.
std::vector<uint8_t> Elements(const Type& type, size_t n, Input& input) {
  const bool at_edges = input.Coin();
  std::vector<uint8_t> bytes = input.Stretch(n * type.size);
  for (size_t at = 0; at_edges && at < bytes.size(); at += type.size) {
    const uint8_t* from = &bytes[at];
    if (type.size < 4) break;
    // A quarter of them the last edge.
    const double edge = Edges()[std::min<size_t>(Load<uint16_t>(from) % 2048, kEdgeCount - 1)];
    const double toward = from[2] % 3 == 0 ? edge : from[2] % 3 == 1 ? -INFINITY : INFINITY;
    if (type.dtype == Dtype::kFloat64) {
      const double value = std::nextafter(edge, toward);
      std::memcpy(&bytes[at], &value, 8);
    } else if (type.dtype == Dtype::kFloat32) {
      const float value = std::nextafter(static_cast<float>(edge), static_cast<float>(toward));
      std::memcpy(&bytes[at], &value, 4);
    }
  }
  return bytes;
}

double InBuckets(const Histogram& counted) {
  double total = 0;
  for (const uint64_t count : counted.counts) total += static_cast<double>(count);
  return total;
}

void CheckStored(const Histogram& counted, size_t max_bins) {
  auto stored = std::make_unique<Stored>();
  Store(counted, max_bins, stored.get());
  INFO("max_bins ", max_bins);
  CHECK(stored->buckets >= 1 && stored->buckets <= kEdgeCount);
  double total = 0;
  for (size_t i = 0; i < stored->buckets; ++i) {
    total += stored->counts[i];
    CHECK(std::isfinite(stored->limits[i]));
    if (i > 0) CHECK(stored->limits[i - 1] < stored->limits[i]);
  }
  const double inside = InBuckets(counted);
  CHECK_EQ(total, inside > 0 ? inside : static_cast<double>(counted.finite));
  CHECK_EQ(stored->num, static_cast<double>(counted.finite));
  CHECK(std::isfinite(stored->min) && stored->min <= stored->max);
}

}  // namespace
}  // namespace ringboard::histogram

namespace ringboard {

FUZZ_TARGET(Input& input) {
  using namespace histogram;
  const Type& type = kTypes[input.Below(std::size(kTypes))];
  // Mostly few; but there are other paths from about 1 K and 8 K elements.
  const size_t n = input.Below(input.Below(8) == 0 ? 12'000 : 300);
  const size_t max_bins = input.Coin() ? 0 : input.Between(1, 2000);
  const std::vector<uint8_t> bytes = Elements(type, n, input);
  CheckAllKernels(type, bytes.data(), n);

  auto counted = std::make_unique<Histogram>();
  Count(bytes.data(), type.dtype, n, counted.get());
  CheckStored(*counted, max_bins);
}

}  // namespace ringboard
