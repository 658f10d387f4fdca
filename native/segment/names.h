// The names file: which stream and which tag each number in the ring means.  Appended to before the
// first record that uses the number; a later entry for a number replaces an earlier one.
//
//   entry = size:u32 (of what follows) | kind:u8 | id:u32 | fields
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ringboard::segment {

struct StreamName {
  std::string path;  // absolute; empty for a stream without a file
  uint64_t device = 0, inode = 0;
  uint64_t head_bytes = 0;  // the file's first records, which did not come through the ring
  // A stream may go on in another file.  Intents count on from file to file: a byte that stands at
  // x of this one stands at base + x of the stream.
  int64_t base = 0;
  std::vector<uint32_t> series = {};
};

struct SeriesName {
  uint32_t stream = 0;
  uint8_t style = 0;  // wire::ScalarStyle
  std::string tag;
};

struct Names {
  std::unordered_map<uint32_t, StreamName> streams;
  std::unordered_map<uint32_t, SeriesName> series;
};

// (`series` is not part of the entry.)
std::string StreamEntry(uint32_t id, const StreamName& stream);
std::string SeriesEntry(uint32_t id, uint32_t stream, uint8_t style, std::string_view tag);
// The stream and its series are gone: all that they had is in the file.
std::string ForgetEntry(uint32_t id);

// Reads entries until the end, or until one that is torn or impossible; returns how many bytes were
// understood.  Whatever `bytes` holds, nothing outside of it is read.
size_t ParseNames(std::string_view bytes, Names* names);

}  // namespace ringboard::segment
