// See segment.h.
#include "segment/segment.h"

#include <cerrno>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>

#include "io/file_system.h"
#include "io/process.h"
#include "io/shared_memory.h"

namespace ringboard::segment {
namespace {

// A names file of at least this is rewritten when most of it is about streams that are gone.
constexpr uint64_t kWorthCompacting = uint64_t{1} << 20;

}  // namespace

Status Segment::Make(const std::string& root, size_t ring_bytes, std::unique_ptr<Segment>* made) {
  try {
    std::unique_ptr<Segment> segment(new Segment);
    Status status = segment->Create(root, ring_bytes);
    if (status.ok()) {
      *made = std::move(segment);
    } else if (!segment->path_.empty()) {
      segment->Remove();
    }
    return status;
  } catch (const std::exception& error) {  // no memory, no source of random numbers
    return Status::Os(ENOMEM, error.what(), root);
  }
}

Status Segment::Create(const std::string& root, size_t ring_bytes) {
  std::string path;
  if (const int error = io::MakePrivateDirectory(root, &path); error != 0) {
    return Status::Os(error, "cannot make a directory in shared memory", root);
  }
  path_ = path;
  const io::OpenedFile names = io::CreatePrivateFile(path_ + "/" + kNamesFile);
  names_fd_ = names.fd;
  const int error = names.error != 0 ? names.error : CreateRing(ring_bytes);
  if (error != 0) return Status::Os(error, "cannot make the ring in shared memory", path_);
  return Status::Ok();
}

// The file gets its name when it is locked, so that nobody can take its process for dead.
int Segment::CreateRing(size_t ring_bytes) {
  const std::string unnamed = path_ + "/" + kUnnamedRingFile;
  const io::OpenedFile ring = io::CreatePrivateFile(unnamed);
  if (ring.error != 0) return ring.error;
  ring_fd_ = ring.fd;
  if (const int error = io::LockUntilDeath(ring_fd_); error != 0) return error;
  const size_t bytes = kHeaderBytes + ring_bytes;
  if (const int error = io::ReserveBytes(ring_fd_, bytes); error != 0) return error;
  auto* const memory = static_cast<uint8_t*>(io::MapShared(ring_fd_, bytes));
  if (memory == nullptr) return ENOMEM;
  mapped_bytes_ = bytes;
  header_ = new (memory) Header{};
  cells_ = reinterpret_cast<sync::Cell*>(memory + kHeaderBytes);
  std::memcpy(header_->magic, kMagic, sizeof kMagic);
  header_->version = kVersion;
  header_->header_bytes = kHeaderBytes;
  header_->ring_bytes = ring_bytes;
  header_->process = io::ProcessNumber();
  return io::Rename(unnamed, path_ + "/" + kRingFile);
}

Segment::~Segment() {
  if (names_fd_ >= 0) io::CloseFile(names_fd_);
  if (header_ != nullptr) io::Unmap(header_, mapped_bytes_);
  if (ring_fd_ >= 0) io::CloseFile(ring_fd_);
}

void Segment::Remove() {
  removed_.store(true, std::memory_order_relaxed);
  io::RemovePrivateDirectory(path_, kRingFile);
}

void Segment::CloseInForkedChild() {
  if (names_fd_ >= 0) io::CloseFile(names_fd_);
  if (ring_fd_ >= 0) io::CloseFile(ring_fd_);
}

void Segment::CannotKeep(const char* what, int error) {
  if (removed_.load(std::memory_order_relaxed)) return;
  if (header_->incomplete.exchange(1, std::memory_order_relaxed) != 0) return;  // told once
  io::WriteToStderr(
      "ringboard: cannot keep " + std::string(what) + " in " + path_ + ": " +
      std::generic_category().message(error) +
      "; should this process be killed, a part of what waits to be written is lost\n");
}

bool Segment::AppendName(const std::string& entry) {
  std::lock_guard lock(names_mutex_);
  const int error = io::AppendAll(names_fd_, names_bytes_, entry.data(), entry.size());
  if (error != 0) {
    CannotKeep("the names of tags", error);
    return false;
  }
  names_bytes_ += entry.size();
  if (names_bytes_ > kWorthCompacting && names_bytes_ > 2 * names_bytes_when_compact_) {
    CompactNames();
  }
  return true;
}

// Writes a names file of those that live, and puts it in the other's place.
void Segment::CompactNames() {
  names_bytes_when_compact_ = names_bytes_;  // if it fails: not again at once
  std::string bytes(names_bytes_, '\0');
  if (io::ReadAt(names_fd_, 0, bytes.data(), bytes.size()) != 0) return;
  Names names;
  ParseNames(bytes, &names);
  std::string compact;
  for (const auto& [id, stream] : names.streams) {
    compact += StreamEntry(id, stream);
    for (uint32_t series : stream.series) {
      const SeriesName& name = names.series.at(series);
      compact += SeriesEntry(series, id, name.style, name.tag);
    }
  }
  const std::string fresh = path_ + "/" + kNamesFile + ".new";
  const io::OpenedFile opened = io::CreatePrivateFile(fresh);
  if (opened.error != 0) return;
  if (io::AppendAll(opened.fd, 0, compact.data(), compact.size()) != 0 ||
      io::Rename(fresh, path_ + "/" + kNamesFile) != 0) {
    io::CloseFile(opened.fd);
    io::RemoveFile(fresh);
    return;
  }
  io::CloseFile(names_fd_);
  names_fd_ = opened.fd;
  names_bytes_ = names_bytes_when_compact_ = compact.size();
}

bool Segment::DefineStream(uint32_t id, const StreamName& stream) {
  return AppendName(StreamEntry(id, stream));
}

void Segment::DefineSeries(uint32_t id, uint32_t stream, uint8_t style, std::string_view tag) {
  AppendName(SeriesEntry(id, stream, style, tag));
}

void Segment::Forget(uint32_t stream) { AppendName(ForgetEntry(stream)); }

void Segment::BeginBatch() {
  header_->intents.store(0, std::memory_order_release);
  header_->batch.store(header_->marks.durable.load(std::memory_order_relaxed),
                       std::memory_order_release);
}

void Segment::Intend(uint32_t stream, int64_t offset) {
  const uint32_t count = header_->intents.load(std::memory_order_relaxed);
  header_->intent[count] = {stream, 0, offset};
  header_->intents.store(count + 1, std::memory_order_release);
}

std::string Segment::FileName(const char* stem, uint64_t number) const {
  return path_ + "/" + stem + std::to_string(number);
}

void Segment::Spill(uint32_t stream, int64_t offset, const uint8_t* bytes, size_t size) {
  SpillFile& spill = spills_.try_emplace(stream, SpillFile{offset, 0}).first->second;
  const std::string path = FileName("spill.", stream);
  if (offset > spill.offset + static_cast<int64_t>(spill.bytes)) {
    // Between the two lie bytes that there was no room to keep; they are in their file by now, as
    // is all that was kept.
    io::RemoveFile(path);
    spill = {offset, 0};
  }
  const io::OpenedFile opened =
      spill.bytes == 0 ? io::CreatePrivateFile(path) : io::OpenPrivateFileForWriting(path);
  int error = opened.error;
  if (error == 0 && spill.bytes == 0) {
    spill.offset = offset;
    error = io::AppendAll(opened.fd, 0, &spill.offset, sizeof spill.offset);
  }
  const uint64_t known = static_cast<uint64_t>(spill.offset - offset) + spill.bytes;
  if (error == 0 && size > known) {
    error = io::AppendAll(opened.fd, sizeof(SpillHead) + spill.bytes, bytes + known, size - known);
    if (error == 0) spill.bytes += size - known;
  }
  if (opened.error == 0) io::CloseFile(opened.fd);
  if (spill.bytes == 0) io::RemoveFile(path);
  if (error != 0) CannotKeep("the bytes of a file that fails", error);
}

void Segment::Unspill(uint32_t stream) {
  if (spills_.erase(stream) != 0) io::RemoveFile(FileName("spill.", stream));
}

uint64_t Segment::KeepFar(const uint8_t* bytes, size_t size) {
  const uint64_t number = next_far_.fetch_add(1, std::memory_order_relaxed);
  const io::OpenedFile opened = io::CreatePrivateFile(FileName("far.", number));
  int error = opened.error;
  if (error == 0) {
    error = io::AppendAll(opened.fd, 0, bytes, size);
    io::CloseFile(opened.fd);
    if (error == 0) return number;
    RemoveFar(number);
  }
  CannotKeep("an event that is too large for the ring", error);
  return 0;
}

void Segment::RemoveFar(uint64_t number) { io::RemoveFile(FileName("far.", number)); }

}  // namespace ringboard::segment
