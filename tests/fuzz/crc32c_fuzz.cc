// Every CRC-32C kernel gives what polynomial division gives, from any state, at any alignment, and
// however the bytes are split.
#include <algorithm>
#include <memory>

#include "crc32c/crc32c.h"
#include "crc32c/polynomial.h"
#include "crc32c/reference.h"
#include "fuzz.h"

namespace ringboard {

FUZZ_TARGET(Input& input) {
  constexpr size_t kMostBytes = 20'000, kMostSplits = 5;
  const auto state = input.Any<uint32_t>();
  const size_t offset = input.Below(64), size = input.Below(kMostBytes);
  std::vector<size_t> splits = {0, size};
  for (size_t i = input.Below(kMostSplits + 1); i != 0; --i)
    splits.push_back(input.Below(size + 1));
  std::sort(splits.begin(), splits.end());
  const std::vector<uint8_t> bytes = input.Stretch(size);

  const auto memory = std::make_unique<uint8_t[]>(offset + size);  // ends where the bytes end
  uint8_t* data = memory.get() + offset;
  std::copy(bytes.begin(), bytes.end(), data);

  const uint32_t wanted = crc32c::testing::ReferenceRawExtend(state, data, size);
  for (const auto& kernel : crc32c::kernels()) {
    if (!kernel.RunsOn(cpu::Detected())) continue;
    INFO(kernel.name, ", ", size, " bytes at ", offset);
    CHECK_EQ(kernel.function(state, data, size), wanted);
    uint32_t in_parts = state, combined = state;
    for (size_t i = 0; i + 1 < splits.size(); ++i) {
      const size_t part = splits[i + 1] - splits[i];
      in_parts = kernel.function(in_parts, data + splits[i], part);
      combined = crc32c::Combine(combined, kernel.function(0, data + splits[i], part), part);
    }
    CHECK_EQ(in_parts, wanted);
    CHECK_EQ(combined, wanted);
  }
  CHECK_EQ(crc32c::Extend(~state, data, size), ~wanted);
  CHECK_EQ(crc32c::Unmask(crc32c::Mask(wanted)), wanted);
}

}  // namespace ringboard
