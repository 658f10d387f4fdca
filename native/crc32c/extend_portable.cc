// The specification: CRC-32C in plain C++, and the fall-back where no instruction helps.
//
// One byte takes eight steps "divide by P, one bit at a time", and the register's low byte alone
// decides what these steps will add; so the classic table has one entry for each of its 256 values:
//
//   s' = (s >> 8) ^ table[(s ^ byte) & 0xff]
//
// That is a chain of dependent loads, one a byte.  Slicing by 8 cuts the chain: what byte i of an
// 8-byte group adds at the group's END is known from the byte alone, kTables[7 - i][byte], i.e. the
// classic entry moved past the 7 - i bytes that follow it.  The eight loads are independent; the
// old state enters with the first four bytes.
#include <array>

#include "base/endian.h"
#include "crc32c/kernels.h"
#include "crc32c/polynomial.h"

namespace ringboard::crc32c {
namespace {

constexpr size_t kSlices = 8;
using Table = std::array<uint32_t, 256>;

constexpr std::array<Table, kSlices> kTables = [] {
  std::array<Table, kSlices> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t state = byte;
    for (int bit = 0; bit < 8; ++bit) state = TimesX(state);
    tables[0][byte] = state;
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8) ^ tables[0][before & 0xff];  // past one zero byte
    }
  }
  return tables;
}();

uint32_t StepByte(uint32_t state, uint8_t byte) {
  return (state >> 8) ^ kTables[0][(state ^ byte) & 0xff];
}

uint32_t StepGroup(uint32_t state, uint64_t group) {
  group ^= state;
  // Written out: -O2 leaves a loop a loop here, at two thirds of the speed.
  return kTables[7][group & 0xff] ^ kTables[6][(group >> 8) & 0xff] ^
         kTables[5][(group >> 16) & 0xff] ^ kTables[4][(group >> 24) & 0xff] ^
         kTables[3][(group >> 32) & 0xff] ^ kTables[2][(group >> 40) & 0xff] ^
         kTables[1][(group >> 48) & 0xff] ^ kTables[0][group >> 56];
}

}  // namespace

uint32_t RawExtendPortable(uint32_t state, const void* data, size_t size) {
  const auto* at = static_cast<const uint8_t*>(data);
  for (; size >= kSlices; at += kSlices, size -= kSlices) {
    state = StepGroup(state, LoadLittle64(at));
  }
  for (; size > 0; ++at, --size) state = StepByte(state, *at);
  return state;
}

}  // namespace ringboard::crc32c
