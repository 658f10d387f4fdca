// Fuzz targets: one small file each, that makes one claim about one room for any bytes whatever.
//
//   FUZZ_TARGET(Input& input) {                       // tests/fuzz/<name>_fuzz.cc
//     const uint64_t value = input.Any<uint64_t>();
//     CHECK_EQ(Decode(Encode(value)), value);         // the checks of tests/native/test.h
//   }
//
// To add one, write that file and let the fuzzer make its seeds: `make -C native corpus-<name>`.
// Nothing lists the targets; both makefiles find them.
//
// Each is built twice.  With any compiler, as a program that replays the seeds in
// tests/fuzz/corpus/<name> (`make -C native test-fuzz`, also part of `make test`).  With clang, as
// a libFuzzer program under AddressSanitizer and UBSan that looks for new ones (`make fuzz`). A
// CHECK that fails ends the process, so that the fuzzer keeps the bytes that did it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "test.h"

namespace ringboard::fuzz {

// The fuzzer's bytes as decisions.  What is missing at the end reads as zeros, so that every run of
// bytes means something.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}

  size_t left() const { return static_cast<size_t>(end_ - at_); }
  bool empty() const { return at_ == end_; }

  // Any bits at all.
  template <typename T>
  T Any() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    const size_t count = sizeof(T) < left() ? sizeof(T) : left();
    if (count != 0) std::memcpy(static_cast<void*>(&value), at_, count);
    at_ += count;
    return value;
  }
  bool Coin() { return (Any<uint8_t>() & 1) != 0; }
  // 0 … bound - 1, from as few bytes as hold them.
  size_t Below(size_t bound) {
    if (bound <= 1) return 0;
    if (bound <= 256) return Any<uint8_t>() % bound;
    if (bound <= 65536) return Any<uint16_t>() % bound;
    return Any<uint64_t>() % bound;
  }
  size_t Between(size_t least, size_t most) { return least + Below(most - least + 1); }

  // The next `count` bytes, or as many as there are.
  std::vector<uint8_t> Bytes(size_t count) {
    if (count > left()) count = left();
    std::vector<uint8_t> bytes(at_, at_ + count);
    at_ += count;
    return bytes;
  }
  std::string Text(size_t count) {
    const std::vector<uint8_t> bytes = Bytes(count);
    return std::string(bytes.begin(), bytes.end());
  }
  // `count` bytes: all that are left, over and over.  So a few bytes of input make a long run.
  std::vector<uint8_t> Stretch(size_t count) {
    const std::vector<uint8_t> pattern = Bytes(left());
    std::vector<uint8_t> bytes(count);
    for (size_t i = 0; i < count && !pattern.empty(); ++i) bytes[i] = pattern[i % pattern.size()];
    return bytes;
  }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

void Target(Input& input);

}  // namespace ringboard::fuzz

#define FUZZ_TARGET(parameter) void ringboard::fuzz::Target(parameter)
