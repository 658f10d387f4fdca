// How fast is CRC-32C, by size and by kernel, on this machine?
//
// Workload: one buffer of random bytes, checksummed again and again, each call starting from the
// result of the one before (so calls overlap only where a kernel's parts do not depend on that). Up
// to the cache's size the bytes come from the cache; 16 MiB comes from memory or the last level.
// Figures: median of kRepeats runs in GB/s and in ns a call; the lowest and highest GB/s beside it.
// On a virtual machine look at the highest figure too: a busy sibling thread halves the folding
// kernels. Left out: other libraries; the Python benches set those side by side. Run: make -C
// native bench && build/native/release/crc32c_bench
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "crc32c/crc32c.h"
#include "crc32c/kernels.h"
#include "test.h"

namespace ringboard::crc32c {
namespace {

constexpr int kRepeats = 15;
constexpr double kRunSeconds = 2e-3;
constexpr size_t kSizes[] = {8,    16,   32,   64,    128,   192,    256,     384,     512,
                             1024, 2048, 4096, 16384, 65536, 262144, 1 << 20, 16 << 20};

volatile uint32_t sink;  // keeps the compiler from dropping the work

double SecondsOf(RawExtendFn extend, const std::vector<uint8_t>& bytes, size_t size, size_t calls) {
  const auto start = std::chrono::steady_clock::now();
  uint32_t state = 0;
  for (size_t i = 0; i < calls; ++i) state = extend(state, bytes.data(), size);
  const auto end = std::chrono::steady_clock::now();
  sink = state;
  return std::chrono::duration<double>(end - start).count();
}

void Measure(const char* name, RawExtendFn extend, const std::vector<uint8_t>& bytes, size_t size) {
  const double once = SecondsOf(extend, bytes, size, 64) / 64;
  const size_t calls = std::max<size_t>(4, static_cast<size_t>(kRunSeconds / once));
  std::vector<double> seconds;
  for (int i = 0; i < kRepeats; ++i) {
    seconds.push_back(SecondsOf(extend, bytes, size, calls) / static_cast<double>(calls));
  }
  std::sort(seconds.begin(), seconds.end());
  const double bytes_in_giga = static_cast<double>(size) * 1e-9;
  std::printf("%-16s %9zu B %9.2f GB/s %12.2f ns   (%.2f to %.2f)\n", name, size,
              bytes_in_giga / seconds[kRepeats / 2], seconds[kRepeats / 2] * 1e9,
              bytes_in_giga / seconds.back(), bytes_in_giga / seconds.front());
}

int Run() {
  testing::Random random(1);
  std::vector<uint8_t> bytes(std::end(kSizes)[-1]);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next() >> 56);
  std::printf("active kernel: %s, level: %s, compiler: %s\n", ActiveKernelName(),
              cpu::ActiveLevelName(), __VERSION__);
  for (const auto& kernel : kernels()) {
    if (!kernel.RunsOn(cpu::Detected())) continue;
    for (const size_t size : kSizes) {
      if (kernel.function(~0u, bytes.data(), size) != RawExtendPortable(~0u, bytes.data(), size)) {
        std::fprintf(stderr, "%s is wrong at %zu bytes: not timed\n", kernel.name, size);
        return 1;
      }
      Measure(kernel.name, kernel.function, bytes, size);
    }
  }
  return 0;
}

}  // namespace
}  // namespace ringboard::crc32c

int main() { return ringboard::crc32c::Run(); }
