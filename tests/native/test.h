// A test runner in one header, so that the native tests need nothing but a compiler.
//
//   TEST(Crc32cMatchesTheRfc) { CHECK_EQ(crc32c::Value("123456789", 9), 0xe3069283u); }
//
// A failed CHECK prints where, what and the values, and the test goes on, so one run shows all.
// `program --list` names the tests; `program NAME…` runs those whose names contain a NAME.
// `INFO(...)` in scope adds a line to any failure below it (a seed, a size, a kernel's name).
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace ringboard::testing {

struct Case {
  const char* name;
  void (*body)();
};
std::vector<Case>& Cases();
void Fail(const char* file, int line, const std::string& what);

struct Registrar {
  Registrar(const char* name, void (*body)()) { Cases().push_back({name, body}); }
};

class Info {
 public:
  explicit Info(std::string line);
  ~Info();
  Info(const Info&) = delete;
  Info& operator=(const Info&) = delete;
};

template <typename T>
std::string Show(const T& value) {
  std::ostringstream out;
  out.precision(17);
  if constexpr (sizeof(T) == 1 && std::is_integral_v<T>) {
    out << static_cast<int>(value);
  } else if constexpr (std::is_enum_v<T>) {
    out << static_cast<long long>(value);
  } else {
    out << value;
  }
  return out.str();
}

template <typename... Parts>
std::string Join(const Parts&... parts) {
  std::string joined;
  ((joined += Show(parts)), ...);
  return joined;
}

// xorshift64*: the same numbers on every machine, from a seed that failures print.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u | 1u) {}
  uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1du;
  }
  uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : Next() % bound; }

 private:
  uint64_t state_;
};

// Memory that ends (and starts) at an unreadable page: one byte too far is a crash, not a pass.
class GuardedBytes {
 public:
  explicit GuardedBytes(size_t size);
  ~GuardedBytes();
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  uint8_t* AtEnd(size_t size) { return end_ - size; }  // `size` bytes that touch the guard behind
  uint8_t* AtStart() { return begin_; }                // bytes that touch the guard in front
  size_t capacity() const { return static_cast<size_t>(end_ - begin_); }

 private:
  uint8_t* begin_;
  uint8_t* end_;
};

// A fresh empty directory under $TMPDIR, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string ReadWholeFile(const std::string& path);

}  // namespace ringboard::testing

#define RB_CONCAT_INNER(a, b) a##b
#define RB_CONCAT(a, b) RB_CONCAT_INNER(a, b)

#define TEST(name)                                                            \
  static void Test##name();                                                   \
  static ::ringboard::testing::Registrar registrar_##name(#name, Test##name); \
  static void Test##name()

#define INFO(...) \
  ::ringboard::testing::Info RB_CONCAT(info_, __LINE__)(::ringboard::testing::Join(__VA_ARGS__))

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) ::ringboard::testing::Fail(__FILE__, __LINE__, #condition); \
  } while (false)

#define CHECK_EQ(left, right)                                                            \
  do {                                                                                   \
    const auto& rb_left = (left);                                                        \
    const auto& rb_right = (right);                                                      \
    if (!(rb_left == rb_right)) {                                                        \
      ::ringboard::testing::Fail(__FILE__, __LINE__,                                     \
                                 std::string(#left " == " #right ": ") +                 \
                                     ::ringboard::testing::Show(rb_left) + " against " + \
                                     ::ringboard::testing::Show(rb_right));              \
    }                                                                                    \
  } while (false)

// Stops the test: what follows would crash or flood.
#define REQUIRE(condition)                                        \
  do {                                                            \
    if (!(condition)) {                                           \
      ::ringboard::testing::Fail(__FILE__, __LINE__, #condition); \
      return;                                                     \
    }                                                             \
  } while (false)
