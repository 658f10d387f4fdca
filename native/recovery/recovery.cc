// See recovery.h.
#include "recovery/recovery.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "io/memory.h"
#include "io/shared_memory.h"
#include "recovery/event_file.h"
#include "recovery/records.h"
#include "segment/layout.h"
#include "sync/dead_ring.h"
#include "writer/batch.h"
#include "writer/core.h"
#include "writer/tables.h"

namespace ringboard::recovery {
namespace {

using writer::RecordKind;
using writer::Series;
using writer::Stream;

constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr uint64_t kMostNamesBytes = uint64_t{4} << 30;
constexpr int64_t kMostFileBytes = int64_t{1} << 60;
// A directory without a ring is being made or removed, unless nothing happens in it any more.
constexpr double kAbandonedSeconds = 3600;
// Its ring is locked a moment after it was made.
constexpr double kMakingSeconds = 10;

struct Unmapped {
  size_t bytes;
  void operator()(void* pages) const { io::UnmapPages(pages, bytes); }
};

struct Closed {
  int fd;
  ~Closed() {
    if (fd >= 0) io::CloseFile(fd);
  }
};

// A dead process's segment, read into private memory.
class DeadSegment {
 public:
  DeadSegment(std::string path, io::FileSystem* files)
      : path_(std::move(path)),
        files_(files),
        batch_(&tables_.streams, &tables_.series, /*segment=*/nullptr) {}

  // False with what is wrong in *detail.
  bool Read(int ring_fd, uint64_t ring_file_bytes, std::string* detail);
  bool HasFileBelow(const std::string& log_dir) const;
  // Encodes and completes; false when the ring is damaged.
  bool Complete();

  int64_t process() const { return header_.process; }
  std::vector<FileReport> Reports() const;
  bool AllDone() const;

 private:
  // A stream of the dead process: its file, and the encoder's view of it.
  struct Target {
    Stream* stream = nullptr;
    std::unique_ptr<EventFile> file;  // null: it has none
    int64_t at = 0;                   // where the next encoded byte is to stand
  };

  struct Spill {
    int64_t offset = 0;
    std::string bytes = {};
    int64_t end() const { return offset + static_cast<int64_t>(bytes.size()); }
  };

  bool ReadNames(std::string* detail);
  void Encode(const sync::Record& record);
  void EncodeFar(const sync::Record& record, Target* target);
  Target* Find(uint32_t id);
  uint32_t* FindSeries(uint32_t id);
  bool Rename(sync::Record* record, Target** target);
  bool RenameValues(const sync::Record& record, const Target& target);
  void Begin(uint32_t id, Target* target);
  Spill ReadSpill(uint32_t id, int64_t file_end, int64_t limit) const;
  std::optional<int64_t> FindIntent(uint32_t id) const;
  bool ReadBegun(std::string* detail);
  bool NoteBegun(uint32_t id, int64_t offset);
  void TakeEncoded();
  std::string ReadFile(const std::string& name, uint64_t most, int* error) const;

