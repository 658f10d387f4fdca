// Columns of integers as planes of bytes: first the highest byte of every number, then the next,
// and so on.  Numbers of one origin agree in their high bytes, so these planes pack to nearly
// nothing, and the low ones, which are noise, don't get in their way.
//
// A Slice is a run of one column; what is done to its numbers before (Coding) is chosen by what
// their planes would take, for each slice.
//
// Threads: none of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_buffer.h"

namespace ringboard::archive {

// Small differences of either sign as small numbers: 0, -1, 1, -2 … → 0, 1, 2, 3 …
constexpr uint64_t ZigZag(uint64_t difference) {
  return difference << 1 ^ (0 - (difference >> 63));
}
constexpr uint64_t UnZigZag(uint64_t folded) { return folded >> 1 ^ (0 - (folded & 1)); }

// How the bits of a float or double stand in its column.
enum class Coding : uint8_t {
  kBits,     // as they are
  kRotated,  // the sign at the lower end, so that the exponent of a float fills a byte
  kDelta,    // the difference from the one before, as numbers in the order of the values
  kXor,      // with the one before
};
inline constexpr int kCodings = 4;

// `width` is that of the values, 4 or 8 bytes; `before` is the value before this one, 0 at first.
uint64_t EncodeValue(Coding coding, int width, uint64_t bits, uint64_t before);
uint64_t DecodeValue(Coding coding, int width, uint64_t coded, uint64_t before);

// The coding whose planes are likely to pack best.
Coding ChooseCoding(std::span<const uint64_t> bits, int width);

// Bytes that the low `width` planes of a sample of the numbers take after entropy coding, about.
double SampledBytes(std::span<const uint64_t> numbers, int width);

// How many bytes the largest number takes.
int WidthOf(std::span<const uint64_t> numbers);

// Appends `width` planes; false: no memory.
[[nodiscard]] bool AppendPlanes(std::span<const uint64_t> numbers, int width, ByteBuffer* out);

// The planes of `count` numbers at `data`, for reading them one by one.
class Planes {
 public:
  Planes() = default;
  Planes(const uint8_t* data, size_t count, int width)
      : data_(data), count_(count), width_(width) {}
  uint64_t operator[](size_t index) const {
    uint64_t number = 0;
    for (int plane = 0; plane < width_; ++plane) {
      number = number << 8 | data_[static_cast<size_t>(plane) * count_ + index];
    }
    return number;
  }

 private:
  const uint8_t* data_ = nullptr;
  size_t count_ = 0;
  int width_ = 0;
};

}  // namespace ringboard::archive
