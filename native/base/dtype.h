// The element types that arrays come in, for every room that reads arrays.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringboard {

enum class Dtype : uint8_t {
  kBool,  // a byte; anything but zero is true
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat16,
  kBfloat16,
  kFloat32,
  kFloat64,
};

inline constexpr std::array<std::string_view, 13> kDtypeNames = {
    "bool",  "int8",   "uint8",   "int16",    "uint16",  "int32",  "uint32",
    "int64", "uint64", "float16", "bfloat16", "float32", "float64"};
inline constexpr std::array<uint8_t, 13> kDtypeBytes = {1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8};

constexpr size_t DtypeBytes(Dtype dtype) { return kDtypeBytes[static_cast<size_t>(dtype)]; }

// numpy's name of a type (and "bfloat16"); false when it is none of ours.
constexpr bool FindDtype(std::string_view name, Dtype* dtype) {
  for (size_t i = 0; i < kDtypeNames.size(); ++i) {
    if (kDtypeNames[i] != name) continue;
    *dtype = static_cast<Dtype>(i);
    return true;
  }
  return false;
}

}  // namespace ringboard
