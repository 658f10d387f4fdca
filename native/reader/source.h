// Bytes that can be read at any place: what is searched when a file is damaged in its middle.
//
// Threads: one owner at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "base/byte_buffer.h"
#include "base/status.h"

namespace ringboard::reader {

class Source {
 public:
  virtual ~Source() = default;
  // How many bytes there are now; a growing file has more at the next call.
  virtual Status Size(uint64_t* size) = 0;
  // Up to `size` bytes from `offset`; fewer only where the bytes end, none behind them.
  virtual Status Read(uint64_t offset, uint8_t* to, size_t size, size_t* got) = 0;
};

class MemorySource final : public Source {
 public:
  explicit MemorySource(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  Status Size(uint64_t* size) override {
    *size = bytes_.size();
    return Status::Ok();
  }
  Status Read(uint64_t offset, uint8_t* to, size_t size, size_t* got) override {
    *got = offset >= bytes_.size() ? 0 : std::min<size_t>(size, bytes_.size() - offset);
    if (*got != 0) std::memcpy(to, bytes_.data() + offset, *got);
    return Status::Ok();
  }

 private:
  std::span<const uint8_t> bytes_;
};

// Bytes that come piece by piece: of an archive, of a pipe.  It holds those that a scanner has not
// passed yet.
class FedSource final : public Source {
 public:
  [[nodiscard]] bool Append(const uint8_t* bytes, size_t size) { return held_.Append(bytes, size); }
  void DropBefore(uint64_t offset) {
    const uint64_t count = std::min<uint64_t>(offset - std::min(offset, start_), held_.size());
    held_.DropFront(static_cast<size_t>(count));
    start_ += count;
  }
  // Forgets what is held; the next bytes stand at `offset`.
  void Restart(uint64_t offset) {
    held_.Clear();
    start_ = offset;
  }
  uint64_t end() const { return start_ + held_.size(); }

  Status Size(uint64_t* size) override {
    *size = end();
    return Status::Ok();
  }
  Status Read(uint64_t offset, uint8_t* to, size_t size, size_t* got) override {
    *got = 0;
    if (offset < start_ || offset >= end()) return Status::Ok();
    *got = static_cast<size_t>(std::min<uint64_t>(size, end() - offset));
    std::memcpy(to, held_.data() + (offset - start_), *got);
    return Status::Ok();
  }

 private:
  ByteBuffer held_;
  uint64_t start_ = 0;
};

// Read with pread, not mapped: a mapping of a file that somebody truncates is SIGBUS.
class FileSource final : public Source {
 public:
  FileSource() = default;
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  Status Open(std::string path);
  Status Size(uint64_t* size) override;
  Status Read(uint64_t offset, uint8_t* to, size_t size, size_t* got) override;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace ringboard::reader
