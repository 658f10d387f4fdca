// CRC-32C (Castagnoli), the checksum of TFRecord files, at the speed of the machine it runs on.
//
// Thread contract: every function may be called from any thread, also while statics are
// initialised.
//
//   crc = crc32c::Value(data, size);               // 0xe3069283 for "123456789"
//   crc = crc32c::Extend(crc, more, more_size);    // as if both had been one run of bytes
//   StoreLittle32(out, crc32c::Mask(crc));         // what a TFRecord stores
//
// To combine CRCs that were computed apart, and for what the numbers mean: polynomial.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/features.h"

namespace ringboard::crc32c {

// The CRC of A‖data, where `crc` is that of A (0 when A is empty).  `data` needs no alignment and
// may be null when `size` is 0.
uint32_t Extend(uint32_t crc, const void* data, size_t size);

inline uint32_t Value(const void* data, size_t size) { return Extend(0, data, size); }

// Extend without the inversions before and after: the bare register, linear in state and data.
// Extend(crc, …) is ~RawExtend(~crc, …).
uint32_t RawExtend(uint32_t state, const void* data, size_t size);

// TFRecord stores CRCs masked, because the CRC of a string that holds CRCs is troublesome
// (tensorflow/core/lib/hash/crc32c.h).
constexpr uint32_t kMaskDelta = 0xa282ead8;
constexpr uint32_t Mask(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + kMaskDelta; }
constexpr uint32_t Unmask(uint32_t masked) {
  const uint32_t rotated = masked - kMaskDelta;
  return (rotated << 15) | (rotated >> 17);
}

// The implementations that this build has, best first, for tests and benches: each is a RawExtend.
// Check RunsOn(cpu::Detected()) before calling one.
using RawExtendFn = uint32_t (*)(uint32_t state, const void* data, size_t size);
std::span<const cpu::Kernel<RawExtendFn>> kernels();
const char* ActiveKernelName();

}  // namespace ringboard::crc32c
