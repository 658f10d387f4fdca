// Deliberately slow encoders: nested strings and a CRC bit by bit.  The judges of the wire room's
// tests.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

namespace ringboard::wire::reference {

inline uint32_t Crc32c(const std::string& bytes) {
  uint32_t crc = ~0u;
  for (unsigned char byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

template <typename T>
std::string Raw(T value) {  // little-endian machines only, as the tests are
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::string Varint(uint64_t value) {
  std::string bytes;
  do {
    bytes += static_cast<char>((value & 0x7f) | (value >= 0x80 ? 0x80 : 0));
    value >>= 7;
  } while (value != 0);
  return bytes;
}
inline std::string Bytes(int field, const std::string& bytes) {
  return Varint(static_cast<uint64_t>(field) << 3 | 2) + Varint(bytes.size()) + bytes;
}
inline std::string Double(int field, double value) {
  return Varint(static_cast<uint64_t>(field) << 3 | 1) + Raw(value);
}
inline std::string Float(int field, float value) {
  return Varint(static_cast<uint64_t>(field) << 3 | 5) + Raw(value);
}
inline std::string Number(int field, uint64_t value) {
  return Varint(static_cast<uint64_t>(field) << 3) + Varint(value);
}

inline uint32_t Masked(const std::string& bytes) {
  const uint32_t crc = Crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}
inline std::string Framed(const std::string& payload) {
  const std::string length = Raw(static_cast<uint64_t>(payload.size()));
  return length + Raw(Masked(length)) + payload + Raw(Masked(payload));
}
inline std::string Event(double wall_time, int64_t step, const std::string& body) {
  return Double(1, wall_time) + (step == 0 ? "" : Number(2, static_cast<uint64_t>(step))) + body;
}
inline std::string SimpleValue(const std::string& tag, float value) {
  return Bytes(1, Bytes(1, tag) + Float(2, value));
}
inline std::string TensorValue(const std::string& tag, double value, bool is_double) {
  const std::string element = is_double ? Raw(value) : Raw(static_cast<float>(value));
  const std::string tensor = Number(1, is_double ? 2 : 1) + Bytes(is_double ? 6 : 5, element);
  return Bytes(1, Bytes(1, tag) + Bytes(8, tensor) + Bytes(9, Bytes(1, Bytes(1, "scalars"))));
}

}  // namespace ringboard::wire::reference
