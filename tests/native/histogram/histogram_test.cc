#include "histogram/histogram.h"

#include <bit>
#include <cfloat>
#include <limits>
#include <vector>

#include "histogram/sweep.h"
#include "reference.h"
#include "test.h"

namespace ringboard::histogram {
namespace {

using testing::GuardedBytes;
using testing::Random;

// `count` neighbours of a value on each side, and the value, of both signs.
template <typename T>
void AppendAround(T value, int count, std::vector<T>* out) {
  T below = value, above = value;
  out->insert(out->end(), {value, -value});
  for (int i = 0; i < count; ++i) {
    below = std::nextafter(below, -std::numeric_limits<T>::infinity());
    above = std::nextafter(above, std::numeric_limits<T>::infinity());
    out->insert(out->end(), {below, above, -below, -above});
  }
}

template <typename T>
std::vector<T> EdgesAndSpecials() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values = {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                           -Limits::quiet_NaN(), Limits::signaling_NaN()};
  const auto first_nan = std::bit_cast<T>(Format<T>::kInfinity + 1);
  values.insert(values.end(), {first_nan, std::copysign(first_nan, T{-1})});
  for (size_t i = 0; i < kEdgeCount; ++i) AppendAround(static_cast<T>(Edges()[i]), 2, &values);
  for (T special :
       {T{0}, Limits::denorm_min(), Limits::min(), Limits::max(), T{1}, T{1e-12}, T{1e20}}) {
    AppendAround(special, 2, &values);
  }
  return values;
}

// Random bytes; a third of them each shaped like: any pattern, a number of ordinary size, a
// special.
void FillInteresting(const Type& type, size_t n, uint64_t seed, uint8_t* to) {
  Random random(seed);
  for (size_t i = 0; i < n; ++i, to += type.size) {
    uint64_t bits = random.Next();
    const uint64_t kind = random.Below(3);
    const auto ordinary = static_cast<double>(static_cast<int64_t>(bits)) * 0x1p-62;
    const auto ordinary_float = static_cast<float>(ordinary);
    if (kind == 1 && type.dtype == Dtype::kFloat64) std::memcpy(&bits, &ordinary, 8);
    if (kind == 1 && type.dtype == Dtype::kFloat32) std::memcpy(&bits, &ordinary_float, 4);
    if (kind == 2) bits = random.Below(4) * 0x5555555555555555 << random.Below(64);
    std::memcpy(to, &bits, type.size);
  }
}

}  // namespace

TEST(EdgesAscendAndMirror) {
  for (size_t i = 1; i < kEdgeCount; ++i) CHECK(Edges()[i - 1] < Edges()[i]);
  for (size_t i = 0; i < kEdgeCount; ++i) CHECK_EQ(Edges()[i], -Edges()[kEdgeCount - 1 - i]);
  CHECK_EQ(Edges()[kEdgeCount / 2], 0.0);
  CHECK_EQ(Edges()[kEdgeCount / 2 + 1], 1e-12);
}

TEST(ValuesAtAndAroundEveryEdge) {
  CheckAllKernels(Dtype::kFloat32, EdgesAndSpecials<float>());
  CheckAllKernels(Dtype::kFloat64, EdgesAndSpecials<double>());
}

TEST(EachSpecialValueAlone) {
  for (double value :
       {0.0, -0.0, 1e-12, -1e-12, DBL_MIN, -DBL_MIN, 5e-324, -5e-324, DBL_MAX, -DBL_MAX,
        Edges()[kEdgeCount - 1], Edges()[0], double{INFINITY}, -double{INFINITY}, double{NAN}}) {
    INFO("value ", value);
    CheckAllKernels(Dtype::kFloat64, std::vector<double>{value});
    CheckAllKernels(Dtype::kFloat32, std::vector<float>{static_cast<float>(value)});
  }
}

TEST(EveryPatternOfTheSmallTypes) {
  std::vector<uint16_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  for (const Type& type : kTypes) {
    if (type.size == 2) CheckAllKernels(type, reinterpret_cast<const uint8_t*>(all.data()), 65536);
    if (type.size == 1) CheckAllKernels(type, reinterpret_cast<const uint8_t*>(all.data()), 131072);
  }
}

