// Where the records of a file stand, and no more: for tools that copy, compare or drop them.
#pragma once

#include <cstdint>
#include <vector>

#include "reader/scanner.h"

namespace ringboard::reader {

class RecordIndex final : public RecordSink {
 public:
  void OnRecord(uint64_t offset, const uint8_t*, size_t size) override { Add(offset, size); }
  void OnLongRecord(uint64_t offset, uint64_t size, Source&) override { Add(offset, size); }

  // Of the records' headers; the payloads start kRecordHeaderBytes later.
  std::vector<uint64_t>& offsets() { return offsets_; }
  // Of the payloads, in bytes.
  std::vector<uint64_t>& lengths() { return lengths_; }

 private:
  void Add(uint64_t offset, uint64_t size) {
    offsets_.push_back(offset);
    lengths_.push_back(size);
  }

  std::vector<uint64_t> offsets_, lengths_;
};

}  // namespace ringboard::reader
