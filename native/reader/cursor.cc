// See cursor.h.
#include "reader/cursor.h"

#include <algorithm>

#include "base/endian.h"
#include "wire/proto.h"

namespace ringboard::reader {
namespace {

enum : uint32_t { kGroupStart = 3, kGroupEnd = 4 };  // beside wire::WireType

}  // namespace

bool Cursor::Refill(size_t count) {
  if (source_ == nullptr) return false;
  const uint64_t from = position();
  block_.Clear();
  uint8_t* const block = block_.Reserve(kWindowBytes);
  if (block == nullptr) return false;
  size_t got = 0;
  if (!source_->Read(source_offset_ + from, block, kWindowBytes, &got).ok()) return false;
  window_ = at_ = block;
  end_ = block + got;
  window_offset_ = from;
  return got >= count;
}

bool Cursor::Varint(uint64_t* value) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 7 * wire::kMaxVarintBytes; shift += 7) {
    if (!Need(1)) return false;
    const uint8_t byte = *at_++;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return true;
    }
  }
  return false;
}

bool Cursor::Fixed32(uint32_t* value) {
  if (!Need(4)) return false;
  *value = LoadLittle32(at_);
  at_ += 4;
  return true;
}

bool Cursor::Fixed64(uint64_t* value) {
  if (!Need(8)) return false;
  *value = LoadLittle64(at_);
  at_ += 8;
  return true;
}

bool Cursor::Key(uint32_t* field, uint32_t* type) {
  uint64_t key = 0;
  if (!Varint(&key) || key > UINT32_MAX) return false;
  *field = static_cast<uint32_t>(key >> 3);
  *type = static_cast<uint32_t>(key & 7);
  return *field != 0;
}

bool Cursor::SkipBytes(uint64_t count) {
  if (count > left()) return false;
  if (count <= static_cast<size_t>(end_ - at_)) {
    at_ += count;
    return true;
  }
  if (source_ == nullptr) return false;
  window_offset_ = position() + count;
  at_ = end_ = window_;
  return true;
}

bool Cursor::Text(uint64_t count, std::string* to) {
  if (count > left()) return false;
  while (count != 0) {
    if (at_ == end_ && !Need(1)) return false;
    const size_t step = static_cast<size_t>(std::min<uint64_t>(count, end_ - at_));
    to->append(reinterpret_cast<const char*>(at_), step);
    at_ += step;
    count -= step;
  }
  return true;
}

bool Cursor::SkipScalar(uint32_t type) {
  uint64_t length = 0;
  switch (type) {
    case wire::kVarint:
      return Varint(&length);
    case wire::kFixed64:
      return SkipBytes(8);
    case wire::kBytes:
      return Length(&length) && SkipBytes(length);
    case wire::kFixed32:
      return SkipBytes(4);
    default:
      return false;
  }
}

bool Cursor::Skip(uint32_t field, uint32_t type) {
  if (type != kGroupStart) return SkipScalar(type);
  uint32_t open[kMaxGroups] = {field};
  for (int depth = 1; depth > 0;) {
    if (!Key(&field, &type)) return false;
    if (type == kGroupStart) {
      if (depth == kMaxGroups) return false;
      open[depth++] = field;
    } else if (type == kGroupEnd) {
      if (open[--depth] != field) return false;
    } else if (!SkipScalar(type)) {
      return false;
    }
  }
  return true;
}

}  // namespace ringboard::reader
