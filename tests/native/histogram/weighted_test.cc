#include "histogram/weighted.h"

#include <cstring>
#include <random>
#include <vector>

#include "test.h"

namespace ringboard::histogram {
namespace {

// As numpy does it: an array of terms of each kind, then one sum after the other.
std::vector<SplitSum> Reference(const std::vector<uint8_t>& buckets,
                                const std::vector<double>& shares,
                                const std::vector<double>* weights) {
  std::vector<SplitSum> sums(256, SplitSum{0, 0});
  for (size_t i = 0; i < buckets.size(); ++i) {
    volatile double negative = 1.0 - shares[i];
    volatile double positive = shares[i];
    if (weights != nullptr) {
      negative = negative * (*weights)[i];
      positive = positive * (*weights)[i];
    }
    sums[buckets[i]].negative += negative;
    sums[buckets[i]].positive += positive;
  }
  return sums;
}

}  // namespace

TEST(SplitSumsAreThoseOfAddingOneByOneToTheLastBit) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> any(0, 1);
  for (size_t n : {0, 1, 2, 511, 512, 513, 1025, 70000}) {
    std::vector<uint8_t> buckets(n);
    std::vector<double> shares(n), weights(n);
    for (size_t i = 0; i < n; ++i) {
      buckets[i] = static_cast<uint8_t>(random() % 256);
      shares[i] = any(random);
      weights[i] = any(random) * 100 - 50;
    }
    for (bool weighted : {false, true}) {
      std::vector<SplitSum> sums(256, SplitSum{0, 0});
      AddSplit(buckets.data(), shares.data(), weighted ? weights.data() : nullptr, n, sums.data());
      const std::vector<SplitSum> wanted =
          Reference(buckets, shares, weighted ? &weights : nullptr);
      CHECK(std::memcmp(sums.data(), wanted.data(), 256 * sizeof(SplitSum)) == 0);
    }
  }
}

TEST(SplitSumsGoOnFromWhatThereIs) {
  std::vector<SplitSum> sums(256, SplitSum{1, 2});
  const uint8_t buckets[] = {3, 3};
  const double shares[] = {0.25, 0.5};
  AddSplit(buckets, shares, nullptr, 2, sums.data());
  CHECK_EQ(sums[3].negative, 1 + 0.75 + 0.5);
  CHECK_EQ(sums[3].positive, 2 + 0.25 + 0.5);
  CHECK_EQ(sums[4].negative, 1.0);
}

}  // namespace ringboard::histogram
