// The slow CRC-32C that the fast ones are held against: polynomial division as the RFC words it,
// one bit at a time, highest power first.  Nothing is shared with native/crc32c, not even the
// reflected form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "test.h"

namespace ringboard::crc32c::testing {

constexpr uint32_t kReferencePolynomial = 0x1edc6f41;  // bit 31 is x^31; RFC 3720, 12.1

constexpr uint32_t Mirror(uint32_t word) {
  uint32_t mirrored = 0;
  for (int i = 0; i < 32; ++i) mirrored |= ((word >> i) & 1) << (31 - i);
  return mirrored;
}

// The remainder (bit 31 is x^31) after one more byte, whose low bit is the highest power.
constexpr uint32_t ReferenceStep(uint32_t remainder, uint8_t byte) {
  for (int bit = 0; bit < 8; ++bit) {
    const uint32_t out = (remainder >> 31) ^ ((byte >> bit) & 1u);
    remainder = (remainder << 1) ^ (out != 0 ? kReferencePolynomial : 0);
  }
  return remainder;
}

constexpr uint32_t ReferenceRawExtend(uint32_t state, const uint8_t* data, size_t size) {
  uint32_t remainder = Mirror(state);
  for (size_t i = 0; i < size; ++i) remainder = ReferenceStep(remainder, data[i]);
  return Mirror(remainder);
}

// The state after each of the data's prefixes; element n is that after n bytes.
inline std::vector<uint32_t> ReferencePrefixes(uint32_t state, const std::vector<uint8_t>& data) {
  std::vector<uint32_t> prefixes = {state};
  uint32_t remainder = Mirror(state);
  for (const uint8_t byte : data) {
    remainder = ReferenceStep(remainder, byte);
    prefixes.push_back(Mirror(remainder));
  }
  return prefixes;
}

inline std::vector<uint8_t> RandomBytes(uint64_t seed, size_t size) {
  ringboard::testing::Random random(seed);
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next() >> 56);
  return bytes;
}

}  // namespace ringboard::crc32c::testing
