// One suite for every implementation that this processor can run, against the bit-at-a-time
// reference.
#include <cstring>
#include <vector>

#include "crc32c/crc32c.h"
#include "crc32c/polynomial.h"
#include "reference.h"
#include "test.h"

namespace ringboard::crc32c {
namespace {

using testing::RandomBytes;
using testing::ReferencePrefixes;
using testing::ReferenceRawExtend;

constexpr size_t kLargestStep = 256;  // what a kernel takes at once (AVX-512)
constexpr size_t kEveryLength = 4 * kLargestStep + 71;
constexpr size_t kBlock = 192 * 128;  // what a kernel takes before it combines its streams
constexpr uint32_t kStart = 0x9d3fb0c7;

template <typename Body>
void ForEachKernel(Body body) {
  for (const auto& kernel : kernels()) {
    if (!kernel.RunsOn(cpu::Detected())) continue;
    INFO("kernel ", kernel.name);
    body(kernel.function);
  }
}

}  // namespace

TEST(EveryLengthFromEveryKindOfState) {
  const std::vector<uint8_t> bytes = RandomBytes(1, kEveryLength);
  for (const uint32_t start : {0u, ~0u, 1u, 0x80000000u, kStart}) {
    const std::vector<uint32_t> expected = ReferencePrefixes(start, bytes);
    ForEachKernel([&](RawExtendFn extend) {
      for (size_t size = 0; size <= kEveryLength; ++size) {
        INFO("start ", start, " size ", size);
        CHECK_EQ(extend(start, bytes.data(), size), expected[size]);
      }
    });
  }
}

TEST(EveryAlignment) {
  const std::vector<uint8_t> bytes = RandomBytes(2, kEveryLength);
  const std::vector<uint32_t> expected = ReferencePrefixes(kStart, bytes);
  for (size_t offset = 0; offset < 64; ++offset) {
    alignas(64) uint8_t moved[64 + kEveryLength];
    std::memcpy(moved + offset, bytes.data(), kEveryLength);
    ForEachKernel([&](RawExtendFn extend) {
      for (size_t size = 0; size <= kEveryLength; ++size) {
        INFO("offset ", offset, " size ", size);
        CHECK_EQ(extend(kStart, moved + offset, size), expected[size]);
      }
    });
  }
}

TEST(LengthsAroundWholeBlocks) {
  const std::vector<uint8_t> bytes = RandomBytes(3, 3 * kBlock + 400);
  const std::vector<uint32_t> expected = ReferencePrefixes(kStart, bytes);
  ForEachKernel([&](RawExtendFn extend) {
    for (size_t blocks = 1; blocks <= 3; ++blocks) {
      for (size_t size = blocks * kBlock - 400; size <= blocks * kBlock + 400; ++size) {
        INFO("size ", size);
        CHECK_EQ(extend(kStart, bytes.data(), size), expected[size]);
      }
    }
    for (size_t size = 0; size <= kBlock; size += 192) {  // each number of steps
      INFO("size ", size);
      CHECK_EQ(extend(kStart, bytes.data(), size), expected[size]);
    }
  });
}

TEST(LargeBuffers) {
  const std::vector<uint8_t> bytes = RandomBytes(4, (4 << 20) + 123);
  const std::vector<uint32_t> expected = ReferencePrefixes(kStart, bytes);
  ringboard::testing::Random random(5);
  ForEachKernel([&](RawExtendFn extend) {
    CHECK_EQ(extend(kStart, bytes.data(), bytes.size()), expected.back());
    for (int i = 0; i < 20; ++i) {
      const size_t size = random.Below(bytes.size());
      INFO("size ", size);
      CHECK_EQ(extend(kStart, bytes.data(), size), expected[size]);
    }
  });
}

TEST(ASplitRunEqualsAWholeOne) {
  constexpr size_t kSize = 1100;
  const std::vector<uint8_t> bytes = RandomBytes(6, kSize);
  const uint32_t expected = ReferenceRawExtend(kStart, bytes.data(), kSize);
  ForEachKernel([&](RawExtendFn extend) {
    for (size_t split = 0; split <= kSize; ++split) {
      INFO("split ", split);
      const uint32_t head = extend(kStart, bytes.data(), split);
      CHECK_EQ(extend(head, bytes.data() + split, kSize - split), expected);
    }
  });
}

TEST(NothingIsReadOutsideTheBytes) {
  const std::vector<uint8_t> bytes = RandomBytes(7, kBlock + kEveryLength);
  const std::vector<uint32_t> expected = ReferencePrefixes(kStart, bytes);
  ringboard::testing::GuardedBytes guarded(bytes.size());
  const auto check = [&](size_t size) {
    std::memcpy(guarded.AtEnd(size), bytes.data(), size);
    ForEachKernel([&](RawExtendFn extend) {
      INFO("size ", size, " behind");
      CHECK_EQ(extend(kStart, guarded.AtEnd(size), size), expected[size]);
    });
    std::memcpy(guarded.AtStart(), bytes.data(), size);
    ForEachKernel([&](RawExtendFn extend) {
      INFO("size ", size, " in front");
      CHECK_EQ(extend(kStart, guarded.AtStart(), size), expected[size]);
    });
  };
  for (size_t size = 0; size <= kEveryLength; ++size) check(size);
  for (size_t size = kBlock - 10; size <= kBlock + kEveryLength; size += 37) check(size);
}

TEST(TheStateIsLinear) {
  const std::vector<uint8_t> a = RandomBytes(8, 2000), b = RandomBytes(9, 2000);
  std::vector<uint8_t> sum(a);
  for (size_t i = 0; i < sum.size(); ++i) sum[i] ^= b[i];
  ForEachKernel([&](RawExtendFn extend) {
    for (size_t size = 0; size <= sum.size(); size += 13) {
      INFO("size ", size);
      CHECK_EQ(extend(kStart ^ 5, sum.data(), size),
               extend(kStart, a.data(), size) ^ extend(5, b.data(), size));
    }
  });
}

TEST(ZeroBytesMoveTheState) {
  const std::vector<uint8_t> zeros(2 * kBlock);
  ForEachKernel([&](RawExtendFn extend) {
    for (size_t size = 0; size <= zeros.size(); size += 61) {
      INFO("size ", size);
      CHECK_EQ(extend(kStart, zeros.data(), size), MovePast(kStart, size));
    }
  });
}

}  // namespace ringboard::crc32c
