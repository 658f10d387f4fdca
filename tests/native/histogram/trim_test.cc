#include "histogram/trim.h"

#include <vector>

#include "test.h"

namespace ringboard::histogram {
namespace {

using Counts = std::vector<uint64_t>;
using Numbers = std::vector<double>;

Numbers Limits(size_t bins) {
  Numbers limits;
  for (size_t i = 0; i <= bins; ++i) limits.push_back(static_cast<double>(10 * i));
  return limits;
}

struct Stored {
  Numbers bucket, bucket_limit;
};
Stored Trim(const Counts& counts, const Numbers& limits) {
  const Support support = FindSupport(counts);
  Stored stored;
  stored.bucket.resize(StoredCount(support));
  StoreCounts(counts, support, stored.bucket.data());
  const auto kept = StoredLimits(limits, support);
  stored.bucket_limit.assign(kept.begin(), kept.end());
  return stored;
}

}  // namespace

// The expected values are what torch.utils.tensorboard.summary.make_histogram stores.
TEST(KeepsTheSupportAndOneEmptyBucketInFront) {
  const Stored stored = Trim({0, 0, 3, 0, 5, 0}, Limits(6));
  CHECK((stored.bucket == Numbers{0, 3, 0, 5}));
  CHECK((stored.bucket_limit == Numbers{20, 30, 40, 50}));
}

TEST(MakesUpTheBucketInFrontOfTheFirstBin) {
  const Stored stored = Trim({7, 1, 0}, Limits(3));
  CHECK((stored.bucket == Numbers{0, 7, 1}));
  CHECK((stored.bucket_limit == Numbers{0, 10, 20}));
}

TEST(KeepsTheLastBin) {
  const Stored stored = Trim({0, 0, 2}, Limits(3));
  CHECK((stored.bucket == Numbers{0, 2}));
  CHECK((stored.bucket_limit == Numbers{20, 30}));
}

TEST(SupportIsFoundWhereverItLies) {
  for (size_t size : {1, 15, 16, 17, 32, 50}) {  // shorter than a row, rows, and a rest
    for (size_t first = 0; first < size; ++first) {
      for (size_t last = first; last < size; ++last) {
        INFO("from ", first, " to ", last, " of ", size);
        Counts counts(size);
        counts[first] = counts[last] = 1;
        const Support support = FindSupport(counts);
        CHECK_EQ(support.first, first);
        CHECK_EQ(support.end, last + 1);
      }
    }
    CHECK(FindSupport(Counts(size)).empty());
  }
}

TEST(NothingCountedIsEmpty) {
  CHECK(FindSupport(Counts{}).empty());
  CHECK(FindSupport(Counts{0}).empty());
  CHECK(FindSupport(Counts{0, 0, 0}).empty());
  CHECK(!FindSupport(Counts{1}).empty());
}

TEST(SubsamplesWithARestAsTorchDoes) {
  const Counts counts = {1, 2, 3, 4, 5, 6, 7};
  const Numbers limits = Limits(7);
  Counts merged(SubsampledCount(7, 3));
  Numbers merged_limits(merged.size() + 1);
  CHECK_EQ(Subsample(counts, limits, 3, merged.data(), merged_limits.data()), merged.size());
  CHECK((merged ==
         Counts{3, 7, 11, 7}));  // groups of 7 / 3 = 2: four bins, though three were asked for
  CHECK((merged_limits == Numbers{0, 20, 40, 60, 70}));
}

TEST(SubsamplesInPlace) {
  Counts counts = {1, 2, 3, 4, 5, 6};
  Numbers limits = Limits(6);
  const size_t merged = Subsample(counts, limits, 2, counts.data(), limits.data());
  counts.resize(merged);
  limits.resize(merged + 1);
  CHECK((counts == Counts{6, 15}));
  CHECK((limits == Numbers{0, 30, 60}));
}

TEST(SubsampleMayChangeNothing) {  // 7 bins, at most 4: groups of 1
  const Counts counts = {1, 2, 3, 4, 5, 6, 7};
  const Numbers limits = Limits(7);
  Counts merged(SubsampledCount(7, 4));
  Numbers merged_limits(merged.size() + 1);
  Subsample(counts, limits, 4, merged.data(), merged_limits.data());
  CHECK(merged == counts);
  CHECK(merged_limits == limits);
}

}  // namespace ringboard::histogram
