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
//    of which `rest` bytes count, 7 at most.  Starting from the CRC register's ~0, s = crc32(~0,
//    q0).  The next `rest` bytes, though fewer than 8, still take one crc32 instruction: zero bytes
//    in front of a message leave a zero register alone, so shift the bytes to the top of the word;
//    and a register s in front of a message is the same as s XORed into its first four bytes.  What
//    of s no byte has met then moves down instead (nothing, from 4 bytes on):
//        y = crc32(0, (q1 ^ s) << (64 - 8·rest)) ^ s >> 8·rest
// 2. Prefix and float together are m bytes.  CRC is linear over GF(2): the register after them is
//    (y advanced over m zero bytes) ^ crc0(prefix ‖ 0000) ^ crc0(float).  Advancing over m zero
//    bytes is multiplication by x^(8m) modulo the polynomial.  A carry-less product of two
//    reflected 32-bit polynomials is their product times x; crc32(0, w) is w·x^32 modulo the
//    polynomial; so
//        advanced = crc32(0, clmul(y, K))   with K = x^(8m − 33)
//    K and crc0(prefix ‖ 0000) are the template's fold_multiplier_ and fold_constant_.
//
// 3. With so few bytes that differ, the record's length takes one of eight values a tag: the
// template has the header's checksum for each.
//
// Measured beside the portable encoder and the plain crc32-over-the-buffer way in native/README.md.
//
// The ISA files differ in how they spread a step into groups of 7 bits.
#pragma once

#include "base/platform.h"
#include "wire/scalar.h"

#if RB_X86_SIMD

#include <immintrin.h>

namespace ringboard::wire {

// Steps whose key and varint, with the wall time's last byte, fit 7 bytes.
inline constexpr uint64_t kShortStepEnd = uint64_t{1} << 35;
inline constexpr uint64_t kVarintGroups = 0x7f7f7f7f7f, kVarintContinuations = 0x8080808080;

struct ScalarFold {
  // `groups`: the step's groups of 7 bits, a byte each.
  //
  // Where the record's bytes go depends on the step's length.  Branches on it are foreseen nearly
  // always, as steps grow slowly; computing the length instead delays all stores, for a quarter of
  // the whole time.
  RB_TARGET("sse4.2,pclmul")
  static RB_ALWAYS_INLINE uint8_t* Encode(const ScalarTemplate& scalar, uint8_t* to,
                                          double wall_time, uint64_t step, uint64_t groups,
                                          double value) {
    if (step < uint64_t{1} << 14) {
      if (step >= uint64_t{1} << 7) return EncodeOf<2>(scalar, to, wall_time, groups, value);
      if (step != 0) return EncodeOf<1>(scalar, to, wall_time, groups, value);
      return EncodeOf<0>(scalar, to, wall_time, groups, value);
    }
    if (step < uint64_t{1} << 21) return EncodeOf<3>(scalar, to, wall_time, groups, value);
    if (step < uint64_t{1} << 28) return EncodeOf<4>(scalar, to, wall_time, groups, value);
    return EncodeOf<5>(scalar, to, wall_time, groups, value);
  }

  // Of a step of 1 to 5 bytes; 0: a step of 0, which is not stored.
  template <unsigned kStepBytes>
  RB_TARGET("sse4.2,pclmul")
  static RB_ALWAYS_INLINE uint8_t* EncodeOf(const ScalarTemplate& scalar, uint8_t* to,
                                            double wall_time, uint64_t groups, double value) {
    constexpr unsigned kRest = 1 + (kStepBytes == 0 ? 0 : 1 + kStepBytes);
    constexpr uint64_t kContinuations =
        kStepBytes < 2 ? 0 : kVarintContinuations >> (8 * (6 - kStepBytes));
    uint64_t step_word = 0;
    if constexpr (kStepBytes != 0) {
      step_word = (groups | kContinuations) << 16 | Key(event::kStep, kVarint) << 8;
    }
    const uint64_t wall = std::bit_cast<uint64_t>(wall_time);
    const uint32_t float_bits = std::bit_cast<uint32_t>(static_cast<float>(value));
    const uint64_t q0 = wall << 8 | Key(event::kWallTime, kFixed64);
    const uint64_t q1 = wall >> 56 | step_word;

    PutRecordHeader(to, scalar.fold_bytes_ + kRest, scalar.fold_header_crcs_[kRest]);
    uint8_t* payload = to + kRecordHeaderBytes;
    StoreLittle64(payload, q0);
    StoreLittle64(payload + 8, q1);  // runs over into the prefix's place, which comes next
    uint8_t* at = payload + 8 + kRest;
    const uint8_t* prefix = scalar.prefix();
    const size_t prefix_bytes = scalar.prefix_bytes_;
    size_t copied = 0;
    do {
      const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(prefix + copied));
      const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(prefix + copied + 16));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + copied), low);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + copied + 16), high);
      copied += kPrefixStep;
    } while (copied < prefix_bytes);
    at += prefix_bytes;
    StoreLittle32(at, float_bits);

    const uint64_t s = _mm_crc32_u64(0xffffffffu, q0);
    const uint64_t y = _mm_crc32_u64(0, (q1 ^ s) << (64 - 8 * kRest)) ^ s >> (8 * kRest);
    const __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<int64_t>(y)),
                             _mm_cvtsi32_si128(static_cast<int>(scalar.fold_multiplier_)), 0);
    const uint64_t advanced = _mm_crc32_u64(0, static_cast<uint64_t>(_mm_cvtsi128_si64(product)));
    const uint32_t raw =
        static_cast<uint32_t>(advanced) ^ scalar.fold_constant_ ^ _mm_crc32_u32(0, float_bits);
    StoreLittle32(at + sizeof(float), crc32c::Mask(~raw));
    return at + sizeof(float) + kRecordFooterBytes;
  }
};

}  // namespace ringboard::wire

#endif  // RB_X86_SIMD
