#include <vector>

#include "decoder.h"
#include "png/adler32.h"
#include "png/crc32.h"
#include "test.h"

namespace ringboard::png {
namespace {

using ringboard::testing::GuardedBytes;
using ringboard::testing::Random;

template <typename Function>
bool Runs(const cpu::Kernel<Function>& kernel) {
  return kernel.RunsOn(cpu::Detected());
}

const uint8_t* Bytes(const char* text) { return reinterpret_cast<const uint8_t*>(text); }

}  // namespace

TEST(Crc32OfPublishedVectors) {
  for (const auto& kernel : Crc32Kernels()) {
    if (!Runs(kernel)) continue;
    INFO("kernel ", kernel.name);
    CHECK_EQ(kernel.function(0, Bytes("123456789"), 9),
             0xcbf43926u);                                        // the catalogue's check value
    CHECK_EQ(kernel.function(0, Bytes("IEND"), 4), 0xae426082u);  // in every PNG file
    CHECK_EQ(kernel.function(0, nullptr, 0), 0u);
  }
}

TEST(Adler32OfPublishedVectors) {
  for (const auto& kernel : Adler32Kernels()) {
    if (!Runs(kernel)) continue;
    INFO("kernel ", kernel.name);
    CHECK_EQ(kernel.function(kAdlerStart, Bytes("Wikipedia"), 9), 0x11e60398u);
    CHECK_EQ(kernel.function(kAdlerStart, nullptr, 0), 1u);
  }
}

// Every length, touching the guard page behind, then the one in front; whole and split in two.
TEST(ChecksumsAtAllLengthsAndAlignments) {
  constexpr size_t kMost = 600;
  GuardedBytes memory(kMost);
  Random random(11);
  for (size_t length = 0; length <= kMost; ++length) {
    for (uint8_t* bytes : {memory.AtEnd(length), memory.AtStart()}) {
      for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<uint8_t>(random.Next() >> 56);
      const size_t split = random.Below(length + 1);
      INFO("length ", length, ", split at ", split);
      for (const auto& kernel : Crc32Kernels()) {
        if (!Runs(kernel)) continue;
        INFO("kernel ", kernel.name);
        CHECK_EQ(kernel.function(0, bytes, length), testing::SlowCrc32(bytes, length));
        const uint32_t first = kernel.function(0, bytes, split);
        CHECK_EQ(kernel.function(first, bytes + split, length - split),
                 testing::SlowCrc32(bytes, length));
      }
      for (const auto& kernel : Adler32Kernels()) {
        if (!Runs(kernel)) continue;
        INFO("kernel ", kernel.name);
        CHECK_EQ(kernel.function(kAdlerStart, bytes, length), testing::SlowAdler32(bytes, length));
        const uint32_t first = kernel.function(kAdlerStart, bytes, split);
        CHECK_EQ(kernel.function(first, bytes + split, length - split),
                 testing::SlowAdler32(bytes, length));
      }
    }
  }
}

// 255 throughout brings the sums closest to overflowing 32 bits.
TEST(Adler32OfTheLargestBytes) {
  const std::vector<uint8_t> bytes(3 * kAdlerRun + 100, 255);
  for (const auto& kernel : Adler32Kernels()) {
    if (!Runs(kernel)) continue;
    INFO("kernel ", kernel.name);
    for (size_t length : {kAdlerRun - 1, kAdlerRun, kAdlerRun + 1, bytes.size()}) {
      const uint32_t start = (kAdlerModulus - 1) << 16 | (kAdlerModulus - 1);
      CHECK_EQ(kernel.function(start, bytes.data(), length),
               Adler32Portable(start, bytes.data(), length));
      CHECK_EQ(kernel.function(kAdlerStart, bytes.data(), length),
               testing::SlowAdler32(bytes.data(), length));
    }
  }
}

}  // namespace ringboard::png
