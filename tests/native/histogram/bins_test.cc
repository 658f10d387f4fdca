#include "histogram/bins.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "histogram/reference.h"
#include "test.h"

namespace ringboard::histogram {
namespace {

using Counts = std::vector<uint64_t>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Random bits, so that floats of every size, NaNs and infinities come; small numbers besides, which
// fall among the edges.
std::vector<uint8_t> AnyElements(const Type& type, size_t n) {
  testing::Random random(n + type.size);
  std::vector<uint8_t> bytes(n * type.size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next() >> 56);
  for (size_t i = 0; i < n; i += 2) {
    const double value = static_cast<double>(random.Below(65)) / 8;
    const auto integer = static_cast<int64_t>(value);
    const float narrow = static_cast<float>(value);
    uint8_t* to = bytes.data() + i * type.size;
    if (type.dtype == Dtype::kFloat64) {
      std::memcpy(to, &value, 8);
    } else if (type.dtype == Dtype::kFloat32) {
      std::memcpy(to, &narrow, 4);
    } else if (type.dtype == Dtype::kBfloat16) {
      std::memcpy(to, reinterpret_cast<const uint8_t*>(&narrow) + 2, 2);
    } else if (type.dtype != Dtype::kFloat16) {
      std::memcpy(to, &integer, type.size);
    }
  }
  return bytes;
}

Counts ReachedByOneByOne(const Type& type, const std::vector<uint8_t>& bytes,
                         const std::vector<double>& thresholds) {
  Counts counts(thresholds.size() + 1);
  for (size_t at = 0; at < bytes.size(); at += type.size) {
    const double value = ToDouble(type.dtype, bytes.data() + at);
    size_t reached = 0;
    for (double threshold : thresholds) reached += value >= threshold;
    ++counts[reached];
  }
  return counts;
}

Counts Reached(const Type& type, const std::vector<uint8_t>& bytes,
               const std::vector<double>& thresholds) {
  Counts counts(thresholds.size() + 1);
  CountReached(bytes.data(), type.dtype, bytes.size() / type.size, thresholds.data(),
               thresholds.size(), counts.data());
  return counts;
}

Counts InEqualBins(const Type& type, const std::vector<uint8_t>& bytes,
                   const std::vector<double>& edges) {
  Counts counts(edges.size() + 1);
  CountEqualBins(bytes.data(), type.dtype, bytes.size() / type.size, edges.data(), edges.size(),
                 counts.data());
  return counts;
}

}  // namespace

TEST(ThresholdsReachedAreThoseOfComparingEach) {
  for (const Type& type : kTypes) {
    for (size_t m : {1, 2, 3, 4, 7, 8, 9, 64, 65}) {
      std::vector<double> thresholds(m);
      for (size_t i = 0; i < m; ++i) thresholds[i] = static_cast<double>(i / 2) / 4;  // in pairs
      thresholds[m - 1] = m % 2 == 0 ? kInfinity : thresholds[m - 1];
      for (size_t n : {0, 1, 7, 8, 9, 1000}) {
        const std::vector<uint8_t> bytes = AnyElements(type, n);
        CHECK(Reached(type, bytes, thresholds) == ReachedByOneByOne(type, bytes, thresholds));
      }
    }
  }
}

TEST(EqualBinsIncludeTheirLeftEdgesAndTheLastItsRightOneToo) {
  for (const Type& type : kTypes) {
    for (size_t bins : {1, 2, 10, 63}) {
      std::vector<double> edges(bins + 1);
      for (size_t i = 0; i <= bins; ++i) {
        edges[i] = 1 + 6 * (static_cast<double>(i) / static_cast<double>(bins));
      }
      std::vector<double> thresholds = edges;
      thresholds[bins] = std::nextafter(edges[bins], kInfinity);
      const std::vector<uint8_t> bytes = AnyElements(type, 1001);
      Counts wanted = ReachedByOneByOne(type, bytes, thresholds), found;
      found = InEqualBins(type, bytes, edges);
      wanted[0] += wanted[bins + 1];  // what is outside, on either side
      found[0] += found[bins + 1];
      wanted[bins + 1] = found[bins + 1] = 0;
      CHECK(found == wanted);
    }
  }
}

TEST(EqualBinsAreRightAtEveryEdgeAndBesideIt) {
  const Type type = {"float64", Dtype::kFloat64, 8};
  for (size_t bins = 1; bins < 400; ++bins) {
    std::vector<double> edges(bins + 1), values;
    for (size_t i = 0; i <= bins; ++i) {
      edges[i] = 0.1 + 0.8 * (static_cast<double>(i) / static_cast<double>(bins));
      for (double toward : {-1.0, edges[i], 1.0})
        values.push_back(std::nextafter(edges[i], toward));
    }
    std::vector<uint8_t> bytes(values.size() * sizeof(double));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    std::vector<double> thresholds = edges;
    thresholds[bins] = std::nextafter(edges[bins], kInfinity);
    const Counts wanted = ReachedByOneByOne(type, bytes, thresholds);
    const Counts found = InEqualBins(type, bytes, edges);
    for (size_t i = 1; i <= bins; ++i) CHECK_EQ(found[i], wanted[i]);
  }
}

TEST(BinsGoOnFromWhatThereIs) {
  const double values[] = {0.5, 1.5, 1.5, NAN}, edges[] = {0, 1, 2};
  uint64_t counts[] = {10, 20, 30, 40};
  CountEqualBins(values, Dtype::kFloat64, 4, edges, 3, counts);
  CHECK_EQ(counts[0] + counts[3], 51u);
  CHECK_EQ(counts[1], 21u);
  CHECK_EQ(counts[2], 32u);
  CountReached(values, Dtype::kFloat64, 4, edges, 3, counts);
  CHECK_EQ(counts[1], 22u);
  CHECK_EQ(counts[2], 34u);
}

}  // namespace ringboard::histogram
