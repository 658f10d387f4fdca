// See matches.h.
#include "png/matches.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "base/endian.h"
#include "base/platform.h"
#include "png/filter.h"

namespace ringboard::png {
namespace {

constexpr unsigned kMinHashBits = 8, kMaxHashBits = 13, kMaxChainHashBits = 15;
constexpr unsigned kNiceLength = 16;  // good enough not to ask the tables
// Of a match longer than kNiceLength only so many positions at its end become candidates.
constexpr unsigned TailPositions(unsigned step) { return step == 1 ? 8 : step <= 4 ? 4 : 2; }
static_assert(4 * TailPositions(4) <= kNiceLength && 8 * TailPositions(8) <= kNiceLength);
// What is loaded at a position.  The last positions, with fewer bytes before the end, are neither
// looked at nor kept: what stands behind the end is arbitrary, and the file must not depend on it.
constexpr size_t kKeyBytes = sizeof(uint64_t);
constexpr unsigned kMatchOverheadBits = 6;  // of a match besides its distance's extra bits, roughly

RB_ALWAYS_INLINE uint32_t Hash(uint64_t key, unsigned bits) {
  return static_cast<uint32_t>((key * 0x9e3779b97f4a7c15u) >> (64 - bits));
}

RB_ALWAYS_INLINE unsigned CommonLength(const uint8_t* a, const uint8_t* b, unsigned limit) {
  for (unsigned n = 0; n < limit; n += 8) {
    const uint64_t differ = LoadLittle64(a + n) ^ LoadLittle64(b + n);
    if (differ != 0)
      return std::min(limit, n + static_cast<unsigned>(std::countr_zero(differ)) / 8);
  }
  return limit;
}

// Neighbours often have the same length, so each of a pair counts in a table of its own (see
// FourCounts in literals.cc).
void CountSequences(std::span<Sequence> sequences, SymbolCounts* counts) {
  constexpr size_t kFewSequences = 256;  // the tables would cost more than they save
  if (sequences.size() < kFewSequences) {
    for (Sequence& sequence : sequences) {
      sequence.distance_symbol = SplitDistance(sequence.distance_minus_1 + 1u).symbol;
      ++counts->literal[SplitLength(sequence.length).symbol];
      ++counts->distance[sequence.distance_symbol];
    }
    return;
  }
  uint32_t lengths[2][kMaxMatch + 1] = {}, distances[2][kDistanceSymbols] = {};
  for (size_t i = 0; i < sequences.size(); ++i) {
    const unsigned symbol = SplitDistance(sequences[i].distance_minus_1 + 1u).symbol;
    sequences[i].distance_symbol = symbol;
    ++lengths[i & 1][sequences[i].length];
    ++distances[i & 1][symbol];
  }
  for (unsigned n = kMinMatch; n <= kMaxMatch; ++n) {
    counts->literal[SplitLength(n).symbol] += lengths[0][n] + lengths[1][n];
  }
  for (unsigned i = 0; i < kDistanceSymbols; ++i) {
    counts->distance[i] += distances[0][i] + distances[1][i];
  }
}

constexpr uint64_t FirstBytes(unsigned count) { return ~uint64_t{0} >> (64 - 8 * count); }

constexpr unsigned KeyBytes(unsigned step, bool is_long) {
  if (!is_long) return step == 3 ? 3 : 4;
  return step == 4 || step == 8 ? 8 : 6;
}

// How far away a match for the short key still costs less than literals do.
uint32_t ShortReach(unsigned key_bytes, unsigned literal_bits) {
  const unsigned worth = key_bytes * literal_bits;
  if (worth <= kMatchOverheadBits) return 0;
  return uint32_t{1} << std::min(worth - kMatchOverheadBits, 15u);
}

}  // namespace

// Greedy.  (Looking one position ahead for a longer match, as zlib does, was measured: 1–10 %
// larger on all classes but one, because the longer match is often the farther one, and 1.3 times
// slower.) Everything the loop needs is in locals: stores of literals may alias any member.
template <unsigned kStep>
void Matcher::SearchSteps(const uint8_t* window, size_t at, size_t end, bool starts_row,
                          const Content& content, Found* found) {
  constexpr unsigned kShortBytes = KeyBytes(kStep, false), kLongBytes = KeyBytes(kStep, true);
  constexpr uint64_t kShortMask = FirstBytes(kShortBytes), kLongMask = FirstBytes(kLongBytes);
  uint32_t* const short_heads = short_heads_;
  uint32_t* const long_heads = long_heads_;
  const unsigned bits = bits_;
  const uint32_t base = base_;
  const size_t scanline = scanline_bytes_;
  const uint32_t pixel_distance = static_cast<uint32_t>(pixel_bytes_);
  const uint32_t above_distance = static_cast<uint32_t>(std::min(scanline, kWindowBytes + 1));
  const uint32_t short_reach = ShortReach(kShortBytes, content.literal_bits);
  uint32_t* const edges = content.sparse ? edges_ : nullptr;
  const uint32_t longest_period = std::min<uint32_t>(above_distance, kMaxMatch) - 1;

  uint8_t* literal = found->literal;
  Sequence* sequence = found->sequence;
  uint32_t loose = found->loose;
  uint32_t period = 0;  // the last match's distance, when it may go on: it was as long as can be
  // The index of the current scanline's filter byte; in a piece of a scanline it is taken to stand
  // right before the piece.
  size_t row = starts_row ? at : at - 1;
  while (at + kKeyBytes <= end) {
    if constexpr (kStep != 1) {
      while (at >= row + scanline) row += scanline;
    }
    const uint8_t* here = window + at;
    const uint64_t bytes = LoadLittle64(here);
    const uint32_t position = base + static_cast<uint32_t>(at);
    uint32_t& long_head = long_heads[Hash(bytes & kLongMask, bits)];
    uint32_t& short_head = short_heads[Hash(bytes & kShortMask, bits)];

    // Distance 0 stands for "out of reach".  The four comparisons have no branch of their own, so a
    // literal costs one branch.  (Ranking the candidates without any branch was measured: no
    // faster, as the time goes into finding out late that the guess "match" or "literal" was wrong,
    // and 1–4 % larger.)
    const uint32_t reach = static_cast<uint32_t>(std::min(at, kWindowBytes));
    auto within = [](uint32_t distance, uint32_t limit) {
      return distance - 1 < limit ? distance : 0;
    };
    auto same = [&](uint32_t distance, uint64_t mask) {
      return (distance != 0) & (((LoadLittle64(here - distance) ^ bytes) & mask) == 0);
    };
    const uint32_t d_pixel = within(pixel_distance, reach), d_above = within(above_distance, reach);
    const uint32_t d_long = within(position - long_head, reach);
    const uint32_t d_short = within(position - short_head, std::min(reach, short_reach));
    long_head = short_head = position;
    const bool pixel = same(d_pixel, kShortMask), above = same(d_above, kShortMask);
    const bool far = same(d_long, kLongMask), near = same(d_short, kShortMask);

    unsigned length = 0, distance = 0;
    if (pixel | above | far | near) {
      const unsigned limit = static_cast<unsigned>(std::min<size_t>(kMaxMatch, end - at));
      auto consider = [&](uint32_t candidate) {
        const unsigned common = CommonLength(here, here - candidate, limit);
        if (common > length) {
          length = common;
          distance = candidate;
        }
      };
      if (pixel) consider(d_pixel);
      if (above) consider(d_above);
      if (far && length < kNiceLength) consider(d_long);
      if (near && length < kLongBytes) consider(d_short);
      if (edges != nullptr && at >= kStep && length < limit) {
        if (period != 0) consider(period);
        uint32_t* places =
            edges + kEdgePlaces * Hash(LoadLittle64(here - kStep) & kLongMask, kEdgeBits);
        for (unsigned i = 0; i < kEdgePlaces && length < limit; ++i) {
          const uint32_t candidate = within(position - places[i], reach);
          if (candidate == 0) break;
          consider(candidate);
        }
        std::memmove(places + 1, places, (kEdgePlaces - 1) * sizeof(*places));
        places[0] = position;
      }
      if constexpr (kStep != 1) length = CutToStep<kStep>(at, length, row, end);
    }
    if (length < kShortBytes) {
      const size_t count = kStep == 1 || at == row ? 1 : kStep;
      static_assert(kStep <= kKeyBytes);
      StoreLittle64(literal, bytes);  // more than count; the next literals overwrite it
      literal += count;
      loose += static_cast<uint32_t>(count);
      at += count;
      continue;
    }
    *sequence++ = {loose, 0, static_cast<uint16_t>(length), static_cast<uint16_t>(distance - 1)};
    loose = 0;
    period = length > kMaxMatch - kStep && distance <= longest_period ? distance : 0;
    const size_t behind = at + length;
    // Counted from the end, as that stands between pixels, perhaps of another scanline.
    size_t i = length > kNiceLength ? behind - TailPositions(kStep) * kStep : at + kStep;
    for (; i < behind && i + kKeyBytes <= end; i += kStep) {
      const uint64_t inner = LoadLittle64(window + i);
      short_heads[Hash(inner & kShortMask, bits)] = base + static_cast<uint32_t>(i);
      long_heads[Hash(inner & kLongMask, bits)] = base + static_cast<uint32_t>(i);
    }
    at = behind;
  }
  std::memcpy(literal, window + at, end - at);
  *found = {literal + (end - at), sequence, loose + static_cast<uint32_t>(end - at)};
}

// `length`, of a match at `at`, cut to end where a position is.
template <unsigned kStep>
unsigned Matcher::CutToStep(size_t at, unsigned length, size_t row, size_t end) const {
  const size_t behind = at + length;
  while (behind >= row + scanline_bytes_) row += scanline_bytes_;
  if (behind == row || behind == end) return length;
  const unsigned past = static_cast<unsigned>((behind - row - 1) % kStep);
  return length > past ? length - past : 0;
}

void MatchedBlock::Clear() {
  literals.Clear();
  sequences.Clear();
  loose_literals = 0;
  std::memset(&counts, 0, sizeof(counts));
}

bool Matcher::Start(size_t stream_bytes, size_t pixel_bytes, size_t scanline_bytes, Effort effort) {
  const bool thorough = effort == Effort::kSmall;
  bits_ = std::clamp(static_cast<unsigned>(std::bit_width(stream_bytes)), kMinHashBits,
                     thorough ? kMaxChainHashBits : kMaxHashBits);
  pixel_bytes_ = pixel_bytes;
  scanline_bytes_ = scanline_bytes;
  base_ = kFirstBase;
  tables_.Clear();
  const size_t entries = (size_t{2} << bits_) + (thorough ? kWindowBytes : 0);
  const size_t bytes = entries * sizeof(uint32_t);
  uint8_t* memory = tables_.Reserve(bytes + kEdgeTableBytes);
  if (memory == nullptr) return false;
  std::memset(memory, 0, bytes);
  edges_ = reinterpret_cast<uint32_t*>(memory + bytes);
  edges_cleared_ = false;
  short_heads_ = reinterpret_cast<uint32_t*>(memory);
  long_heads_ = short_heads_ + (size_t{1} << bits_);
  previous_ = thorough ? long_heads_ + (size_t{1} << bits_) : nullptr;
  return true;
}

bool Matcher::Search(const uint8_t* window, size_t begin, size_t end, bool starts_row,
                     const Content& content, MatchedBlock* block) {
  const size_t count = end - begin;
  uint8_t* literals = block->literals.Reserve(count + kKeyBytes);
  uint8_t* sequences = block->sequences.Reserve((count / kMinMatch + 1) * sizeof(Sequence));
  if (literals == nullptr || sequences == nullptr) return false;
  auto* first = reinterpret_cast<Sequence*>(sequences);
  Found found = {literals, first, block->loose_literals};
  if (content.sparse && !edges_cleared_) {
    std::memset(edges_, 0, kEdgeTableBytes);
    edges_cleared_ = true;
  }
  switch (previous_ != nullptr ? 0 : pixel_bytes_) {
    case 0:
      SearchChains(window, begin, end, content.literal_bits, &found);
      break;
    case 3:
      if (content.grey) {
        SearchGrey(window, begin, end, &found);
        break;
      }
      SearchSteps<3>(window, begin, end, starts_row, content, &found);
      break;
    case 4:
      SearchSteps<4>(window, begin, end, starts_row, content, &found);
      break;
    case 6:
      SearchSteps<6>(window, begin, end, starts_row, content, &found);
      break;
    case 8:
      SearchSteps<8>(window, begin, end, starts_row, content, &found);
      break;
    default:
      SearchSteps<1>(window, begin, end, starts_row, content, &found);
      break;
  }
  const size_t literal_count = static_cast<size_t>(found.literal - literals);
  CountBytes(literals, literal_count, block->counts.literal);
  CountSequences({first, found.sequence}, &block->counts);
  block->loose_literals = found.loose;
  block->literals.Advance(literal_count);
  block->sequences.Advance(static_cast<size_t>(found.sequence - first) * sizeof(Sequence));
  return true;
}

}  // namespace ringboard::png
