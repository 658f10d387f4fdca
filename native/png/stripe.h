// Cuts an image into stripes that fit the second-level cache, and lays their scanlines out the way
// the kernels in filter.h want them: big-endian, zeros to the left, slack to the right, the line
// above kept.
//
// A stripe is some whole scanlines or, when one scanline alone is too long, a piece of one.
//
// Ownership: a Stripe points into the StripeReader's scratch and dies with the next call.
// Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_buffer.h"
#include "png/filter.h"
#include "png/image.h"

namespace ringboard::png {

struct Stripe {
  const uint8_t* first_row;  // the row above is at first_row - pitch
  size_t pitch;
  size_t rows;
  size_t row_bytes;  // of each row in this stripe, without the filter's byte
  bool starts_row;   // false: the continuation of a long scanline, whose filter is already written
  bool last;

  const uint8_t* Row(size_t i) const { return first_row + i * pitch; }
  size_t filtered_bytes() const { return rows * (row_bytes + (starts_row ? 1 : 0)); }
};

class StripeReader {
 public:
  // 96 KB of pixels, about as much filtered, the window before and the output share a second-level
  // cache of 512 KB.  64 KB were measured: a tenth slower, as each stripe is judged
  // and gets a code of its own.
  static constexpr size_t kStripeBytes = 96 * 1024;
  // Bound on Stripe::filtered_bytes().
  static constexpr size_t kMaxFilteredBytes = kStripeBytes + 1;

  // False: no memory.
  [[nodiscard]] bool Start(const Image& image);
  [[nodiscard]] bool done() const { return row_ == image_.height; }
  Stripe Next();

 private:
  void Load(uint32_t row, size_t offset, size_t count, uint8_t* to) const;

  Image image_ = {};
  ByteBuffer scratch_;
  size_t line_bytes_ = 0;     // of the whole scanline
  size_t segment_bytes_ = 0;  // of what a stripe holds of it
  size_t pitch_ = 0;
  size_t max_rows_ = 0;
  uint32_t row_ = 0;
  size_t offset_ = 0;  // into a long scanline
};

}  // namespace ringboard::png
