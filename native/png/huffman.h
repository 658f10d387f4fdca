// Huffman codes of limited length, and the canonical numbering that DEFLATE gives them (RFC
// 1951, 3.2.2).
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "png/format.h"

namespace ringboard::png {

// The sum of the counts must stay below 2^22: the sort packs a count and its symbol in 32 bits.
inline constexpr uint32_t kMaxCodedSymbols = 1u << 22;

// lengths[i] = bits of symbol i, 0 for a count of 0; the code is complete (RFC readers may demand
// that), so when fewer than two counts are positive, the lowest unused symbols are given a code as
// well. 2^limit must be at least symbol_count, which must be at least 2 and at most
// kLiteralSymbols.
void BuildCodeLengths(const uint32_t* counts, unsigned symbol_count, unsigned limit,
                      uint8_t* lengths);

// Codes by length, then by symbol; each with its bits reversed, ready for BitWriter.
void AssignCodes(const uint8_t* lengths, unsigned symbol_count, uint16_t* codes);

}  // namespace ringboard::png