  const std::string path_;
  io::FileSystem* const files_;
  segment::Header header_{};
  std::unique_ptr<void, Unmapped> pages_{nullptr, Unmapped{0}};
  segment::Names names_;
  std::unordered_map<uint32_t, segment::Intent> begun_;
  uint64_t begun_bytes_ = 0;
  std::set<std::pair<uint64_t, uint64_t>> opened_;  // devices and inodes
  writer::Tables tables_;
  writer::Batch batch_;
  std::unordered_map<uint32_t, Target> targets_;  // by the dead process's numbers
  std::vector<Target*> by_our_number_;
  std::unordered_map<uint32_t, uint32_t> renamed_;  // the dead process's series → ours
};

bool DeadSegment::Read(int ring_fd, uint64_t ring_file_bytes, std::string* detail) {
  const auto cannot = [&](const char* what) {
    *detail = what;
    return false;
  };
  if (ring_file_bytes < segment::kHeaderBytes ||
      io::ReadAt(ring_fd, 0, static_cast<void*>(&header_), sizeof header_) != 0 ||
      std::memcmp(header_.magic, segment::kMagic, sizeof header_.magic) != 0) {
    return cannot("no ring of ringboard");
  }
  if (header_.version != segment::kVersion) {
    return cannot("another version of ringboard made it: recover with that version");
  }
  const uint64_t bytes = header_.ring_bytes;
  if (header_.header_bytes != segment::kHeaderBytes || !std::has_single_bit(bytes) ||
      bytes < 2 * sync::kCellBytes || bytes > writer::kLargestRingBytes ||
      ring_file_bytes != segment::kHeaderBytes + bytes) {
    return cannot("damaged: its header is impossible");
  }
  pages_ = {io::MapZeroedPages(bytes), Unmapped{bytes}};
  if (pages_ == nullptr || io::ReadAt(ring_fd, segment::kHeaderBytes, pages_.get(), bytes) != 0) {
    return cannot("cannot read it: no memory");
  }
  return ReadNames(detail);
}

bool DeadSegment::ReadNames(std::string* detail) {
  int error = 0;
  const std::string bytes = ReadFile(segment::kNamesFile, kMostNamesBytes, &error);
  if (error != 0) {
    *detail = "cannot read its names: " + std::generic_category().message(error);
    return false;
  }
  // A torn last entry is that of a name that was never used.
  segment::ParseNames(bytes, &names_);
  return ReadBegun(detail);
}

bool DeadSegment::ReadBegun(std::string* detail) {
  int error = 0;
  const std::string bytes = ReadFile(segment::kBegunFile, kMostNamesBytes, &error);
  if (error == ENOENT) return true;
  if (error != 0) {
    *detail = "cannot read what a recovery noted: " + std::generic_category().message(error);
    return false;
  }
  // A torn last one is of a file that was not touched yet.
  for (size_t at = 0; bytes.size() - at >= sizeof(segment::Intent); at += sizeof(segment::Intent)) {
    segment::Intent intent;
    std::memcpy(&intent, bytes.data() + at, sizeof intent);
    begun_[intent.stream] = intent;
    begun_bytes_ = at + sizeof intent;
  }
  return true;
}

bool DeadSegment::NoteBegun(uint32_t id, int64_t offset) {
  const segment::Intent intent{id, 0, offset};
  const std::string path = path_ + "/" + segment::kBegunFile;
  const io::OpenedFile opened =
      begun_bytes_ == 0 ? io::CreatePrivateFile(path) : io::OpenPrivateFileForWriting(path);
  const Closed closed{opened.fd};
  if (opened.error != 0 || io::AppendAll(opened.fd, begun_bytes_, &intent, sizeof intent) != 0) {
    return false;
  }
  begun_bytes_ += sizeof intent;
  return true;
}

std::string DeadSegment::ReadFile(const std::string& name, uint64_t most, int* error) const {
  const io::OpenedFile opened = io::OpenPrivateFile(path_ + "/" + name);
  const Closed closed{opened.fd};
  *error = opened.error;
  if (*error == 0 && opened.size > most) *error = EFBIG;
  if (*error != 0) return {};
  std::string bytes(opened.size, '\0');
  *error = io::ReadAt(opened.fd, 0, bytes.data(), bytes.size());
  return bytes;
}

bool DeadSegment::HasFileBelow(const std::string& log_dir) const {
  if (log_dir.empty()) return true;
  const std::string below = log_dir.ends_with('/') ? log_dir : log_dir + "/";
  return std::any_of(names_.streams.begin(), names_.streams.end(),
                     [&](const auto& each) { return each.second.path.starts_with(below); });
}

bool DeadSegment::Complete() {
  // Streams with nothing in the ring may have something spilled.
  for (const auto& [id, stream] : names_.streams) {
    if (io::Exists(path_ + "/spill." + std::to_string(id))) Find(id);
  }
  const sync::DeadRing state = sync::ForEachLeftBehind(
      static_cast<const sync::Cell*>(pages_.get()), header_.ring_bytes / sync::kCellBytes,
      header_.marks.durable.load(), header_.marks.zeroed.load(),
      [this](const sync::Record& record) { Encode(record); });
  TakeEncoded();
  return state == sync::DeadRing::kWhole;
}

void DeadSegment::Encode(const sync::Record& record) {
  sync::Record renamed = record;
  Target* target = nullptr;
  if (writer::KindOf(record.label) >= RecordKind::kFlush || !IsWhole(record) ||
      !Rename(&renamed, &target) || target->file == nullptr || !target->file->usable()) {
    return;
  }
  if (writer::KindOf(record.label) == RecordKind::kFarEvent) return EncodeFar(renamed, target);
  batch_.Encode(renamed);
  if (!batch_.HasRoom(kChunkBytes)) TakeEncoded();
}

// Its body lies in a file of its own; what the record points at died with the process.
void DeadSegment::EncodeFar(const sync::Record& record, Target* target) {
  writer::FarEventBody body;
  std::memcpy(&body, record.body(), sizeof body);
  int error = ENOENT;
  const std::string bytes =
      body.kept == 0 ? "" : ReadFile("far." + std::to_string(body.kept), UINT64_MAX / 2, &error);
  if (error != 0 || bytes.size() != body.size) {
    // Its caller still waited for it, unless the file was failing.
    TakeEncoded();
    return target->file->Leave("an event of " + std::to_string(body.size) +
                               " bytes, too large for the ring, could not be kept");
  }
  batch_.EncodeEvent(target->stream, body.wall_time, body.step,
                     reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  TakeEncoded();
}

// From the dead process's numbers to ours.  False: a number that nobody defined.
bool DeadSegment::Rename(sync::Record* record, Target** target) {
  const RecordKind kind = writer::KindOf(record->label);
  const uint32_t id = writer::IdOf(record->label);
  if (kind == RecordKind::kScalar || kind == RecordKind::kScalarSeries) {
    const uint32_t* series = FindSeries(id);
    if (series == nullptr) return false;
    *target = Find(names_.series.at(id).stream);
    record->label = writer::Label(kind, *series);
    return true;
  }
  *target = Find(id);
  if (*target == nullptr) return false;
  record->label = writer::Label(kind, (*target)->stream->id);
  return kind != RecordKind::kLog || RenameValues(*record, **target);
}

bool DeadSegment::RenameValues(const sync::Record& record, const Target& target) {
  // The pages are ours, to write to as well.
  auto* const bytes = const_cast<uint8_t*>(record.body());
  const auto& body = *reinterpret_cast<const writer::LogBody*>(bytes);
  auto* const values = reinterpret_cast<writer::LogValue*>(bytes + sizeof body);
  for (uint64_t i = 0; i < body.count; ++i) {
    const uint32_t* series = FindSeries(values[i].series);
    if (series == nullptr) return false;
    const Series& known = *tables_.series.Get(*series);
    if (known.stream != target.stream || known.scalar.style() != wire::ScalarStyle::kSimple) {
      return false;
    }
    values[i].series = *series;
  }
  return true;
}

DeadSegment::Target* DeadSegment::Find(uint32_t id) {
  if (const auto found = targets_.find(id); found != targets_.end()) return &found->second;
  const auto name = names_.streams.find(id);
  if (name == names_.streams.end() || tables_.streams.full()) return nullptr;
  Target& target = targets_[id];
  auto stream = std::make_unique<Stream>(tables_.streams.NextId());
  target.stream = stream.get();
  tables_.streams.Add(std::move(stream));
  by_our_number_.push_back(&target);
  if (!name->second.path.empty()) {
    target.file = std::make_unique<EventFile>(name->second, files_);
    Begin(id, &target);
  }
  return &target;
}

uint32_t* DeadSegment::FindSeries(uint32_t id) {
  if (const auto found = renamed_.find(id); found != renamed_.end()) return &found->second;
  const auto name = names_.series.find(id);
  if (name == names_.series.end() || tables_.series.full() ||
      name->second.style > static_cast<uint8_t>(wire::ScalarStyle::kDoubleTensor)) {
    return nullptr;
  }
  const Target* target = Find(name->second.stream);
  if (target == nullptr) return nullptr;
  const uint32_t ours = tables_.series.Add(std::make_unique<Series>(
      target->stream, name->second.tag, static_cast<wire::ScalarStyle>(name->second.style)));
  return &(renamed_[id] = ours);
}

// Where in the stream's file the records in the ring begin, if that was stored.
std::optional<int64_t> DeadSegment::FindIntent(uint32_t id) const {
  if (const auto begun = begun_.find(id); begun != begun_.end()) return begun->second.offset;
  if (header_.batch.load() != header_.marks.durable.load()) return std::nullopt;
  const uint32_t count = std::min(header_.intents.load(), segment::kMaxIntents);
  const auto* const end = header_.intent + count;
  const auto* const found = std::find_if(
      header_.intent, end, [id](const segment::Intent& each) { return each.stream == id; });
  if (found == end) return std::nullopt;
  // Unsigned: in a damaged segment these may be any numbers.
  return static_cast<int64_t>(static_cast<uint64_t>(found->offset) -
                              static_cast<uint64_t>(names_.streams.at(id).base));
}

// Where in its file the records from the ring belong; what was spilled stands before them.
void DeadSegment::Begin(uint32_t id, Target* target) {
  EventFile* const file = target->file.get();
  if (!file->usable()) return;
  const segment::StreamName& name = names_.streams.at(id);
  if (!opened_.emplace(name.device, name.inode).second) {
    return file->Leave("damaged: two writers claim it");
  }
  const std::optional<int64_t> intent = FindIntent(id);
  if (intent && (*intent > kMostFileBytes || *intent < -kMostFileBytes)) {
    return file->Leave("damaged: it says that the file has an impossible size");
  }
  const Spill spill = ReadSpill(id, file->end(), intent.value_or(kMostFileBytes));
  if (spill.offset < 0) return file->Leave("it is shorter than its first records");
  if (!spill.bytes.empty() && spill.offset > file->end()) {
    return file->Leave("it is shorter than when the process wrote to it");
  }
  const int64_t end = std::max(file->end(), spill.end());
  target->at = intent.value_or(end);
  if (target->at > end) {
    if (spill.bytes.empty() && header_.incomplete.load() == 0) {
      return file->Leave("it is shorter than when the process wrote to it");
    }
    file->Note(std::to_string(target->at - end) + " bytes could not be kept and are missing");
    target->at = end;
  }
  if (spill.bytes.empty() && file->end() < static_cast<int64_t>(name.head_bytes)) {
    return file->Leave("it is shorter than its first records");
  }
  if (!begun_.contains(id) && !NoteBegun(id, target->at)) {
    return file->Leave("cannot note in " + path_ + " how far it is: no room there");
  }
  if (!spill.bytes.empty()) {
    file->Put(spill.offset, reinterpret_cast<const uint8_t*>(spill.bytes.data()),
              spill.bytes.size(), /*whole_records=*/false);
  }
}

// What was kept of the bytes that could not be written, as far as it belongs to the stream's
// present file, which ends at `file_end`, and stands there before `limit`.
DeadSegment::Spill DeadSegment::ReadSpill(uint32_t id, int64_t file_end, int64_t limit) const {
  int error = 0;
  std::string bytes = ReadFile("spill." + std::to_string(id), UINT64_MAX / 2, &error);
  segment::SpillHead head;
  if (error != 0 || bytes.size() < sizeof head) return {};
  std::memcpy(&head, bytes.data(), sizeof head);
  const segment::StreamName& name = names_.streams.at(id);
  // Unsigned: in a damaged segment this may be any number.
  auto offset =
      static_cast<int64_t>(static_cast<uint64_t>(head.offset) - static_cast<uint64_t>(name.base));
  if (offset > limit || offset < -kMostFileBytes) return {};
  bytes.erase(0, sizeof head);
  if (bytes.size() > static_cast<uint64_t>(limit - offset)) {
    bytes.resize(static_cast<size_t>(limit - offset));
  }
  // What the stream wrote to an earlier file stands before this one's head.  A head that the file
  // lacks is among the bytes themselves: it was made anew.
  const auto head_bytes = static_cast<int64_t>(name.head_bytes);
  if (file_end >= head_bytes && offset < head_bytes) {
    bytes.erase(0, static_cast<size_t>(head_bytes - offset));
    offset = head_bytes;
  }
  if (bytes.empty()) return {};
  return {offset, std::move(bytes)};
}

void DeadSegment::TakeEncoded() {
  for (Stream* stream : batch_.dirty()) {
    Target& target = *by_our_number_[stream->id];
    stream->dirty = false;
    target.file->Put(target.at, stream->pending.data(), stream->pending.size(),
                     /*whole_records=*/true);
    if (stream->stats.dropped.load() != 0) target.file->Leave("no memory to encode its events");
    target.at += static_cast<int64_t>(stream->pending.size());
    batch_.Recycle(stream);
  }
  batch_.dirty().clear();
  batch_.ResetBytes();
}

std::vector<FileReport> DeadSegment::Reports() const {
  std::vector<FileReport> reports;
  for (const auto& [id, target] : targets_) {
    if (target.file == nullptr) continue;
    const FileReport& report = target.file->report();
    if (report.bytes != 0 || report.state == FileState::kLeft || !report.detail.empty()) {
      reports.push_back(report);
    }
  }
  std::sort(reports.begin(), reports.end(),
            [](const FileReport& a, const FileReport& b) { return a.path < b.path; });
  return reports;
}

bool DeadSegment::AllDone() const {
  return std::none_of(targets_.begin(), targets_.end(), [](const auto& each) {
    const auto& file = each.second.file;
    return file != nullptr && file->report().state == FileState::kLeft;
  });
}

// A process that dies while it makes its segment leaves one that was never used.
void RemoveIfAbandoned(const std::string& segment) {
  const double idle = io::SecondsSinceChange(segment);
  const io::OpenedFile unnamed = io::OpenPrivateFile(segment + "/" + segment::kUnnamedRingFile);
  const Closed closed{unnamed.fd};
  const bool dead =
      unnamed.error == 0 && idle > kMakingSeconds && io::LockUntilDeath(unnamed.fd) == 0;
  if (dead || idle > kAbandonedSeconds) {
    io::RemovePrivateDirectory(segment, segment::kRingFile);
  }
}

SegmentReport Recover(const std::string& segment, const Choice& choice, io::FileSystem* files) {
  SegmentReport report;
  report.path = segment;
  const auto unusable = [&](std::string detail) {
    report.state = SegmentState::kUnusable;
    report.detail = std::move(detail);
    if (choice.discard) io::RemovePrivateDirectory(segment, segment::kRingFile);
    return report;
  };
  if (const int error = io::CheckPrivateDirectory(segment); error != 0) {
    report.state = SegmentState::kUnusable;
    report.detail = error == EACCES ? "others may write to it, or own it" : "no directory";
    return report;
  }
  const std::string ring_path = segment + "/" + segment::kRingFile;
  const io::OpenedFile ring = io::OpenPrivateFile(ring_path);
  const Closed closed{ring.fd};
  if (ring.error == ENOENT) {
    RemoveIfAbandoned(segment);
    return report;  // being made, or being removed
  }
  if (ring.error != 0) return unusable(std::generic_category().message(ring.error));
  if (io::LockUntilDeath(ring.fd) != 0 || !io::IsNamed(ring.fd, ring_path)) return report;

  DeadSegment dead(segment, files);
  std::string detail;
  if (!dead.Read(ring.fd, ring.size, &detail)) return unusable(std::move(detail));
  report.process = dead.process();
  if (!dead.HasFileBelow(choice.log_dir)) {
    report.state = SegmentState::kElsewhere;
    return report;
  }
  const bool whole = dead.Complete();
  report.files = dead.Reports();
  if (!whole) return unusable("damaged: what follows in the ring can't be told apart");
  const bool done = dead.AllDone();
  report.state = done ? SegmentState::kRecovered : SegmentState::kLeft;
  if (done || choice.discard) io::RemovePrivateDirectory(segment, segment::kRingFile);
  return report;
}

}  // namespace

SegmentReport RecoverSegment(const std::string& segment, const Choice& choice,
                             io::FileSystem* files) {
  try {
    return Recover(segment, choice, files);
  } catch (const std::exception&) {  // sizes are checked, so only memory can fail
    SegmentReport report;
    report.path = segment;
    report.state = SegmentState::kUnusable;
    report.detail = "no memory to recover it";
    return report;
  }
}

std::vector<SegmentReport> RecoverAll(const std::string& root, const Choice& choice,
                                      io::FileSystem* files) {
  std::vector<SegmentReport> reports;
  std::vector<std::string> names = io::NamesIn(root);
  std::sort(names.begin(), names.end());
  const std::string prefix = io::PrivateDirectoryPrefix();
  for (const std::string& name : names) {
    if (!name.starts_with(prefix)) continue;
    reports.push_back(RecoverSegment(root + "/" + name, choice, files));
  }
  return reports;
}

}  // namespace ringboard::recovery