TEST(EveryLengthBetweenGuardPages) {
  GuardedBytes memory(300 * 8);
  for (const Type& type : kTypes) {
    for (size_t n = 0; n <= 300; ++n) {
      for (uint8_t* data : {memory.AtEnd(n * type.size), memory.AtStart()}) {
        FillInteresting(type, n, n, data);
        CheckAllKernels(type, data, n);
      }
    }
  }
}

TEST(EveryElementAlignment) {
  std::vector<uint64_t> storage(1100);
  for (const Type& type : kTypes) {
    for (size_t offset = 0; offset < 64; offset += type.size) {
      uint8_t* data = reinterpret_cast<uint8_t*>(storage.data()) + offset;
      FillInteresting(type, 1000, offset, data);
      CheckAllKernels(type, data, 1000);
    }
  }
}

// Around the block and table limits of sweep.h, where blocks with and without NaNs meet.
TEST(LengthsAroundTheLimits) {
  std::vector<uint64_t> storage(3 * 4096);
  for (const Type& type : kTypes) {
    for (size_t n : {4095, 4096, 4097, 4111, 8191, 8192, 12287}) {
      uint8_t* data = reinterpret_cast<uint8_t*>(storage.data());
      FillInteresting(type, n, n, data);
      CheckAllKernels(type, data, n);
    }
  }
}

TEST(RandomBitPatterns) {
  constexpr size_t kBytes = 1 << 22;
  std::vector<uint64_t> storage(kBytes / 8);
  Random random(20240607);
  for (uint64_t& word : storage) word = random.Next();
  for (const Type& type : kTypes) {
    CheckAllKernels(type, reinterpret_cast<const uint8_t*>(storage.data()), kBytes / type.size);
  }
}

TEST(IntegerExtremesRoundToEven) {
  std::vector<int64_t> values = {INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1, 0, -1, 1};
  for (int shift = 0; shift < 63; ++shift) {
    for (int64_t delta = -3; delta <= 3; ++delta) {
      values.push_back((int64_t{1} << shift) + delta);
      values.push_back(-(int64_t{1} << shift) + delta);
    }
  }
  // Halfway between doubles, on either side of an even one.
  for (int64_t odd : {1, 3, 5, 7}) values.push_back((int64_t{1} << 53) + odd);
  for (int64_t odd : {1, 3, 5, 7}) values.push_back(((int64_t{1} << 54) + odd) * 2);
  for (int64_t value : values) {  // alone, so that min shows how it was rounded
    CheckAllKernels(Dtype::kInt64, std::vector<int64_t>(17, value));
    CheckAllKernels(Dtype::kUint64, std::vector<uint64_t>(17, static_cast<uint64_t>(value)));
  }
  CheckAllKernels(Dtype::kInt32,
                  std::vector<int32_t>{INT32_MIN, INT32_MAX, 0, -1, 1, INT32_MIN + 1});
  CheckAllKernels(Dtype::kUint32,
                  std::vector<uint32_t>{UINT32_MAX, 0, 1, 1u << 31, UINT32_MAX - 1});
}

TEST(OverflowingStatistics) {
  CheckAllKernels(Dtype::kFloat64, std::vector<double>(100, 1e300));    // squares
  CheckAllKernels(Dtype::kFloat64, std::vector<double>(100, DBL_MAX));  // the sum, too
  CheckAllKernels(Dtype::kFloat64, std::vector<double>(5000, -DBL_MAX));
  CheckAllKernels(Dtype::kFloat32, std::vector<float>(5000, FLT_MAX));  // nothing: in double
  CheckAllKernels(Dtype::kFloat64, std::vector<double>(100, 1e-160));   // squares are denormal
}

