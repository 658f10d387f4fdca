// The two Huffman codes of a DEFLATE block with dynamic codes, and the header that describes them
// (RFC 1951, 3.2.7).
//
// Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "png/bit_writer.h"
#include "png/format.h"
#include "png/literals.h"

namespace ringboard::png {

struct SymbolCounts {
  uint32_t literal[kLiteralSymbols];  // literals, end of block, lengths
  uint32_t distance[kDistanceSymbols];
};

class BlockCode {
 public:
  // A header is never longer: 14 bits, 19 precode lengths of 3 bits, 316 lengths of at most 14
  // bits.
  static constexpr size_t kMaxHeaderBytes = 600;

  // The best codes for `counts`, in which the end of block must have been counted.
  void Build(const SymbolCounts& counts);

  size_t header_bits() const { return header_bits_; }
  // Bits of everything counted, extra bits included, under the codes that were built.
  uint64_t BodyBits(const SymbolCounts& counts) const;

  void WriteHeader(bool last, BitWriter* writer) const;
  void WriteEndOfBlock(BitWriter* writer) const {
    writer->Put(literal_codes_[kEndOfBlock], literal_lengths_[kEndOfBlock]);
  }
  RB_ALWAYS_INLINE void WriteMatch(unsigned length, unsigned distance_minus_1,
                                   unsigned distance_symbol, BitWriter* writer) const {
    const uint32_t entry = match_table_[length];
    const DistanceEntry& distance = distance_table_[distance_symbol];
    const unsigned n = entry >> kMatchLengthShift;
    // 12 + 5 bits of length, 15 + 13 of distance: 45 at most.
    const uint64_t extra = distance_minus_1 - distance.least;
    const uint64_t distance_bits = distance.code | extra << distance.code_bits;
    writer->Put((entry & ((1u << kMatchLengthShift) - 1)) | distance_bits << n, n + distance.bits);
  }
  const LiteralTable& literal_table() const { return literal_table_; }

 private:
  static constexpr unsigned kMatchLengthShift = 24;

  void BuildHeader();
  void BuildTables();

  uint8_t literal_lengths_[kLiteralSymbols];
  uint16_t literal_codes_[kLiteralSymbols];
  uint8_t distance_lengths_[kDistanceSymbols];
  uint16_t distance_codes_[kDistanceSymbols];
  alignas(64) LiteralTable literal_table_;
  uint32_t match_table_[kMaxMatch + 1];  // by length: code and extra bits, their count above
  struct DistanceEntry {
    uint16_t code, least;     // `least`: the symbol's first distance, less 1
    uint8_t code_bits, bits;  // without and with the extra bits
  } distance_table_[kDistanceSymbols];

  // The header's contents: code lengths, run-length coded.  symbol | extra << 8.
  uint16_t items_[kLiteralSymbols + kDistanceSymbols];
  unsigned item_count_;
  unsigned literal_count_, distance_count_, precode_count_;
  uint8_t precode_lengths_[kPrecodeSymbols];
  uint16_t precode_codes_[kPrecodeSymbols];
  size_t header_bits_;
};

}  // namespace ringboard::png
