// CRC-32 as PNG chunks carry it (PNG 5.5, ISO 3309): polynomial 0x04c11db7, bits reflected.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/features.h"

namespace ringboard::png {

// Carries on from `crc` (0 for a fresh sum), so Crc32(Crc32(0, a), b) is the sum of a followed by
// b.
using Crc32Fn = uint32_t (*)(uint32_t crc, const uint8_t* bytes, size_t count);

std::span<const cpu::Kernel<Crc32Fn>> Crc32Kernels();

uint32_t Crc32Portable(uint32_t crc, const uint8_t* bytes, size_t count);
uint32_t Crc32Pclmul(uint32_t crc, const uint8_t* bytes, size_t count);

}  // namespace ringboard::png