// What is not finite must change nothing but its own count.
TEST(StatisticsSkipWhatIsNotFinite) {
  Random random(7);
  std::vector<float> dirty, clean;
  for (size_t i = 0; i < 20'000; ++i) {
    const float value = static_cast<float>(random.Below(1000)) - 300;
    const float special[] = {INFINITY, -INFINITY, NAN};
    const uint64_t kind = random.Below(20);
    dirty.push_back(kind < 3 ? special[kind] : value);
    if (kind >= 3) clean.push_back(value);
  }
  for (const auto& kernel : kernels()) {
    if (!kernel.RunsOn(cpu::Detected())) continue;
    INFO(kernel.name);
    Histogram with, without;
    kernel.function(dirty.data(), Dtype::kFloat32, dirty.size(), &with);
    kernel.function(clean.data(), Dtype::kFloat32, clean.size(), &without);
    CHECK_EQ(with.sum, without.sum);  // of integers, hence exact
    CHECK_EQ(with.sum_squares, without.sum_squares);
    CHECK_EQ(with.min, without.min);
    CHECK_EQ(with.max, without.max);
    CHECK_EQ(with.finite, clean.size());
    CHECK_EQ(with.nan + with.positive_infinity + with.negative_infinity,
             dirty.size() - clean.size());
  }
}

TEST(BlocksThatAddUpLoseNoDigits) {
  CompensatedSum sum;
  sum.Add(1);
  for (int i = 0; i < 1'000'000; ++i) sum.Add(1e-16);  // each alone is lost in 1
  CHECK(std::abs(sum.Value() - (1 + 1e-10)) < 1e-15);
}

TEST(SumsKeepTheirDigitsOverMillions) {
  CheckAllKernels(Dtype::kFloat32, std::vector<float>(3'000'000, 0.1f));
  std::vector<double> values(2'000'000, 0.1);
  values[0] = 1e6;
  CheckAllKernels(Dtype::kFloat64, values);
}

TEST(KernelsAgreeToTheBit) {
  std::vector<uint64_t> storage(10'000);
  for (const Type& type : kTypes) {
    uint8_t* data = reinterpret_cast<uint8_t*>(storage.data());
    for (size_t n : {33, 5000, 10'000}) {
      FillInteresting(type, n, n, data);
      Histogram portable;
      kernels().back().function(data, type.dtype, n, &portable);
      for (const auto& kernel : kernels()) {
        if (!kernel.RunsOn(cpu::Detected())) continue;
        INFO(kernel.name, " ", type.name, " n=", n);
        Histogram other;
        kernel.function(data, type.dtype, n, &other);
        // The squares of wide types are rounded, by a fused multiply-add once less.
        const bool exact = type.size < 4 || type.dtype == Dtype::kFloat32;
        if (!exact) portable.sum_squares = other.sum_squares;
        CHECK(std::memcmp(&portable, &other, sizeof(other)) == 0);
      }
    }
  }
}

TEST(CountDispatchesToTheActiveKernel) {
  const float values[] = {1, 2, 3};
  Histogram result;
  Count(values, Dtype::kFloat32, 3, &result);
  CHECK_EQ(result.sum, 6.0);
  CHECK_EQ(result.finite, 3u);
  Count(nullptr, Dtype::kFloat32, 0, &result);
  CHECK_EQ(result.finite, 0u);
  CHECK(std::isinf(result.min) && result.min > 0);
  CHECK(std::isinf(result.max) && result.max < 0);
  CHECK(*ActiveKernelName() != '\0');
}

// Arrays of more than 2^30 elements are counted in chunks; here the chunks are small.
struct SimpleBlocks {
  template <size_t kTables, typename From, typename Value = Widened<From>>
  static BlockStatistics Sweep(const CellTable<Value>& cells, const From* block, size_t n,
                               SlotCounters<kTables>* counters) {
    Lanes<Value> lanes;
    lanes.Clear();
    for (size_t i = 0; i < n; ++i) {
      counters->CountOne(cells, Widen(block[i]));
      AddElement(Widen(block[i]), i % kLanes, &lanes);
    }
    return lanes.Reduced();
  }
};
TEST(ChunksAddUp) {
  constexpr size_t kCount = 30'001;
  std::vector<uint64_t> storage(kCount);
  uint8_t* data = reinterpret_cast<uint8_t*>(storage.data());
  for (const Type& type : kTypes) {
    FillInteresting(type, kCount, 3, data);
    Histogram actual;
    Sweeper<SimpleBlocks, 5000>::Count(data, type.dtype, kCount, &actual);
    CheckAgainst(*Reference(type, data, kCount), actual);
  }
}

}  // namespace ringboard::histogram
