// The match search, for content that repeats: figures, text, label maps, digit grids, grey in RGB.
//
// It looks at four places only: one pixel back, one scanline back (at these two, pictures repeat by
// construction), and the last place that had the same few bytes, once for a short and once for a
// long key. With pixels of three bytes and more, matches start and end between pixels: a third or a
// quarter of the positions to look at, for 1–3 % of size.
//
// In label maps and clean gradients all is runs and what the last lines had, and only where one
// colour meets the next is there anything to find out.  There it looks at the last few places where
// the same two colours met: label maps become 30 % smaller, at three quarters of the speed.
//
// Effort::kSmall looks at many places instead, at every byte: chains.cc.
//
// Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_buffer.h"
#include "png/block_code.h"
#include "png/effort.h"
#include "png/format.h"

namespace ringboard::png {

// Some literals, then a match.
struct Sequence {
  uint32_t literal_count : 24;
  uint32_t distance_symbol : 8;  // once counted
  uint16_t length;
  uint16_t distance_minus_1;
};

// What searches have found, over as many stripes as fit one block.
struct MatchedBlock {
  ByteBuffer literals;      // of all sequences, and those behind the last one
  ByteBuffer sequences;     // Sequence[]
  uint32_t loose_literals;  // behind the last sequence
  SymbolCounts counts;

  size_t sequence_count() const { return sequences.size() / sizeof(Sequence); }
  size_t symbol_count() const { return literals.size() + sequence_count(); }
  void Clear();
};

// What is known of a text before its search.
struct Content {
  unsigned literal_bits;  // what a literal costs about: dear ones make distant short matches pay
  bool grey = false;      // every pixel is three equal bytes
  bool sparse = false;    // nearly all is long matches
};

class Matcher {
 public:
  // Forgets everything.  Scanlines include their filter byte.
  [[nodiscard]] bool Start(size_t stream_bytes, size_t pixel_bytes, size_t scanline_bytes,
                           Effort effort);

  // Searches bytes [begin, end) of `window`, whole scanlines (or a piece of one); matches may reach
  // back to index 0.  Adds to `block`.  `window` is readable kOverrun bytes beyond `end`.
  // False: no memory.
  [[nodiscard]] bool Search(const uint8_t* window, size_t begin, size_t end, bool starts_row,
                            const Content& content, MatchedBlock* block);

  // The caller moves the window's contents down by `count` bytes.
  void Slide(size_t count) { base_ += static_cast<uint32_t>(count); }

 private:
  struct Found {  // ends of what has been written, and the literals behind the last sequence
    uint8_t* literal;
    Sequence* sequence;
    uint32_t loose;
  };
  template <unsigned kStep>  // positions are every kStep bytes of a scanline
  void SearchSteps(const uint8_t* window, size_t at, size_t end, bool starts_row,
                   const Content& content, Found* found);
  void SearchChains(const uint8_t* window, size_t at, size_t end, unsigned literal_bits,
                    Found* found);                                              // chains.cc
  void SearchGrey(const uint8_t* window, size_t at, size_t end, Found* found);  // grey.cc
  template <unsigned kStep>
  unsigned CutToStep(size_t at, unsigned length, size_t row, size_t end) const;

  // Positions in the tables are base_ + index into the window, modulo 2^32.  A stale entry is
  // harmless: its distance is too large, or it leads to bytes that are compared like any others.
  static constexpr uint32_t kFirstBase = static_cast<uint32_t>(kWindowBytes) + 1;  // 0 = nowhere

  ByteBuffer tables_;
  uint32_t* short_heads_ = nullptr;  // [1 << bits_]
  uint32_t* long_heads_ = nullptr;   // [1 << bits_]
  uint32_t* previous_ = nullptr;     // [kWindowBytes], of Effort::kSmall alone
  // [1 << kEdgeBits] times the last kEdgePlaces at which these two pixels met, the newest first; of
  // sparse content alone, and cleared when that is met.
  static constexpr unsigned kEdgeBits = 10, kEdgePlaces = 8;
  static constexpr size_t kEdgeTableBytes = (kEdgePlaces << kEdgeBits) * sizeof(uint32_t);
  uint32_t* edges_ = nullptr;
  bool edges_cleared_ = false;
  unsigned bits_ = 0;
  uint32_t base_ = kFirstBase;
  size_t pixel_bytes_ = 1, scanline_bytes_ = 1;
};

}  // namespace ringboard::png
