// Reads protobuf's wire format, as tolerantly as protobuf does: unknown fields and groups are
// skipped, whatever their order.  Spec: https://protobuf.dev/programming-guides/encoding
//
// The message is in memory, or, when it is too long for that, in a Source, of which a block at a
// time is held.  Every read stays within the innermost message that was entered; false says that
// the bytes are no message, after which nothing more is to be read.
//
// Threads: one owner at a time.
#pragma once

#include <cstdint>
#include <string>

#include "base/byte_buffer.h"
#include "reader/source.h"

namespace ringboard::reader {

class Cursor {
 public:
  Cursor(const uint8_t* message, size_t size)
      : at_(message), end_(message + size), window_(message), limit_(size) {}
  Cursor(Source& source, uint64_t offset, uint64_t size)
      : limit_(size), source_(&source), source_offset_(offset) {}

  // From the start of the outermost message.
  uint64_t position() const { return window_offset_ + static_cast<uint64_t>(at_ - window_); }
  uint64_t left() const { return limit_ - position(); }
  bool done() const { return position() == limit_; }

  bool Varint(uint64_t* value);
  bool Fixed32(uint32_t* value);
  bool Fixed64(uint64_t* value);
  bool Key(uint32_t* field, uint32_t* type);
  // The length in front of a string or a message; what it promises is there.
  bool Length(uint64_t* length) { return Varint(length) && *length <= left(); }
  bool SkipBytes(uint64_t count);
  // Appends.
  bool Text(uint64_t count, std::string* to);
  // The value of a field of this key, whatever it is.
  bool Skip(uint32_t field, uint32_t type);

  // Confines reading to the next `length` bytes, which Length has vouched for; Leave(what Enter
  // returned) after they have been read to their end.
  uint64_t Enter(uint64_t length) {
    const uint64_t outer = limit_;
    limit_ = position() + length;
    return outer;
  }
  void Leave(uint64_t outer) { limit_ = outer; }

 private:
  static constexpr size_t kWindowBytes = size_t{64} << 10;
  static constexpr int kMaxGroups = 100;  // as deep as protobuf goes

  // Whether `count` (at most 8) bytes are in the window now.
  bool Need(size_t count) {
    return count <= left() && (count <= static_cast<size_t>(end_ - at_) || Refill(count));
  }
  bool Refill(size_t count);
  bool SkipScalar(uint32_t type);

  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  const uint8_t* window_ = nullptr;
  uint64_t window_offset_ = 0;
  uint64_t limit_;
  Source* source_ = nullptr;
  uint64_t source_offset_ = 0;
  ByteBuffer block_;
};

}  // namespace ringboard::reader
