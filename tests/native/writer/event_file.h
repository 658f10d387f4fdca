// Reads an event file strictly: every length, both checksums of every record, no byte left over.
#pragma once

#include <string>
#include <vector>

#include "test.h"
#include "wire/reference.h"

namespace ringboard::writer {

inline std::vector<std::string> PayloadsOf(const std::string& bytes) {
  std::vector<std::string> payloads;
  size_t at = 0;
  while (at < bytes.size()) {
    if (bytes.size() - at < 12) {
      testing::Fail(__FILE__, __LINE__, "torn record header at " + std::to_string(at));
      break;
    }
    uint64_t length;
    std::memcpy(&length, bytes.data() + at, sizeof length);
    if (length > bytes.size() - at - 12 || bytes.size() - at - 12 - length < 4) {
      testing::Fail(__FILE__, __LINE__, "torn record at " + std::to_string(at));
      break;
    }
    const std::string payload = bytes.substr(at + 12, length);
    if (wire::reference::Framed(payload) != bytes.substr(at, length + 16)) {
      testing::Fail(__FILE__, __LINE__, "wrong checksum at " + std::to_string(at));
      break;
    }
    payloads.push_back(payload);
    at += length + 16;
  }
  return payloads;
}

}  // namespace ringboard::writer
