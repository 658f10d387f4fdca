// See names.h.
#include "segment/names.h"

#include <cstring>
#include <type_traits>

namespace ringboard::segment {
namespace {

enum Kind : uint8_t { kStream = 1, kSeries = 2, kForget = 3, kLaterFile = 4 };

constexpr int64_t kMostBase = int64_t{1} << 60;

template <typename T>
void Put(std::string* entry, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  entry->append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string Begin(Kind kind, uint32_t id) {
  std::string entry(sizeof(uint32_t), '\0');  // the size, when it is known
  Put(&entry, static_cast<uint8_t>(kind));
  Put(&entry, id);
  return entry;
}

std::string End(std::string entry) {
  const auto size = static_cast<uint32_t>(entry.size() - sizeof(uint32_t));
  std::memcpy(entry.data(), &size, sizeof size);
  return entry;
}

template <typename T>
bool Take(std::string_view* from, T* value) {
  if (from->size() < sizeof *value) return false;
  std::memcpy(value, from->data(), sizeof *value);
  from->remove_prefix(sizeof *value);
  return true;
}

void Forget(uint32_t id, Names* names) {
  const auto stream = names->streams.find(id);
  if (stream == names->streams.end()) return;
  for (uint32_t each : stream->second.series) names->series.erase(each);
  names->streams.erase(stream);
}

bool ParseEntry(std::string_view entry, Names* names) {
  uint8_t kind;
  uint32_t id;
  if (!Take(&entry, &kind) || !Take(&entry, &id)) return false;
  switch (kind) {
    case kStream:
    case kLaterFile: {
      StreamName stream;
      if (!Take(&entry, &stream.device) || !Take(&entry, &stream.inode) ||
          !Take(&entry, &stream.head_bytes) ||
          (kind == kLaterFile && !Take(&entry, &stream.base)) || stream.base > kMostBase ||
          stream.base < -kMostBase || entry.find('\0') != entry.npos) {
        return false;
      }
      stream.path = entry;
      StreamName& known = names->streams[id];
      stream.series = std::move(known.series);
      known = std::move(stream);
      return true;
    }
    case kSeries: {
      SeriesName series;
      if (!Take(&entry, &series.stream) || !Take(&entry, &series.style)) return false;
      series.tag = entry;
      const auto stream = names->streams.find(series.stream);
      if (stream == names->streams.end() || names->series.contains(id)) return false;
      stream->second.series.push_back(id);
      names->series.emplace(id, std::move(series));
      return true;
    }
    case kForget:
      Forget(id, names);
      return entry.empty();
    default:
      return false;
  }
}

}  // namespace

std::string StreamEntry(uint32_t id, const StreamName& stream) {
  std::string entry = Begin(stream.base == 0 ? kStream : kLaterFile, id);
  Put(&entry, stream.device);
  Put(&entry, stream.inode);
  Put(&entry, stream.head_bytes);
  if (stream.base != 0) Put(&entry, stream.base);
  return End(entry + stream.path);
}

std::string SeriesEntry(uint32_t id, uint32_t stream, uint8_t style, std::string_view tag) {
  std::string entry = Begin(kSeries, id);
  Put(&entry, stream);
  Put(&entry, style);
  return End(entry.append(tag));
}

std::string ForgetEntry(uint32_t id) { return End(Begin(kForget, id)); }

size_t ParseNames(std::string_view bytes, Names* names) {
  std::string_view rest = bytes;
  for (;;) {
    std::string_view entry = rest;
    uint32_t size;
    if (!Take(&entry, &size) || size > entry.size()) break;
    if (!ParseEntry(entry.substr(0, size), names)) break;
    rest = entry.substr(size);
  }
  return bytes.size() - rest.size();
}

}  // namespace ringboard::segment
