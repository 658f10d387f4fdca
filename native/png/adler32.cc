// See adler32.h.
#include "png/adler32.h"

#include <algorithm>

#include "base/platform.h"

namespace ringboard::png {
namespace {

constexpr cpu::Kernel<Adler32Fn> kKernels[] = {
#if RB_X86_SIMD
    {"avx2", cpu::kAvx2, Adler32Avx2},
#endif
    {"portable", 0, Adler32Portable},
};

}  // namespace

uint32_t Adler32Portable(uint32_t adler, const uint8_t* bytes, size_t count) {
  uint32_t low = adler & 0xffff, high = adler >> 16;
  while (count != 0) {
    const size_t run = std::min(count, kAdlerRun);
    for (size_t i = 0; i < run; ++i) {
      low += bytes[i];
      high += low;
    }
    low %= kAdlerModulus;
    high %= kAdlerModulus;
    bytes += run;
    count -= run;
  }
  return high << 16 | low;
}

std::span<const cpu::Kernel<Adler32Fn>> Adler32Kernels() { return kKernels; }

}  // namespace ringboard::png
