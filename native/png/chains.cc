// The thorough match search of Effort::kSmall: all places that had the same three bytes, newest
// first, up to a limit, at every byte; a match waits for a better one at the next byte.
//
// A candidate is worth the literals it saves less what its length and distance cost, so that a far
// match of three bytes is not taken where literals are cheap.
#include <algorithm>
#include <bit>

#include "base/endian.h"
#include "png/block_code.h"
#include "png/filter.h"
#include "png/matches.h"

namespace ringboard::png {
namespace {

constexpr unsigned kMostCandidates = 48;
constexpr unsigned kGoodLength = 96;  // long enough to look no further
constexpr size_t kKeyBytes = sizeof(uint32_t);
constexpr int kMatchBits = 7;  // the length's code and the distance's, roughly

uint32_t Hash(const uint8_t* at, unsigned bits) {
  return ((LoadLittle32(at) & 0xffffff) * 0x9e3779b1u) >> (32 - bits);
}

unsigned CommonLength(const uint8_t* a, const uint8_t* b, unsigned limit) {
  for (unsigned n = 0; n < limit; n += 8) {
    const uint64_t differ = LoadLittle64(a + n) ^ LoadLittle64(b + n);
    if (differ != 0) {
      return std::min(limit, n + static_cast<unsigned>(std::countr_zero(differ)) / 8);
    }
  }
  return limit;
}

struct Match {
  int gain = 0;  // in bits
  unsigned length = 0, distance = 0;
};

}  // namespace

void Matcher::SearchChains(const uint8_t* window, size_t at, size_t end, unsigned literal_bits,
                           Found* found) {
  uint32_t* const heads = long_heads_;
  uint32_t* const previous = previous_;
  const int per_byte = static_cast<int>(std::max(literal_bits, 1u));

  const auto insert = [&](size_t i) {
    const uint32_t position = base_ + static_cast<uint32_t>(i);
    uint32_t& head = heads[Hash(window + i, bits_)];
    previous[position % kWindowBytes] = head;
    head = position;
  };
  const auto best_at = [&](size_t i) {
    Match best;
    const uint8_t* here = window + i;
    const uint32_t position = base_ + static_cast<uint32_t>(i);
    const uint32_t reach = static_cast<uint32_t>(std::min(i, kWindowBytes));
    const unsigned limit = static_cast<unsigned>(std::min<size_t>(kMaxMatch, end - i));
    const auto consider = [&](uint32_t distance) {
      const unsigned length = CommonLength(here, here - distance, limit);
      if (length < kMinMatch) return;
      const int cost = kMatchBits + std::max(0, static_cast<int>(std::bit_width(distance - 1)) - 2);
      const int gain = static_cast<int>(length) * per_byte - cost;
      if (gain > best.gain) best = {gain, length, distance};
    };
    if (pixel_bytes_ <= reach) consider(static_cast<uint32_t>(pixel_bytes_));
    if (scanline_bytes_ <= reach) consider(static_cast<uint32_t>(scanline_bytes_));
    uint32_t candidate = heads[Hash(here, bits_)], newer = 0;
    for (unsigned n = 0; n < kMostCandidates && best.length < kGoodLength; ++n) {
      const uint32_t distance = position - candidate;
      // Nowhere, out of reach, or an entry that has been written over: distances only grow.
      if (distance - 1 >= reach || distance <= newer) break;
      consider(distance);
      newer = distance;
      candidate = previous[candidate % kWindowBytes];
    }
    return best;
  };

  uint8_t* literal = found->literal;
  Sequence* sequence = found->sequence;
  uint32_t loose = found->loose;
  Match ready;  // of `at`, when it has been looked for already
  while (at + kKeyBytes <= end) {
    const Match match = ready.length != 0 ? ready : best_at(at);
    ready = {};
    insert(at);
    if (match.length != 0 && match.length < kGoodLength && at + 1 + kKeyBytes <= end) {
      ready = best_at(at + 1);
      if (ready.gain <= match.gain) ready = {};
    }
    if (match.length == 0 || ready.length != 0) {
      *literal++ = window[at++];
      ++loose;
      continue;
    }
    *sequence++ = {loose, 0, static_cast<uint16_t>(match.length),
                   static_cast<uint16_t>(match.distance - 1)};
    loose = 0;
    const size_t behind = at + match.length;
    for (size_t i = at + 1; i < behind && i + kKeyBytes <= end; ++i) insert(i);
    at = behind;
  }
  for (; at < end; ++at, ++loose) *literal++ = window[at];
  *found = {literal, sequence, loose};
}

}  // namespace ringboard::png
