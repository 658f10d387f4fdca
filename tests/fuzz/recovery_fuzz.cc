// Whatever lies in a dead process's segment: recovering it ends, reads nothing that isn't there,
// touches no file but the very one that the segment names, and only ever appends to that one; what
// was done once is not done again.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz.h"
#include "recovery/recovery.h"
#include "segment/layout.h"
#include "segment/names.h"
#include "writer/ring_record.h"

namespace ringboard::recovery {
namespace {

using fuzz::Input;
namespace fs = std::filesystem;

// Removed with all that is in it.
struct Directory {
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "ringboard_fuzz_XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Directory() { fs::remove_all(path); }
  std::string File(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr uint64_t kCells = 64;
constexpr char kBefore[] = "what the event file held before";
constexpr char kOther[] = "somebody else's file";

void Write(const std::string& path, const void* bytes, size_t size) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
}

// Numbers that mostly are some that were defined, so that the walk gets far.
uint32_t Number(Input& input) { return input.Coin() ? 0 : input.Any<uint8_t>() % 4; }

std::string Names(Input& input, const std::string& event_file, const std::string& other) {
  struct stat status{};
  stat(event_file.c_str(), &status);
  std::string names;
  for (size_t count = input.Below(6); count > 0; --count) {
    const uint32_t id = Number(input);
    switch (input.Below(8)) {
      case 0:
        names +=
            segment::StreamEntry(id, {other, input.Any<uint8_t>(), input.Any<uint8_t>(), 0, {}});
        break;
      case 1:
        names += segment::ForgetEntry(id);
        break;
      case 2: {
        const auto raw = input.Bytes(input.Below(40));
        names.append(raw.begin(), raw.end());
        break;
      }
      case 3:
      case 4:
        names += segment::SeriesEntry(id, Number(input), input.Any<uint8_t>() % 4, "tag");
        break;
      default:
        names += segment::StreamEntry(id, {input.Below(8) == 0 ? "" : event_file,
                                           status.st_dev,
                                           status.st_ino,
                                           input.Below(40),
                                           {}});
    }
  }
  return names;
}

void FillRing(Input& input, uint8_t* ring) {
  for (uint64_t cell = 0; cell < kCells && !input.empty();) {
    const uint64_t cells = input.Below(8) == 0 ? input.Any<uint8_t>() : 1 + input.Below(4);
    const auto kind = static_cast<writer::RecordKind>(input.Any<uint8_t>() % 13);
    const uint64_t label =
        input.Below(16) == 0 ? input.Any<uint64_t>() >> 24 : writer::Label(kind, Number(input));
    const uint64_t header = input.Below(8) == 0 ? 0 : label << sync::kCellCountBits | cells;
    std::memcpy(ring + cell * sync::kCellBytes, &header, sizeof header);
    const size_t room = (kCells - cell) * sync::kCellBytes - sync::kHeaderBytes;
    const auto body = input.Bytes(std::min(room, input.Below(64)));
    if (!body.empty()) {
      std::memcpy(ring + cell * sync::kCellBytes + sync::kHeaderBytes, body.data(), body.size());
    }
    cell += std::max<uint64_t>(1, cells);
  }
}

}  // namespace
}  // namespace ringboard::recovery

FUZZ_TARGET(Input& input) {
  using namespace ringboard;
  using namespace ringboard::recovery;
  const Directory directory;
  const std::string event_file = directory.File("events"), other = directory.File("other");
  const std::string segment = directory.File("segment");
  Write(event_file, kBefore, sizeof kBefore - 1);
  Write(other, kOther, sizeof kOther - 1);
  fs::create_directory(segment);
  fs::permissions(segment, fs::perms::owner_all);

  std::vector<uint8_t> ring(segment::kHeaderBytes + kCells * sync::kCellBytes);
  auto* const header = new (ring.data()) segment::Header{};
  std::memcpy(header->magic, segment::kMagic, sizeof header->magic);
  header->version = segment::kVersion;
  header->header_bytes = segment::kHeaderBytes;
  header->ring_bytes = kCells * sync::kCellBytes;
  header->marks.durable = input.Below(8) == 0 ? input.Any<uint64_t>() : input.Below(4);
  header->marks.zeroed = input.Below(8) == 0 ? input.Any<uint64_t>() : 0;
  header->batch = input.Coin() ? header->marks.durable.load() : 0;
  header->incomplete = input.Coin();
  header->intents = input.Below(16) == 0 ? input.Any<uint32_t>() : input.Below(3);
  for (segment::Intent* intent : {&header->intent[0], &header->intent[1]}) {
    *intent = {Number(input), 0,
               input.Below(8) == 0 ? input.Any<int64_t>() : static_cast<int64_t>(input.Below(40))};
  }
  const std::string names = Names(input, event_file, other);
  if (input.Below(4) == 0) {
    const auto spill = input.Bytes(input.Below(40));
    Write(segment + "/spill.0", spill.data(), spill.size());
  }
  if (input.Below(4) == 0) {
    const auto far = input.Bytes(input.Below(40));
    Write(segment + "/far.1", far.data(), far.size());
  }
  FillRing(input, ring.data() + segment::kHeaderBytes);
  for (size_t flips = input.Below(4); flips > 0; --flips) {
    ring[input.Below(ring.size())] ^= input.Any<uint8_t>();
  }
  Write(segment + "/" + segment::kRingFile, ring.data(), ring.size() - input.Below(2));
  Write(segment + "/" + segment::kNamesFile, names.data(), names.size());

  (void)RecoverSegment(segment, {}, &io::System());
  const std::string after = Read(event_file);
  CHECK(after.starts_with(kBefore));
  CHECK(Read(other) == kOther);
  (void)RecoverSegment(segment, {}, &io::System());
  CHECK(Read(event_file) == after);
}
