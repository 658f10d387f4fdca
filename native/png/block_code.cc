// See block_code.h.
#include "png/block_code.h"

#include <algorithm>
#include <cstring>

#include "png/huffman.h"

namespace ringboard::png {
namespace {

constexpr unsigned kFirstLength = kEndOfBlock + 1;
constexpr unsigned kMinLiteralCodes = 257, kMinDistanceCodes = 1, kMinPrecodeCodes = 4;
constexpr unsigned kBlockTypeDynamic = 2;

// The precode's symbols: 0…15 are lengths, the others repeat (RFC 1951, 3.2.7).
constexpr unsigned kRepeatPrevious = 16, kRepeatZero = 17, kRepeatZeroLong = 18;
constexpr uint8_t kExtraBits[kPrecodeSymbols] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                 0, 0, 0, 0, 0, 0, 2, 3, 7};
constexpr uint8_t kPrecodeOrder[kPrecodeSymbols] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                    11, 4,  12, 3, 13, 2, 14, 1, 15};

// Run-length codes `count` code lengths.  Returns how many items there are.
unsigned CodeLengthItems(const uint8_t* lengths, unsigned count, uint16_t* items,
                         uint32_t precode_counts[kPrecodeSymbols]) {
  unsigned made = 0;
  auto add = [&](unsigned symbol, unsigned extra) {
    items[made++] = static_cast<uint16_t>(symbol | extra << 8);
    ++precode_counts[symbol];
  };
  for (unsigned i = 0; i < count;) {
    const uint8_t length = lengths[i];
    unsigned run = 1;
    while (i + run < count && lengths[i + run] == length) ++run;
    i += run;
    if (length == 0) {
      for (; run >= 11; run -= std::min(run, 138u)) add(kRepeatZeroLong, std::min(run, 138u) - 11);
      if (run >= 3) {
        add(kRepeatZero, run - 3);
        run = 0;
      }
    } else {
      add(length, 0);
      for (--run; run >= 3; run -= std::min(run, 6u)) add(kRepeatPrevious, std::min(run, 6u) - 3);
    }
    for (; run != 0; --run) add(length, 0);
  }
  return made;
}

}  // namespace

void BlockCode::Build(const SymbolCounts& counts) {
  BuildCodeLengths(counts.literal, kLiteralSymbols, kMaxLiteralBits, literal_lengths_);
  BuildCodeLengths(counts.distance, kDistanceSymbols, kMaxDistanceBits, distance_lengths_);
  AssignCodes(literal_lengths_, kLiteralSymbols, literal_codes_);
  AssignCodes(distance_lengths_, kDistanceSymbols, distance_codes_);
  BuildHeader();
  BuildTables();
}

void BlockCode::BuildHeader() {
  literal_count_ = kLiteralSymbols;
  while (literal_count_ > kMinLiteralCodes && literal_lengths_[literal_count_ - 1] == 0) {
    --literal_count_;
  }
  distance_count_ = kDistanceSymbols;
  while (distance_count_ > kMinDistanceCodes && distance_lengths_[distance_count_ - 1] == 0) {
    --distance_count_;
  }
  // The two lists are one sequence: a run may cross from the first to the second.
  uint8_t lengths[kLiteralSymbols + kDistanceSymbols];
  std::memcpy(lengths, literal_lengths_, literal_count_);
  std::memcpy(lengths + literal_count_, distance_lengths_, distance_count_);
  uint32_t precode_counts[kPrecodeSymbols] = {};
  item_count_ = CodeLengthItems(lengths, literal_count_ + distance_count_, items_, precode_counts);

  BuildCodeLengths(precode_counts, kPrecodeSymbols, kMaxPrecodeBits, precode_lengths_);
  AssignCodes(precode_lengths_, kPrecodeSymbols, precode_codes_);
  precode_count_ = kPrecodeSymbols;
  while (precode_count_ > kMinPrecodeCodes &&
         precode_lengths_[kPrecodeOrder[precode_count_ - 1]] == 0) {
    --precode_count_;
  }
  header_bits_ = 3 + 5 + 5 + 4 + 3 * precode_count_;
  for (unsigned i = 0; i < kPrecodeSymbols; ++i) {
    header_bits_ += precode_counts[i] * (precode_lengths_[i] + kExtraBits[i]);
  }
}

void BlockCode::BuildTables() {
  for (unsigned i = 0; i < 256; ++i) {
    const unsigned length = literal_lengths_[i];
    literal_table_[i] =
        static_cast<uint16_t>(length == 0 ? 0 : literal_codes_[i] | length << kLiteralLengthShift);
  }
  for (unsigned symbol = kFirstLength, length = kMinMatch; length <= kMaxMatch; ++symbol) {
    const unsigned bits = literal_lengths_[symbol], extra_count = LengthExtraBits(symbol);
    // The last length has a symbol of its own, at the end of the range of the one before.
    const unsigned end = symbol == kLiteralSymbols - 1
                             ? kMaxMatch + 1
                             : std::min(length + (1u << extra_count), kMaxMatch);
    if (bits == 0) {
      length = end;
      continue;
    }
    const uint32_t first = literal_codes_[symbol] | (bits + extra_count) << kMatchLengthShift;
    for (uint32_t extra = 0; length < end; ++length, ++extra) {
      match_table_[length] = first | extra << bits;
    }
  }
  for (unsigned i = 0, least = 0; i < kDistanceSymbols; ++i) {
    const uint8_t bits = distance_lengths_[i], extra = DistanceExtraBits(i);
    distance_table_[i] = {distance_codes_[i], static_cast<uint16_t>(least), bits,
                          static_cast<uint8_t>(bits + extra)};
    least += 1u << extra;
  }
}

uint64_t BlockCode::BodyBits(const SymbolCounts& counts) const {
  uint64_t bits = 0;
  for (unsigned i = 0; i < kFirstLength; ++i) {
    bits += uint64_t{counts.literal[i]} * literal_lengths_[i];
  }
  for (unsigned i = kFirstLength; i < kLiteralSymbols; ++i) {
    bits += uint64_t{counts.literal[i]} * (literal_lengths_[i] + LengthExtraBits(i));
  }
  for (unsigned i = 0; i < kDistanceSymbols; ++i) {
    bits += uint64_t{counts.distance[i]} * (distance_lengths_[i] + DistanceExtraBits(i));
  }
  return bits;
}

void BlockCode::WriteHeader(bool last, BitWriter* writer) const {
  writer->Put((last ? 1u : 0u) | kBlockTypeDynamic << 1, 3);
  writer->Put(literal_count_ - kMinLiteralCodes, 5);
  writer->Put(distance_count_ - kMinDistanceCodes, 5);
  writer->Put(precode_count_ - kMinPrecodeCodes, 4);
  for (unsigned i = 0; i < precode_count_; ++i) writer->Put(precode_lengths_[kPrecodeOrder[i]], 3);
  for (unsigned i = 0; i < item_count_; ++i) {
    const unsigned symbol = items_[i] & 0xff, extra = items_[i] >> 8;
    writer->Put(precode_codes_[symbol] | uint64_t{extra} << precode_lengths_[symbol],
                precode_lengths_[symbol] + kExtraBits[symbol]);
  }
}

}  // namespace ringboard::png
