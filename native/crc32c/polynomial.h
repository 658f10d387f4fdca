// The arithmetic behind CRC-32C (Castagnoli; RFC 3720 B.4): polynomials over GF(2) modulo
//
//   P = x^32 + x^28 + x^27 + x^26 + x^25 + x^23 + x^22 + x^20 + x^19 + x^18 + x^14 + x^13 + x^11
//     + x^10 + x^9 + x^8 + x^6 + 1
//
// Thread contract: pure functions, most of them constexpr.  Nothing here depends on an ISA.
//
// Reflected form.  CRC-32C sends the low bit of a byte first, so every polynomial is kept mirrored:
// of a 32-bit word, bit 31 is the coefficient of x^0 and bit 0 that of x^31 (of a 64-bit word, bit
// 63 is x^0).  Shifting RIGHT by one is multiplying by x.  A little-endian load then needs no byte
// swap: the byte that comes first in memory holds the highest powers.
//
// What a CRC is.  Let M be the message as a polynomial and s the 32-bit register before it.  The
// register afterwards, without the two customary inversions, is
//
//   RawExtend(s, M) = s·x^(8·size) + M·x^32   mod P
//
// It is linear in s and in M, and that is all that the fast kernels use: they take the message
// apart, work on the parts at once, move each result past the bytes that follow it (a
// multiplication by a power of x that depends only on how many they are) and add (xor).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringboard::crc32c {

constexpr uint32_t kPolynomial = 0x82f63b78;  // P without its x^32, reflected
constexpr uint32_t kOne = 0x80000000;         // x^0

// x^kOrder = 1 mod P, and no smaller power is: P is x + 1 times a primitive polynomial of
// degree 31.
constexpr int64_t kOrder = 0x7fffffff;

// a·x mod P.  A mask, not a condition: the bits are as good as random, and a branch on them would
// miss every other time.
constexpr uint32_t TimesX(uint32_t a) { return (a >> 1) ^ (kPolynomial & (0 - (a & 1))); }

// a·b mod P.  Tens of nanoseconds at run time: for constants and set-up, not for a hot path.
constexpr uint32_t Multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (; a != 0; a <<= 1) {
    product ^= b & (0 - (a >> 31));
    b = TimesX(b);
  }
  return product;
}

// kSquares[i] = x^(2^i) mod P.
constexpr std::array<uint32_t, 31> kSquares = [] {
  std::array<uint32_t, 31> squares{};
  squares[0] = TimesX(kOne);
  for (size_t i = 1; i < squares.size(); ++i) {
    squares[i] = Multiply(squares[i - 1], squares[i - 1]);
  }
  return squares;
}();

// x^n mod P.  A negative n is a power of the inverse of x, which exists because P has the term 1.
constexpr uint32_t XPow(int64_t n) {
  n %= kOrder;
  if (n < 0) n += kOrder;
  uint32_t power = kOne;
  for (size_t i = 0; n != 0; ++i, n >>= 1) {
    if ((n & 1) != 0) power = Multiply(power, kSquares[i]);
  }
  return power;
}

// What a state becomes when `size` zero bytes follow: state·x^(8·size).
constexpr uint32_t MovePast(uint32_t state, size_t size) {
  return Multiply(state, XPow(8 * static_cast<int64_t>(size % kOrder)));
}

// The CRC of A‖B from those of A and of B.  The same formula serves two readings:
//   finalised CRCs (Value): the inversions of both parts cancel, see the derivation below;
//   raw states: b is then RawExtend(0, B), and a the state after A from any start.
// With F = 2^32 - 1 (so that ~s = s + F) and n = 8·size_b:
//   ~crc(A‖B) = ~crc(A)·x^n + RawExtend(0, B)
//   ~crc(B)   =       F·x^n + RawExtend(0, B)
// whose sum is  crc(A‖B) + crc(B) = (~crc(A) + F)·x^n = crc(A)·x^n.
constexpr uint32_t Combine(uint32_t a, uint32_t b, size_t size_b) {
  return MovePast(a, size_b) ^ b;
}

// The constant k for which one carry-less multiplication and one 8-byte CRC step move a state past
// `size` bytes:  Step8(0, clmul(s, k)) = s·x^(8·size) mod P.
// Why -33: Step8(0, v) is v·x^32; and clmul of two reflected 32-bit words gives 63 bits of which
// bit 62 is x^0, whereas a 64-bit word has x^0 in bit 63: reading the product as such a word adds
// one more x.
constexpr uint32_t MoveConstant(size_t size) {
  return XPow(8 * static_cast<int64_t>(size % kOrder) - 33);
}

// MoveConstant(m·kUnitBytes) for every m from 0 to kMax.
template <size_t kUnitBytes, size_t kMax>
constexpr std::array<uint32_t, kMax + 1> MoveConstants() {
  std::array<uint32_t, kMax + 1> constants{};
  constexpr uint32_t kUnit = XPow(8 * kUnitBytes);
  constants[0] = MoveConstant(0);
  for (size_t m = 1; m <= kMax; ++m) constants[m] = Multiply(constants[m - 1], kUnit);
  return constants;
}

}  // namespace ringboard::crc32c
