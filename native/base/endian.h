// Little-endian loads and stores at any alignment: the only way that multi-byte numbers enter or
// leave a byte buffer in this project.  On a little-endian machine each is one instruction.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace ringboard {

template <typename T>
constexpr T ByteSwap(T value) {
  static_assert(std::is_unsigned_v<T>);
  T swapped = 0;
  for (unsigned i = 0; i < sizeof(T); ++i) {
    swapped = static_cast<T>(swapped << 8) | static_cast<T>((value >> (8 * i)) & 0xff);
  }
  return swapped;
}

template <typename T>
inline T LoadLittle(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  if constexpr (std::endian::native == std::endian::big) value = ByteSwap(value);
  return value;
}

template <typename T>
inline void StoreLittle(void* to, T value) {
  if constexpr (std::endian::native == std::endian::big) value = ByteSwap(value);
  std::memcpy(to, &value, sizeof(T));
}

inline uint16_t LoadLittle16(const void* from) { return LoadLittle<uint16_t>(from); }
inline uint32_t LoadLittle32(const void* from) { return LoadLittle<uint32_t>(from); }
inline uint64_t LoadLittle64(const void* from) { return LoadLittle<uint64_t>(from); }
inline void StoreLittle16(void* to, uint16_t value) { StoreLittle(to, value); }
inline void StoreLittle32(void* to, uint32_t value) { StoreLittle(to, value); }
inline void StoreLittle64(void* to, uint64_t value) { StoreLittle(to, value); }

inline void StoreLittleFloat(void* to, float value) {
  StoreLittle32(to, std::bit_cast<uint32_t>(value));
}
inline void StoreLittleDouble(void* to, double value) {
  StoreLittle64(to, std::bit_cast<uint64_t>(value));
}
inline double LoadLittleDouble(const void* from) {
  return std::bit_cast<double>(LoadLittle64(from));
}

// PNG and its zlib stream are big-endian.
inline void StoreBig32(void* to, uint32_t value) {
  if constexpr (std::endian::native == std::endian::little) value = ByteSwap(value);
  std::memcpy(to, &value, sizeof(value));
}
inline void StoreBig16(void* to, uint16_t value) {
  if constexpr (std::endian::native == std::endian::little) value = ByteSwap(value);
  std::memcpy(to, &value, sizeof(value));
}
inline uint32_t LoadBig32(const void* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof(value));
  if constexpr (std::endian::native == std::endian::little) value = ByteSwap(value);
  return value;
}

}  // namespace ringboard
