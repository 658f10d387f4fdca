// A scalar's record without reading back a byte of it.
//
// The portable encoder stores the payload and then runs CRC-32C over it.  Loading bytes that were
// just stored in other widths stalls on store forwarding, and the time grows with the tag.  Here
// the payload's checksum is computed from registers alone, in a time that does not depend on the
// tag:
//
//   payload = head (wall time, step) ‖ prefix (constant for the tag) ‖ float
//
// 1. Head.  Its bytes are put together in two words: q0 = 09 wall[0..6], and q1 = wall[7] 10
// varint(step),
//    of which `rest` bytes count.  Starting from the CRC register's ~0, s = crc32(~0, q0).  The
//    next `rest` bytes, though fewer than 8, still take one crc32 instruction: zero bytes in front
//    of a message leave a zero register alone, so shift the bytes to the top of the word; and a
//    register s in front of a message is the same as s XORed into its first four bytes:
//        y = crc32(0, (q1 ^ s) << (64 - 8·rest))          for rest >= 4
//    and for rest < 4 the part of s that no byte has met yet moves down instead: y ^= s >> 8·rest.
// 2. Prefix and float together are m bytes.  CRC is linear over GF(2): the register after them is
//    (y advanced over m zero bytes) ^ crc0(prefix ‖ 0000) ^ crc0(float).  Advancing over m zero
//    bytes is multiplication by x^(8m) modulo the polynomial.  A carry-less product of two
//    reflected 32-bit polynomials is their product times x; crc32(0, w) is w·x^32 modulo the
//    polynomial; so
//        advanced = crc32(0, clmul(y, K))   with K = x^(8m − 33)
//    K and crc0(prefix ‖ 0000) are the template's fold_multiplier_ and fold_constant_.
//
// Measured beside the portable encoder and the plain crc32-over-the-buffer way in native/README.md.
//
// The ISA files differ in how they spread a step into varint bytes.
#pragma once

#include "base/platform.h"
#include "wire/scalar.h"

#if RB_X86_SIMD

#include <immintrin.h>

namespace ringboard::wire {

// Steps whose key and varint fit the 7 bytes of q1 behind the last byte of the wall time.
inline constexpr uint64_t kShortStepEnd = uint64_t{1} << 42;
inline constexpr uint64_t kVarintContinuations = 0x808080808080;

struct ScalarFold {
  // How many bytes the key and varint of `step` (below kShortStepEnd) take.
  static RB_ALWAYS_INLINE unsigned StepBytes(uint64_t step) {
    return step == 0 ? 0 : 1 + static_cast<unsigned>(VarintSize(step));
  }
  // `step_word`: the key and varint of the step, `step_bytes` of them (none for step 0).
  RB_TARGET("sse4.2,pclmul")
  static RB_ALWAYS_INLINE uint8_t* Encode(const ScalarTemplate& scalar, uint8_t* to,
                                          double wall_time, uint64_t step_word, unsigned step_bytes,
                                          double value) {
    const uint64_t wall = std::bit_cast<uint64_t>(wall_time);
    const uint32_t float_bits = std::bit_cast<uint32_t>(static_cast<float>(value));
    const uint64_t q0 = wall << 8 | Key(event::kWallTime, kFixed64);
    const uint64_t q1 = wall >> 56 | step_word << 8;
    const unsigned rest = 1 + step_bytes;

    uint8_t* payload = to + kRecordHeaderBytes;
    StoreLittle64(payload, q0);
    StoreLittle64(payload + 8, q1);  // runs over into the prefix's place, which comes next
    uint8_t* at = payload + 8 + rest;
    const uint8_t* prefix = scalar.prefix();
    for (size_t copied = 0; copied < scalar.prefix_bytes_; copied += kPrefixStep) {
      const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(prefix + copied));
      const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(prefix + copied + 16));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + copied), low);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + copied + 16), high);
    }
    at += scalar.prefix_bytes_;
    StoreLittle32(at, float_bits);
    at += sizeof(float);

    const uint64_t s = _mm_crc32_u64(0xffffffffu, q0);
    uint64_t y = _mm_crc32_u64(0, (q1 ^ s) << (64 - 8 * rest));
    if (rest < 4) y ^= s >> (8 * rest);
    const __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<int64_t>(y)),
                             _mm_cvtsi32_si128(static_cast<int>(scalar.fold_multiplier_)), 0);
    const uint64_t advanced = _mm_crc32_u64(0, static_cast<uint64_t>(_mm_cvtsi128_si64(product)));
    const uint32_t raw =
        static_cast<uint32_t>(advanced) ^ scalar.fold_constant_ ^ _mm_crc32_u32(0, float_bits);
    StoreLittle32(at, crc32c::Mask(~raw));

    const size_t payload_bytes = static_cast<size_t>(at - payload);
    PutRecordHeader(to, payload_bytes, (*scalar.header_crcs_)[payload_bytes]);
    return at + kRecordFooterBytes;
  }
};

inline constexpr uint64_t kStepKey = Key(event::kStep, kVarint);

}  // namespace ringboard::wire

#endif  // RB_X86_SIMD
