// See core.h.
#include "writer/core.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>
#include <system_error>

#include "io/memory.h"
#include "io/process.h"
#include "io/shared_memory.h"

namespace ringboard::writer {

using namespace std::chrono_literals;

namespace {

// Of the memory that is free for shared files a ring takes no larger part: data loaders need it
// too.
constexpr uint64_t kShareOfFree = 4;
constexpr size_t kSmallestSharedRing = size_t{1} << 20;

constexpr auto kPatienceWithDestroy = 2s;
constexpr Clock::duration kBetweenMessages = 1s;

std::unique_ptr<segment::Segment> MakeSegment(const std::string& root, size_t ring_bytes) {
  const uint64_t free = io::FreeBytes(root);
  size_t bytes = ring_bytes;
  while (bytes > free / kShareOfFree && bytes > kSmallestSharedRing) bytes /= 2;
  std::unique_ptr<segment::Segment> segment;
  Status status = Status::Os(ENOSPC, std::to_string(free >> 20) + " MB are free there", root);
  if (bytes <= free / kShareOfFree) status = segment::Segment::Make(root, bytes, &segment);
  if (!status.ok()) {
    io::WriteToStderr("ringboard: the ring can't lie in shared memory, " + status.path() + ": " +
                      std::generic_category().message(status.os_errno()) + " (" + status.message() +
                      "); should this process be killed, its last events are lost that were not "
                      "written yet. Make "
                      "room there, or name another directory in RINGBOARD_SHM_DIR (empty: none, "
                      "and no warning)\n");
  }
  return segment;
}

}  // namespace

Status Core::Make(size_t ring_bytes, io::FileSystem* files, Core** core,
                  const std::string& shared_root) {
  if (ring_bytes < kSmallestRingBytes || ring_bytes > kLargestRingBytes) {
    return Status::Invalid("a ring of " + std::to_string(ring_bytes) + " bytes: expected " +
                           std::to_string(kSmallestRingBytes) + " to " +
                           std::to_string(kLargestRingBytes));
  }
  ring_bytes = std::bit_ceil(ring_bytes);
  std::unique_ptr<segment::Segment> segment;
  if (!shared_root.empty()) segment = MakeSegment(shared_root, ring_bytes);
  if (segment != nullptr) ring_bytes = segment->ring_bytes();
  const bool shared = segment != nullptr;
  auto* cells =
      shared ? segment->cells() : static_cast<sync::Cell*>(io::MapZeroedPages(ring_bytes));
  if (cells == nullptr) {
    return Status::OutOfMemory("no memory for a ring of " + std::to_string(ring_bytes) + " bytes");
  }
  Core* made = nullptr;
  try {
    made = new Core(std::move(segment), cells, ring_bytes, files);
  } catch (const std::bad_alloc&) {
    if (!shared) io::UnmapPages(cells, ring_bytes);  // else the segment's destructor has done it
    return Status::OutOfMemory("no memory for the writer thread's buffers");
  }
  if (Status status = made->StartThread(); !status.ok()) {
    delete made;
    return status;
  }
  *core = made;
  return Status::Ok();
}

Core::Core(std::unique_ptr<segment::Segment> segment, sync::Cell* cells, size_t ring_bytes,
           io::FileSystem* files)
    : segment_(std::move(segment)),
      cells_(cells),
      ring_bytes_(ring_bytes),
      files_(files),
      ring_(cells, ring_bytes / sync::kCellBytes, /*start=*/0,
            segment_ != nullptr ? segment_->marks() : nullptr),
      drain_(&ring_, &tables_, &doorbell_, &gate_, files, segment_.get()) {}

Core::~Core() {
  if (thread_.joinable()) {
    drain_.Stop();
    thread_.join();
  }
  if (segment_ == nullptr) {
    io::UnmapPages(cells_, ring_bytes_);
  } else if (NothingPending()) {
    segment_->Remove();
  }
}

// After the writer thread's end.
bool Core::NothingPending() {
  bool nothing = true;
  std::lock_guard lock(tables_.mutex);
  tables_.streams.ForEach([&](const Stream& stream) { nothing &= stream.pending.empty(); });
  return nothing;
}

Status Core::StartThread() {
  try {
    thread_ = std::thread([this] { drain_.Run(); });
  } catch (const std::system_error& error) {
    return Status::Os(error.code().value(), "cannot start the writer thread", "");
  }
  return Status::Ok();
}

template <typename... Arguments>
Stream* Core::AddStream(const Arguments&... arguments) {
  try {
    std::lock_guard lock(tables_.mutex);
    if (tables_.streams.full()) return nullptr;
    auto entry = std::make_unique<Stream>(tables_.streams.NextId(), arguments...);
    Stream* const made = entry.get();
    tables_.streams.Add(std::move(entry));
    return made;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

Status Core::OpenNowhere(Stream** stream) {
  *stream = AddStream();
  if (*stream == nullptr) return Status::OutOfMemory("too many writers at once");
  if (segment_ != nullptr) segment_->DefineStream((*stream)->id, {});
  return Status::Ok();
}

Status Core::Open(const std::string& path, std::string_view head, Stream** stream) {
  const io::OpenResult opened = files_->Create(path);
  if (opened.error != 0) return Status::Os(opened.error, "cannot create the event file", path);
  const io::FileSizeSignalHeld held;
  const io::WriteResult result =
      files_->Write(opened.fd, reinterpret_cast<const uint8_t*>(head.data()), head.size());
  if (result.error != 0) {
    files_->Close(opened.fd);
    files_->Remove(path);  // a torn header would be all it holds
    return Status::Os(result.error, "cannot write the event file's header", path);
  }
  Stream* const made = AddStream(path, opened.identity, head);
  if (made == nullptr) {
    files_->Close(opened.fd);
    return Status::Os(EMFILE, "too many event files at once", path);
  }
  made->stats.bytes_written.store(head.size(), std::memory_order_relaxed);
  made->file_bytes = head.size();
  if (segment_ != nullptr) {
    segment_->DefineStream(made->id,
                           {path, opened.identity.device, opened.identity.inode, head.size()});
  }
  // Pass the open descriptor on, unless that would open ever more of them before the thread looks.
  const bool claimed = drain_.open_files().Claim();
  const sync::Slot slot = claimed ? TryReserve(sizeof(AdoptBody)) : sync::Slot();
  if (slot) {
    *reinterpret_cast<AdoptBody*>(slot.body()) = {opened.fd};
    Commit(slot, RecordKind::kAdopt, made->id);
  } else {
    if (claimed) drain_.open_files().Unclaim();
    files_->Close(opened.fd);
  }
  *stream = made;
  return Status::Ok();
}

Status Core::DefineSeries(Stream* stream, std::string_view tag, wire::ScalarStyle style,
                          uint32_t* id) {
  if (tag.size() > kMaxTagBytes) {
    return Status::Invalid("a tag of " + std::to_string(tag.size()) + " bytes: expected at most " +
                           std::to_string(kMaxTagBytes));
  }
  try {
    auto entry = std::make_unique<Series>(stream, tag, style);
    std::lock_guard lock(tables_.mutex);
    if (tables_.series.full()) {
      return Status::OutOfMemory("more than " + std::to_string(IdTable<Series>::kMaxEntries) +
                                 " tags at once");
    }
    std::vector<uint32_t>& ids = stream->series_ids;
    // Room first, so that nothing can fail between the two insertions.
    if (ids.size() == ids.capacity()) ids.reserve(2 * ids.size() + 8);
    *id = tables_.series.Add(std::move(entry));
    ids.push_back(*id);
    if (segment_ != nullptr) {
      segment_->DefineSeries(*id, stream->id, static_cast<uint8_t>(style), tag);
    }
  } catch (const std::bad_alloc&) {
    return Status::OutOfMemory("no memory for a tag of " + std::to_string(tag.size()) + " bytes");
  }
  return Status::Ok();
}

void Core::Destroy(Stream* stream) {
  sync::Slot slot = TryReserve(0);
  while (!slot) {
    if (CallAge() > kPatienceWithDestroy) return;  // a leak is better than a program that hangs
    WaitForRoom(0, 100ms);
    slot = TryReserve(0);
  }
  Commit(slot, RecordKind::kDestroy, stream->id);
}

uint64_t Core::KeepFar(const ByteBuffer& body) {
  return segment_ != nullptr ? segment_->KeepFar(body.data(), body.size()) : 0;
}

void Core::ForgetFar(uint64_t kept) {
  if (kept != 0) segment_->RemoveFar(kept);
}

bool Core::WaitForRoom(size_t body_bytes, std::chrono::nanoseconds limit) {
  const uint64_t cells = sync::CellsFor(body_bytes);
  doorbell_.Ring();
  // Half as much again for the padding at the lap's end, which is shorter than the record.
  return gate_.Wait([&] { return ring_.capacity() - ring_.used() >= 2 * cells; }, limit);
}

void Core::GiveUp(Stream* stream, uint64_t events) {
  // Relaxed: counters, and a time that only bounds how much is said.
  stream->stats.accepted.fetch_add(events, std::memory_order_relaxed);
  stream->stats.dropped.fetch_add(events, std::memory_order_relaxed);
  stream->stats.given_up_untold.fetch_add(events, std::memory_order_relaxed);
  const int64_t now = Clock::now().time_since_epoch().count();
  int64_t last = gave_up_at_.load(std::memory_order_relaxed);
  if (last != INT64_MIN && now - last < kBetweenMessages.count()) return;
  if (!gave_up_at_.compare_exchange_strong(last, now, std::memory_order_relaxed)) return;
  const std::string call = CallText();
  io::WriteToStderr("ringboard: events of " + stream->path() + " are dropped: the ring is full" +
                    (call.empty() ? "" : ", and the file system does not answer a " + call) + "\n");
}

bool Core::TryRequest(Stream* stream, RecordKind kind, uint64_t* position) {
  const sync::Slot slot = TryReserve(0);
  if (!slot) return false;
  Commit(slot, kind, stream->id);
  // Everything reserved so far, the request among it, ends at or before this.
  *position = ring_.reserved();
  doorbell_.Ring();
  return true;
}

bool Core::WaitUntilDone(uint64_t position, std::chrono::nanoseconds limit) {
  return gate_.Wait([&] { return gate_.HasSettled(position); }, limit);
}

bool Core::DrainAll(std::chrono::nanoseconds limit) {
  doorbell_.Ring();
  return WaitUntilDone(Position(), limit);
}

void Core::Retire() {
  if (segment_ == nullptr) return;
  bool nothing_pending = ring_.used() == 0;
  std::lock_guard lock(tables_.mutex);
  tables_.streams.ForEach([&](const Stream& stream) {
    nothing_pending &= stream.stats.bytes_pending.load(std::memory_order_relaxed) == 0;
  });
  if (nothing_pending) segment_->Remove();
}

Status Core::TakeError(Stream* stream) {
  StreamStats& stats = stream->stats;
  const int error = stats.error.load(std::memory_order_acquire);
  if (const uint64_t lost = stats.lost_untold.exchange(0, std::memory_order_relaxed); lost != 0) {
    return Status::Os(
        error != 0 ? error : EIO,
        std::to_string(lost) + " events were dropped while the file could not be written",
        stream->path());
  }
  if (const uint64_t given_up = stats.given_up_untold.exchange(0, std::memory_order_relaxed);
      given_up != 0) {
    return Status::Os(
        ETIMEDOUT,
        std::to_string(given_up) +
            " events were dropped while the ring was full and the file system did not "
            "answer; all others are in the file",
        stream->path());
  }
  if (const int sync_error = stats.sync_error.exchange(0); sync_error != 0) {
    return Status::Os(
        sync_error,
        "fsync failed: what was written since the last one that succeeded may not survive "
        "a power failure",
        stream->path());
  }
  if (error == 0) return Status::Ok();
  const uint64_t pending = stats.bytes_pending.load(std::memory_order_relaxed);
  if (pending == 0) {
    stats.error.store(0, std::memory_order_relaxed);
    return Status::Os(error, "the file system reported", stream->path());
  }
  return Status::Os(error, std::to_string(pending) + " bytes are kept and tried again",
                    stream->path());
}

CoreStats Core::stats() {
  std::lock_guard lock(tables_.mutex);
  return {ring_bytes_, ring_.used() * sync::kCellBytes,
          std::max(drain_.high_water_cells(), ring_.used()) * sync::kCellBytes,
          tables_.streams.size(), static_cast<uint64_t>(drain_.open_files().count())};
}

}  // namespace ringboard::writer
