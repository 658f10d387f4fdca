// See crc32.h.  The portable path takes eight bytes a step: table k holds the effect of a byte that
// k more bytes follow, so the eight lookups of a step are independent of each other.
#include "png/crc32.h"

#include <array>

#include "base/endian.h"
#include "base/platform.h"

namespace ringboard::png {
namespace {

constexpr uint32_t kPolynomial = 0xedb88320;  // 0x04c11db7, reflected
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}
constexpr Tables kTables = MakeTables();

constexpr cpu::Kernel<Crc32Fn> kKernels[] = {
#if RB_X86_SIMD
    {"pclmul", cpu::kSse42 | cpu::kPclmul, Crc32Pclmul},
#endif
    {"portable", 0, Crc32Portable},
};

}  // namespace

uint32_t Crc32Portable(uint32_t crc, const uint8_t* bytes, size_t count) {
  crc = ~crc;
  for (; count >= 8; count -= 8, bytes += 8) {
    const uint64_t word = LoadLittle64(bytes) ^ crc;
    crc = 0;
    for (unsigned i = 0; i < 8; ++i) crc ^= kTables[7 - i][(word >> (8 * i)) & 0xff];
  }
  for (; count != 0; --count, ++bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ *bytes) & 0xff];
  return ~crc;
}

std::span<const cpu::Kernel<Crc32Fn>> Crc32Kernels() { return kKernels; }

}  // namespace ringboard::png
