// What goes in.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringboard::png {

// Interleaved samples (height × width × channels), borrowed.
struct Image {
  const uint8_t* pixels;
  uint32_t width, height;  // 1 … 2^31 - 1
  uint8_t channels;        // 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA
  uint8_t bit_depth;       // 8, or 16: uint16_t samples in the machine's byte order
  size_t row_bytes;  // from one row's first byte to the next row's, at least a row's own bytes

  size_t pixel_bytes() const { return size_t{channels} * (bit_depth / 8); }
};

}  // namespace ringboard::png
