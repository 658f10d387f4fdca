// Protocol Buffers' wire format, as much of it as an event needs: varints, keys, and sizes known
// before a byte is written.  Spec: https://protobuf.dev/programming-guides/encoding
//
// Every Put… writes at `to` and returns the end.  Nothing here checks for room: callers add up the
// …Size functions first, which is also what length-delimited fields need.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/endian.h"

namespace ringboard::wire {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

inline constexpr size_t kMaxVarintBytes = 10;

constexpr uint32_t Key(uint32_t field, WireType type) { return field << 3 | type; }

// 1 byte for each 7 bits, at least 1.
constexpr size_t VarintSize(uint64_t value) {
  // ceil(bits / 7) without a division: exact for 1 to 64 bits.
  return (static_cast<unsigned>(std::bit_width(value | 1)) * 9 + 64) / 64;
}

inline uint8_t* PutVarint(uint8_t* to, uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<uint8_t>(value);
  return to;
}

inline uint8_t* PutBytes(uint8_t* to, const void* bytes, size_t size) {
  if (size != 0) std::memcpy(to, bytes, size);
  return to + size;
}

// Field numbers up to 15, so that a key is one byte: all of Event, Summary and HistogramProto.
constexpr size_t VarintFieldSize(uint64_t value) { return 1 + VarintSize(value); }
inline uint8_t* PutVarintField(uint8_t* to, uint32_t field, uint64_t value) {
  *to++ = static_cast<uint8_t>(Key(field, kVarint));
  return PutVarint(to, value);
}

inline constexpr size_t kDoubleFieldSize = 9;
inline uint8_t* PutDoubleField(uint8_t* to, uint32_t field, double value) {
  *to++ = static_cast<uint8_t>(Key(field, kFixed64));
  StoreLittleDouble(to, value);
  return to + 8;
}

// Key and length of a length-delimited field; the `size` bytes follow.
constexpr size_t BytesHeadSize(uint64_t size) { return 1 + VarintSize(size); }
constexpr size_t BytesFieldSize(uint64_t size) { return BytesHeadSize(size) + size; }
inline uint8_t* PutBytesHead(uint8_t* to, uint32_t field, uint64_t size) {
  *to++ = static_cast<uint8_t>(Key(field, kBytes));
  return PutVarint(to, size);
}
inline uint8_t* PutBytesField(uint8_t* to, uint32_t field, std::string_view bytes) {
  return PutBytes(PutBytesHead(to, field, bytes.size()), bytes.data(), bytes.size());
}

}  // namespace ringboard::wire
