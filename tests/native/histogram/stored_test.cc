#include "histogram/stored.h"

#include <limits>
#include <memory>
#include <vector>

#include "test.h"

namespace ringboard::histogram {
namespace {

std::unique_ptr<Stored> StoreOf(const std::vector<double>& values, size_t max_bins = 0) {
  auto counted = std::make_unique<Histogram>();
  Count(values.data(), Dtype::kFloat64, values.size(), counted.get());
  auto stored = std::make_unique<Stored>();
  Store(*counted, max_bins, stored.get());
  return stored;
}

double Total(const Stored& stored) {
  double total = 0;
  for (size_t i = 0; i < stored.buckets; ++i) total += stored.counts[i];
  return total;
}

}  // namespace

TEST(StoredKeepsTheSupportAndOneEmptyBucketInFront) {
  const auto stored = StoreOf({1.0, 1.0, 3.0});
  CHECK_EQ(stored->min, 1.0);
  CHECK_EQ(stored->max, 3.0);
  CHECK_EQ(stored->num, 3.0);
  CHECK_EQ(stored->sum, 5.0);
  CHECK_EQ(stored->sum_squares, 11.0);
  REQUIRE(stored->buckets >= 3);
  CHECK_EQ(stored->counts[0], 0.0);
  CHECK_EQ(stored->counts[1], 2.0);
  CHECK_EQ(stored->counts[stored->buckets - 1], 1.0);
  CHECK(stored->limits[0] <= 1.0 && stored->limits[1] > 1.0);
  for (size_t i = 1; i < stored->buckets; ++i) CHECK(stored->limits[i - 1] < stored->limits[i]);
}

TEST(StoredMergesBins) {
  std::vector<double> values;
  for (int i = -500; i < 500; ++i) values.push_back(i * 0.37);
  for (size_t max_bins : {1, 2, 3, 10, 100, 774, 1547, 1548, 5000}) {
    INFO("max_bins ", max_bins);
    const auto stored = StoreOf(values, max_bins);
    CHECK_EQ(Total(*stored), 1000.0);
    if (max_bins < kBucketCount) CHECK(stored->buckets <= 2 * max_bins + 1);
  }
}

TEST(StoredHasOneBucketWhereNothingLiesInsideTheEdges) {
  const auto outside = StoreOf({1e30, 2e30});
  CHECK_EQ(outside->buckets, 1u);
  CHECK_EQ(outside->counts[0], 2.0);
  CHECK_EQ(outside->limits[0], 2e30);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto nothing = StoreOf({nan, nan, std::numeric_limits<double>::infinity()});
  CHECK_EQ(nothing->buckets, 1u);
  CHECK_EQ(nothing->counts[0], 0.0);
  CHECK_EQ(nothing->min, 0.0);
  CHECK_EQ(nothing->max, 0.0);
  CHECK_EQ(nothing->num, 0.0);
}

}  // namespace ringboard::histogram
