// How many elements a second does a histogram cost, with its statistics?
//
// Workload: Count() for every kernel that this machine runs, dtype, pattern and size.  A line is
// the median and the best of 25 timed batches, in million elements a second, and the time of a
// call.  Patterns: normal (weights), constant (every element waits for its predecessor's counter),
// sorted, relu (half zeros), denormal, nan (every third), uniform bits (every cell, half of the
// table cold).  Rivals (numpy, torch) need Python and are timed in benches/ beside this folder.
//
// Each answer is compared with the portable kernel's before the clock starts.
//
//   make -C native bench && build/native/release/histogram_bench [WORD…]
//
// With WORDs, only lines that contain all of them: `histogram_bench float32 normal`.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "histogram/histogram.h"
#include "test.h"

namespace ringboard::histogram {
namespace {

using Clock = std::chrono::steady_clock;
using Bytes = std::vector<uint8_t>;

struct Type {
  const char* name;
  Dtype dtype;
  size_t size;
};
constexpr Type kTypes[] = {
    {"bool", Dtype::kBool, 1},         {"int8", Dtype::kInt8, 1},
    {"uint8", Dtype::kUint8, 1},       {"int16", Dtype::kInt16, 2},
    {"uint16", Dtype::kUint16, 2},     {"int32", Dtype::kInt32, 4},
    {"uint32", Dtype::kUint32, 4},     {"int64", Dtype::kInt64, 8},
    {"uint64", Dtype::kUint64, 8},     {"float16", Dtype::kFloat16, 2},
    {"bfloat16", Dtype::kBfloat16, 2}, {"float32", Dtype::kFloat32, 4},
    {"float64", Dtype::kFloat64, 8},
};
constexpr const char* kPatterns[] = {"normal",   "constant", "sorted", "relu",
                                     "denormal", "nan",      "bits"};
constexpr size_t kSizes[] = {100, 1000, 10'000, 100'000, 10'000'000};

// Float to half of a normal number that fits, cut off: only to have something to count.
uint16_t HalfBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  if (std::isnan(value)) return 0x7e00;
  if (magnitude < 0x38800000) return static_cast<uint16_t>(sign | (magnitude != 0));
  return static_cast<uint16_t>(sign | ((magnitude - 0x38000000) >> 13));
}

void StoreAs(double value, Dtype dtype, uint8_t* to) {
  const float narrow = static_cast<float>(value);
  const auto integer = static_cast<int64_t>(std::isnan(value) ? 0 : value * 30);
  uint32_t float_bits;
  std::memcpy(&float_bits, &narrow, sizeof(float_bits));
  const uint16_t half = HalfBits(narrow), brain = static_cast<uint16_t>(float_bits >> 16);
  switch (dtype) {
    case Dtype::kFloat16:
      std::memcpy(to, &half, 2);
      break;
    case Dtype::kBfloat16:
      std::memcpy(to, &brain, 2);
      break;
    case Dtype::kFloat32:
      std::memcpy(to, &narrow, 4);
      break;
    case Dtype::kFloat64:
      std::memcpy(to, &value, 8);
      break;
    case Dtype::kInt64:
    case Dtype::kUint64:
      std::memcpy(to, &integer, 8);
      break;
    case Dtype::kInt32:
    case Dtype::kUint32:
      std::memcpy(to, &integer, 4);
      break;  // little-endian machines only
    case Dtype::kInt16:
    case Dtype::kUint16:
      std::memcpy(to, &integer, 2);
      break;
    default:
      std::memcpy(to, &integer, 1);
  }
}

Bytes MakeArray(const Type& type, const std::string& pattern, size_t n) {
  testing::Random random(n);
  Bytes bytes(n * type.size);
  if (pattern == "bits") {
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next() >> 32);
    return bytes;
  }
  std::vector<double> values(n);
  for (size_t i = 0; i < n; ++i) {
    double uniforms = -6;  // of twelve uniform numbers: near enough to normal
    for (int k = 0; k < 12; ++k) uniforms += static_cast<double>(random.Next() >> 11) * 0x1p-53;
    values[i] = uniforms;
    if (pattern == "constant") values[i] = 0.7;
    if (pattern == "relu") values[i] = std::max(uniforms, 0.0);
    if (pattern == "denormal")
      values[i] = uniforms * (type.dtype == Dtype::kFloat64 ? 1e-310 : 1e-40);
    if (pattern == "nan" && random.Below(3) == 0) values[i] = NAN;
  }
  if (pattern == "sorted") std::sort(values.begin(), values.end());
  for (size_t i = 0; i < n; ++i) StoreAs(values[i], type.dtype, bytes.data() + i * type.size);
  return bytes;
}

struct Seconds {
  double median;
  double best;  // what the code can do; far below the median when other programs share the core
};

// Of a call, over batches that last long enough for the clock.
Seconds TimeCall(CountFn count, const Bytes& bytes, Dtype dtype, size_t n) {
  static Histogram result;
  constexpr size_t kBatches = 25;
  const size_t calls = std::max<size_t>(1, 200'000 / n);
  std::vector<double> seconds;
  for (size_t batch = 0; batch < kBatches; ++batch) {
    const auto start = Clock::now();
    for (size_t i = 0; i < calls; ++i) count(bytes.data(), dtype, n, &result);
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count() /
                      static_cast<double>(calls));
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds[kBatches / 2], seconds[0]};
}

bool SameCounts(CountFn left, CountFn right, const Bytes& bytes, Dtype dtype, size_t n) {
  static Histogram results[2];
  left(bytes.data(), dtype, n, &results[0]);
  right(bytes.data(), dtype, n, &results[1]);
  return std::memcmp(results[0].counts, results[1].counts, sizeof(results[0].counts)) == 0;
}

bool Wanted(const std::string& line, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if ((" " + line + " ").find(" " + std::string(argv[i]) + " ") == std::string::npos)
      return false;
  }
  return true;
}

int Run(int argc, char** argv) {
  std::printf("active kernel %s\n", ActiveKernelName());
  for (const Type& type : kTypes) {
    for (const char* pattern : kPatterns) {
      for (size_t n : kSizes) {
        Bytes bytes;
        for (const auto& kernel : kernels()) {
          const std::string line =
              std::string(kernel.name) + " " + type.name + " " + pattern + " " + std::to_string(n);
          if (!kernel.RunsOn(cpu::Detected()) || !Wanted(line, argc, argv)) continue;
          if (bytes.empty()) bytes = MakeArray(type, pattern, n);
          if (!SameCounts(kernel.function, kernels().back().function, bytes, type.dtype, n)) {
            std::printf("%s: WRONG COUNTS, not timed\n", line.c_str());
            return 1;
          }
          const Seconds seconds = TimeCall(kernel.function, bytes, type.dtype, n);
          const double millions = static_cast<double>(n) / 1e6;
          std::printf("%-36s %6.0f M/s (best %6.0f) %11.3f us\n", line.c_str(),
                      millions / seconds.median, millions / seconds.best, seconds.median * 1e6);
        }
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace ringboard::histogram

int main(int argc, char** argv) { return ringboard::histogram::Run(argc, argv); }
