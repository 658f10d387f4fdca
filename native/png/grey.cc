// Grey in RGB: every pixel is three equal bytes, of which a literal each would cost three times too
// much.  Residuals of grey pixels are grey too, and few: so nearly every pixel has stood before,
// and a match of three bytes says so.  What is looked for, at every pixel:
//
//   - the last pixel of this value, and the last two that were these two values: short matches;
//   - eight equal bytes there, or in the scanline above: a match as long as it goes.
//
// Which of the short ones it will be cannot be guessed, so nothing branches on it: a segment of a
// scanline is looked up first, until a long match begins, and then parsed without a branch.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/endian.h"
#include "base/platform.h"
#include "png/filter.h"
#include "png/matches.h"

namespace ringboard::png {
namespace {

constexpr size_t kPixel = 3;
constexpr size_t kSegment = 256;  // pixels
// What is loaded at a position: two pixels are compared, or all of it.  As in matches.cc, positions
// with fewer bytes before the end are neither looked at nor kept.
constexpr size_t kKeyBytes = sizeof(uint64_t);
constexpr uint64_t kOnePixel = 0xffffff, kTwoPixels = 0xffffffffffff;
static_assert(kSegment * kPixel + kKeyBytes < kWindowBytes);

// Distances, 0 = none.
struct Seen {
  uint16_t one, two;
};

RB_ALWAYS_INLINE uint32_t HashTwo(uint64_t bytes, unsigned bits) {
  return static_cast<uint32_t>(((bytes & kTwoPixels) * 0x9e3779b97f4a7c15u) >> (64 - bits));
}

// `distance`, or 0 when it is out of reach.  (A branch would be guessed wrong while the tables
// fill.)
RB_ALWAYS_INLINE uint32_t Within(uint32_t distance, uint32_t reach) {
  return distance & (0u - static_cast<uint32_t>(distance - 1 < reach));
}

RB_ALWAYS_INLINE uint32_t IfSame(uint64_t differing_bits, uint32_t distance) {
  return distance & (0u - static_cast<uint32_t>(differing_bits == 0));
}

// Sixteen bytes a step: most matches end in the first.
unsigned CommonLength(const uint8_t* a, const uint8_t* b, unsigned limit) {
  for (unsigned n = 0; n < limit; n += 16) {
    const uint64_t low = LoadLittle64(a + n) ^ LoadLittle64(b + n);
    const uint64_t high = LoadLittle64(a + n + 8) ^ LoadLittle64(b + n + 8);
    if ((low | high) != 0) {
      const int same_bits = low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(high);
      return std::min(limit, n + static_cast<unsigned>(same_bits) / 8);
    }
  }
  return limit;
}

}  // namespace

void Matcher::SearchGrey(const uint8_t* window, size_t at, size_t end, Found* found) {
  uint32_t* const ones = short_heads_;  // by the pixel's value
  uint32_t* const twos = long_heads_;
  const unsigned bits = bits_;
  const uint32_t base = base_;
  const size_t scanline = scanline_bytes_;

  uint8_t* literal = found->literal;
  Sequence* sequence = found->sequence;
  uint32_t loose = found->loose;
  const auto add_match = [&](unsigned length, unsigned distance) {
    *sequence++ = {loose, 0, static_cast<uint16_t>(length), static_cast<uint16_t>(distance - 1)};
    loose = 0;
  };
  size_t next_row = at;
  while (at + kKeyBytes <= end) {
    if (at == next_row) {  // the filter's byte
      next_row += scanline;
      *literal++ = window[at++];
      ++loose;
    }
    const size_t reach_above = std::min(at, kWindowBytes);
    const auto above = static_cast<uint32_t>(scanline <= reach_above ? scanline : 0);
    const uint8_t* const segment = window + at;
    const size_t stop = std::min({next_row, end - kKeyBytes + 1, at + kPixel * kSegment});
    Seen seen[kSegment];
    size_t count = 0;
    uint32_t repeat = 0;  // the distance of the long match that ends the segment
    for (; at < stop; at += kPixel) {
      const uint8_t* here = window + at;
      const uint64_t bytes = LoadLittle64(here);
      const uint32_t position = base + static_cast<uint32_t>(at);
      const uint32_t reach = static_cast<uint32_t>(std::min(at, kWindowBytes));
      uint32_t& last_two = twos[HashTwo(bytes, bits)];
      uint32_t& last_one = ones[bytes & 0xff];
      const uint32_t one = Within(position - last_one, reach);
      const uint32_t two = Within(position - last_two, reach);
      last_one = last_two = position;
      const uint64_t one_differs = LoadLittle64(here - one) ^ bytes;
      const uint64_t two_differs = LoadLittle64(here - two) ^ bytes;
      if (two_differs == 0 && two != 0) {
        repeat = two;
        break;
      }
      if (LoadLittle64(here - above) == bytes && above != 0) {
        repeat = above;
        break;
      }
      seen[count++] = {static_cast<uint16_t>(IfSame(one_differs & kOnePixel, one)),
                       static_cast<uint16_t>(IfSame(two_differs & kTwoPixels, two))};
    }

    if (count != 0) seen[count - 1].two = 0;  // it would reach out of the segment
    for (size_t i = 0; i < count;) {
      const unsigned is_two = seen[i].two != 0;
      const unsigned distance = seen[i].two | (seen[i].one & (is_two - 1));
      if (distance == 0) {
        std::memcpy(literal, segment + kPixel * i, kPixel);
        literal += kPixel;
        loose += kPixel;
        ++i;
        continue;
      }
      add_match(kPixel << is_two, distance);
      i += 1 + is_two;
    }

    if (repeat == 0) continue;
    const auto limit = static_cast<unsigned>(std::min<size_t>(kMaxMatch, end - at));
    unsigned length = CommonLength(window + at, window + at - repeat, limit);
    if (above != 0 && length < limit) {
      const unsigned other = CommonLength(window + at, window + at - above, limit);
      if (other > length) {
        length = other;
        repeat = above;
      }
    }
    // Cut to end between pixels, here or in a later scanline.
    const size_t left = next_row - at;
    if (length <= left) {
      length -= static_cast<unsigned>(length % kPixel);
    } else if (at + length != end) {
      const size_t past = (length - left) % scanline;
      if (past != 0) length -= static_cast<unsigned>((past - 1) % kPixel);
    }
    add_match(length, repeat);
    at += length;
    while (next_row < at) next_row += scanline;
    // The match's last two pixels become candidates.
    if (at + kKeyBytes <= end) {
      for (const size_t inner : {at - 2 * kPixel, at - kPixel}) {
        const uint64_t bytes = LoadLittle64(window + inner);
        const uint32_t position = base + static_cast<uint32_t>(inner);
        ones[bytes & 0xff] = twos[HashTwo(bytes, bits)] = position;
      }
    }
  }
  std::memcpy(literal, window + at, end - at);
  *found = {literal + (end - at), sequence, loose + static_cast<uint32_t>(end - at)};
}

}  // namespace ringboard::png
