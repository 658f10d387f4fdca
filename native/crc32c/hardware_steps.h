// A CRC state, moved on by the processor's own instructions: CRC32 (8 bytes a step) and carry-less
// multiplication.  The same few functions on x86-64 and on ARM, for two readers: this room's
// kernels, and the wire room, which checksums an event while its bytes are still in registers.
//
// How to use: put RB_CRC32C_HARDWARE before a function (else the compiler refuses to inline these
// into it), and call that function only when cpu::Active() has all of hardware::kRequired.  Where
// RB_CRC32C_HAS_HARDWARE is 0, none of this exists.
//
// States are raw (no inversions) and kept in 64 bits with the upper half zero, as crc32q returns
// them: narrowing in between would cost a move a step.
#pragma once

#include "base/platform.h"

#define RB_CRC32C_HAS_HARDWARE (RB_X86_SIMD || RB_ARM_SIMD)

#if RB_CRC32C_HAS_HARDWARE

#if RB_X86_SIMD
#include <immintrin.h>
#define RB_CRC32C_HARDWARE RB_TARGET("sse4.2,pclmul")
#else
#include <arm_acle.h>
#include <arm_neon.h>
#if defined(__clang__)
#define RB_CRC32C_HARDWARE RB_TARGET("crc,aes")
#else
#define RB_CRC32C_HARDWARE RB_TARGET("+crc+crypto")
#endif
#endif

#include <cstddef>
#include <cstdint>

#include "base/endian.h"
#include "cpu/features.h"

namespace ringboard::crc32c::hardware {

#if RB_X86_SIMD

constexpr uint32_t kRequired = cpu::kSse42 | cpu::kPclmul;

// Past the bytes of `word`: state·x^(its bits) + word·x^32, mod P.
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t Step8(uint64_t state, uint64_t word) {
  return _mm_crc32_u64(state, word);
}
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t Step4(uint64_t state, uint32_t word) {
  return _mm_crc32_u32(static_cast<uint32_t>(state), word);
}
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t Step2(uint64_t state, uint16_t word) {
  return _mm_crc32_u16(static_cast<uint32_t>(state), word);
}
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t Step1(uint64_t state, uint8_t byte) {
  return _mm_crc32_u8(static_cast<uint32_t>(state), byte);
}

// state·k as a 64-bit polynomial that is not reduced yet.  With k = MoveConstant(size), Step8(0,
// product) is the state moved past `size` bytes; several products can be added (xor) and share one
// such Step8.
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t MoveProduct(uint64_t state, uint32_t k) {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<int64_t>(state)),
                                               _mm_cvtsi32_si128(static_cast<int32_t>(k)), 0x00);
  return static_cast<uint64_t>(_mm_cvtsi128_si64(product));
}

#else  // the same for ARM

constexpr uint32_t kRequired = cpu::kArmCrc | cpu::kArmPmull;

RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t Step8(uint64_t state, uint64_t word) {
  return __crc32cd(static_cast<uint32_t>(state), word);
}
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t Step4(uint64_t state, uint32_t word) {
  return __crc32cw(static_cast<uint32_t>(state), word);
}
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t Step2(uint64_t state, uint16_t word) {
  return __crc32ch(static_cast<uint32_t>(state), word);
}
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t Step1(uint64_t state, uint8_t byte) {
  return __crc32cb(static_cast<uint32_t>(state), byte);
}
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t MoveProduct(uint64_t state, uint32_t k) {
  return vgetq_lane_u64(vreinterpretq_u64_p128(vmull_p64(state, k)), 0);
}

#endif

// Past the low `count` bytes of `word`, 1 <= count <= 7; the bytes above them must be zero.
// Pushed up to the end of the word they have zero bytes in front, which leave a zero state alone.
// The first `count` bytes of the state meet the message there.  What is left of the state when
// count < 4 meets nothing yet: it only moves down.
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t StepPartial(uint64_t state, uint64_t word,
                                                         size_t count) {
  return Step8(0, (word ^ state) << (64 - 8 * count)) ^ (state >> (8 * count));
}

// Past `size` bytes, a word at a time: the shortest way up to a few hundred bytes.
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t StepSerial(uint64_t state, const uint8_t* at,
                                                        size_t size) {
  if (size >= 8) {
    for (; size >= 8; at += 8, size -= 8) state = Step8(state, LoadLittle64(at));
    if (size == 0) return state;
    // The 1 to 7 bytes that are left end a word that may be read: 8 bytes were there before.
    return StepPartial(state, LoadLittle64(at + size - 8) >> (64 - 8 * size), size);
  }
  if ((size & 4) != 0) {
    state = Step4(state, LoadLittle32(at));
    at += 4;
  }
  if ((size & 2) != 0) {
    state = Step2(state, LoadLittle16(at));
    at += 2;
  }
  if ((size & 1) != 0) state = Step1(state, *at);
  return state;
}

}  // namespace ringboard::crc32c::hardware

#endif  // RB_CRC32C_HAS_HARDWARE
