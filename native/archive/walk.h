// An event file as pieces: its whole records (wire/record.h), and what is none: torn, damaged,
// anything at all.  The pieces follow one another without a gap, so that together they are the
// file.
//
// Threads: a Walker has one owner; Split may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringboard::archive {

struct Piece {
  size_t size = 0;      // 0: the end
  bool record = false;  // both checksums hold
};

class Walker {
 public:
  Walker(const uint8_t* data, size_t size)
      : at_(data), end_(data + size), patience_(kPatience * size) {}

  const uint8_t* at() const { return at_; }
  Piece Next();
  // Goes on behind `size` bytes that are taken for a record unseen.
  void Skip(size_t size) { at_ += size; }

 private:
  // A length with a right checksum can be followed by a payload with a wrong one, and in bytes that
  // were made to annoy by many thousands of such.  So the search for the next record checks no more
  // than this many times the bytes there are; what is behind is then one piece.
  static constexpr uint64_t kPatience = 8;

  bool IsRecord(const uint8_t* at, size_t* size);

  const uint8_t* at_;
  const uint8_t* const end_;
  uint64_t patience_;
};

// How many bytes from the front can be taken for themselves: up to the last record, which is still
// to be completed.  0 when that is the first one.
size_t Split(const uint8_t* data, size_t size);

}  // namespace ringboard::archive
