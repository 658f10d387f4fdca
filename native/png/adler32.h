// Adler-32 as the zlib format carries it (RFC 1950, section 9).
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/features.h"

namespace ringboard::png {

inline constexpr uint32_t kAdlerStart = 1;
inline constexpr uint32_t kAdlerModulus = 65521;
// The largest n for which 255 n (n + 1) / 2 + (n + 1) (modulus - 1) stays below 2^32: how many
// bytes may be summed before a reduction, from any reduced state.
inline constexpr size_t kAdlerRun = 5552;

// Carries on from `adler` (kAdlerStart for a fresh sum).
using Adler32Fn = uint32_t (*)(uint32_t adler, const uint8_t* bytes, size_t count);

std::span<const cpu::Kernel<Adler32Fn>> Adler32Kernels();

uint32_t Adler32Portable(uint32_t adler, const uint8_t* bytes, size_t count);
uint32_t Adler32Avx2(uint32_t adler, const uint8_t* bytes, size_t count);

}  // namespace ringboard::png
