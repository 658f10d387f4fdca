// Whatever a file holds: reading it ends, what is sound and what is reported make up the whole
// file, and it is the same whether the file is read at once, as it grows, or from a disk that gives
// a few bytes at a time.  Every event that is not reported is one, and its rows lie within it.
#include <algorithm>

#include "fuzz.h"
#include "reader/log.h"
#include "reader/record_index.h"
#include "reader/scanner.h"

namespace ringboard::reader {
namespace {

using fuzz::Input;

// Framed, as the fuzzer can't guess a checksum.
void AppendRecord(std::vector<uint8_t>* file, const std::vector<uint8_t>& payload) {
  std::vector<uint8_t> record(payload.size() + wire::kRecordOverhead);
  if (!payload.empty()) {
    std::memcpy(record.data() + wire::kRecordHeaderBytes, payload.data(), payload.size());
  }
  wire::FrameRecord(record.data(), record.data() + wire::kRecordHeaderBytes + payload.size());
  file->insert(file->end(), record.begin(), record.end());
}

// A header whose checksum holds, whatever it promises.
void AppendHeader(std::vector<uint8_t>* file, uint64_t length) {
  uint8_t header[wire::kRecordHeaderBytes];
  wire::PutRecordHeader(header, length, wire::RecordHeaderCrc(length));
  file->insert(file->end(), header, header + sizeof header);
}

std::vector<uint8_t> File(Input& input) {
  std::vector<uint8_t> file;
  for (size_t parts = input.Below(12); parts > 0; --parts) {
    switch (input.Below(6)) {
      case 0: {
        const auto garbage = input.Bytes(input.Below(40));
        file.insert(file.end(), garbage.begin(), garbage.end());
        break;
      }
      case 1:
        AppendHeader(&file, input.Coin() ? input.Below(200) : input.Any<uint64_t>());
        break;
      case 2:
        file.insert(file.end(), input.Below(40), 0);
        break;
      default:
        AppendRecord(&file, input.Bytes(input.Below(120)));
    }
  }
  for (size_t flips = input.Below(3); flips > 0 && !file.empty(); --flips) {
    file[input.Below(file.size())] ^= input.Any<uint8_t>();
  }
  return file;
}

// A file of which `visible` bytes are there; Read gives at most `step` at a time.
class StepwiseSource final : public Source {
 public:
  StepwiseSource(const std::vector<uint8_t>& file, size_t step)
      : bytes_(file), visible(file.size()), step_(step) {}
  Status Size(uint64_t* size) override {
    *size = visible;
    return Status::Ok();
  }
  Status Read(uint64_t offset, uint8_t* to, size_t size, size_t* got) override {
    *got = 0;
    if (offset >= visible) return Status::Ok();
    *got = std::min({size, static_cast<size_t>(visible - offset), std::max(step_, size_t{16})});
    std::memcpy(to, bytes_.data() + offset, *got);
    return Status::Ok();
  }

 private:
  const std::vector<uint8_t>& bytes_;

 public:
  size_t visible;

 private:
  size_t step_;
};

using Span = std::pair<uint64_t, uint64_t>;

std::vector<Span> Records(RecordIndex& index) {
  std::vector<Span> spans;
  for (size_t i = 0; i < index.offsets().size(); ++i) {
    spans.emplace_back(index.offsets()[i], index.lengths()[i] + wire::kRecordOverhead);
  }
  return spans;
}

}  // namespace
}  // namespace ringboard::reader

FUZZ_TARGET(Input& input) {
  using namespace ringboard;
  using namespace ringboard::reader;
  const std::vector<uint8_t> file = File(input);
  MemorySource source(file);

  RecordIndex index;
  Scanner scanner(&index);
  CHECK(scanner.Scan(source, true).ok());
  std::vector<Span> parts = Records(index);
  for (const Problem& each : scanner.problems()) parts.emplace_back(each.offset, each.length);
  std::sort(parts.begin(), parts.end());
  uint64_t at = 0;
  for (const auto& [offset, length] : parts) {
    CHECK_EQ(offset, at);
    CHECK(length > 0);
    at = offset + length;
  }
  CHECK_EQ(at, file.size());

  // As it grows, from a slow disk.
  RecordIndex grown;
  Scanner follower(&grown);
  StepwiseSource slow(file, input.Between(16, 300));
  for (slow.visible = 0; slow.visible < file.size();) {
    slow.visible = std::min(file.size(), slow.visible + input.Between(1, 60));
    CHECK(follower.Scan(slow, false).ok());
    CHECK(follower.offset() <= slow.visible);
  }
  CHECK(follower.Scan(slow, true).ok());
  // What looks like a record beyond the end may be waited for, and then be in it: the sound ones
  // are not always the same, but none is made up.
  const std::vector<Span> sound = Records(index), later = Records(grown);
  if (scanner.problems().empty()) CHECK(sound == later);

  Log log({});
  Scanner reading(&log);
  CHECK(reading.Scan(source, true).ok());
  CHECK_EQ(reading.records(), sound.size());
  for (const auto& series : log.series()) {
    if (series->series_class() != SeriesClass::kBodies) continue;
    for (size_t row = 0; row < series->rows(); ++row) {
      const Body& body = series->bodies().data()[row];
      const auto record = std::find_if(sound.begin(), sound.end(),
                                       [&](const Span& span) { return span.first == body.record; });
      CHECK(record != sound.end());
      CHECK(uint64_t{body.offset} + body.length + wire::kRecordOverhead <= record->second);
    }
  }
}
