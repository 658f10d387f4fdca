// How native code reports failure: a [[nodiscard]] value, never an exception.
// The bindings turn a Status into a Python exception in one place (bindings/errors.pyx), so the
// codes here are the kinds of exception that users can meet.
#pragma once

#include <string>
#include <utility>

namespace ringboard {

enum class StatusCode {
  kOk,
  kInvalid,      // the caller's value is unusable → ValueError
  kOutOfMemory,  // → MemoryError
  kOs,           // an operating system call failed; os_errno() and path() say which → OSError
};

class [[nodiscard]] Status {
 public:
  Status() = default;

  static Status Ok() { return {}; }
  static Status Invalid(std::string message) {
    return Status(StatusCode::kInvalid, 0, std::move(message), {});
  }
  static Status OutOfMemory(std::string message) {
    return Status(StatusCode::kOutOfMemory, 0, std::move(message), {});
  }
  static Status Os(int os_errno, std::string message, std::string path) {
    return Status(StatusCode::kOs, os_errno, std::move(message), std::move(path));
  }

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  int os_errno() const { return os_errno_; }
  const std::string& message() const { return message_; }
  const std::string& path() const { return path_; }

 private:
  Status(StatusCode code, int os_errno, std::string message, std::string path)
      : code_(code), os_errno_(os_errno), message_(std::move(message)), path_(std::move(path)) {}

  StatusCode code_ = StatusCode::kOk;
  int os_errno_ = 0;
  std::string message_;
  std::string path_;
};

}  // namespace ringboard
