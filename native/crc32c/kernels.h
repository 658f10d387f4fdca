// The implementations behind RawExtend; for crc32c.cc, which picks one.  Each has its own file.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/platform.h"

namespace ringboard::crc32c {

uint32_t RawExtendPortable(uint32_t state, const void* data, size_t size);

#if RB_X86_SIMD
uint32_t RawExtendAvx512(uint32_t state, const void* data, size_t size);
uint32_t RawExtendSse42(uint32_t state, const void* data, size_t size);
#endif

#if RB_ARM_SIMD
uint32_t RawExtendArm(uint32_t state, const void* data, size_t size);
#endif

}  // namespace ringboard::crc32c
