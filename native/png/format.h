// The numbers of the PNG specification (third edition) and of RFC 1951 (DEFLATE) that the encoder
// needs.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace ringboard::png {

// PNG 9.2: what is subtracted from a byte.  a = left, b = above, c = above left, by whole pixels.
enum class Filter : uint8_t { kNone = 0, kSub = 1, kUp = 2, kAverage = 3, kPaeth = 4 };
inline constexpr size_t kFilterCount = 5;

inline constexpr uint32_t kMaxDimension = 0x7fffffff;   // PNG 11.2.2
inline constexpr uint32_t kMaxChunkBytes = 0x7fffffff;  // PNG 5.3
inline constexpr size_t kMaxPixelBytes = 8;             // four channels of 16 bits

inline constexpr size_t kWindowBytes = 32768;  // RFC 1951 section 2: how far back a match reaches
inline constexpr size_t kMaxStoredBytes = 65535;  // 3.2.4
inline constexpr size_t kStoredHeaderBytes = 5;   // after alignment: 3 bits + padding, LEN, NLEN
inline constexpr unsigned kMinMatch = 3;
inline constexpr unsigned kMaxMatch = 258;
inline constexpr unsigned kEndOfBlock = 256;
inline constexpr unsigned kLiteralSymbols = 286;  // literals, end of block, lengths
inline constexpr unsigned kDistanceSymbols = 30;
inline constexpr unsigned kPrecodeSymbols = 19;  // the code in which the code lengths are written
inline constexpr unsigned kMaxPrecodeBits = 7;
inline constexpr unsigned kMaxDistanceBits = 15;
// RFC 1951 allows 15.  Twelve let a code and its length share 16 bits, so that a table of all 256
// literals is eight vector registers and four literals always fit one 64-bit word; the loss is
// below 0.1 % on every class that benches/png_sizes.py measures.
inline constexpr unsigned kMaxLiteralBits = 12;

// A length or a distance is a symbol and some extra bits (RFC 1951, 3.2.5).
struct SplitValue {
  uint16_t symbol;
  uint8_t extra_count;
  uint16_t extra;
};

// Lengths 3…258.  From 11 on, each power of two of (length - 3) holds four symbols; setting the bit
// of the lowest such power makes one formula of both ranges, as a branch would often be guessed
// wrong.
constexpr SplitValue SplitLength(unsigned length) {
  if (length == kMaxMatch) return {285, 0, 0};
  const unsigned x = length - kMinMatch;
  const unsigned extra_count = static_cast<unsigned>(std::bit_width(x | 4)) - 3;
  return {static_cast<uint16_t>(257 + 4 * extra_count + (x >> extra_count)),
          static_cast<uint8_t>(extra_count), static_cast<uint16_t>(x & ((1u << extra_count) - 1))};
}

// Distances 1…32768.  From 5 on, each power of two of (distance - 1) holds two symbols.  Likewise.
constexpr SplitValue SplitDistance(unsigned distance) {
  const unsigned x = distance - 1;
  const unsigned extra_count = static_cast<unsigned>(std::bit_width(x | 2)) - 2;
  return {static_cast<uint16_t>(2 * extra_count + (x >> extra_count)),
          static_cast<uint8_t>(extra_count), static_cast<uint16_t>(x & ((1u << extra_count) - 1))};
}

// How many extra bits follow a length's or a distance's symbol (none behind literals).
constexpr uint8_t LengthExtraBits(unsigned symbol) {
  if (symbol < 265 || symbol == 285) return 0;
  return static_cast<uint8_t>((symbol - 261) / 4);
}
constexpr uint8_t DistanceExtraBits(unsigned symbol) {
  return static_cast<uint8_t>(symbol < 4 ? 0 : symbol / 2 - 1);
}

static_assert(SplitLength(3).symbol == 257 && SplitLength(10).symbol == 264);
static_assert(SplitLength(11).symbol == 265 && SplitLength(12).extra == 1);
static_assert(SplitLength(257).symbol == 284 && SplitLength(257).extra == 30);
static_assert(SplitLength(258).symbol == 285 && SplitLength(131).symbol == 281);
static_assert(SplitDistance(4).symbol == 3 && SplitDistance(5).symbol == 4);
static_assert(SplitDistance(7).symbol == 5 && SplitDistance(24577).symbol == 29);
static_assert(SplitDistance(32768).extra == 8191);

}  // namespace ringboard::png
