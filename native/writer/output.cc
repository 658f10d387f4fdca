// See output.h.
#include "writer/output.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/endian.h"
#include "wire/record.h"

namespace ringboard::writer {
namespace {

using namespace std::chrono_literals;

constexpr Clock::duration kFirstBackOff = 10ms;
constexpr Clock::duration kLongestBackOff = 1s;
constexpr Clock::duration kBetweenMessages = 1s;
constexpr Clock::duration kBetweenLooks = 1s;
// Of one call, so that a slow disk can be told from one that does not answer.
constexpr size_t kWritePieceBytes = size_t{4} << 20;

// How many of the first `bytes` bytes of some records are whole records.
size_t WholeRecords(const uint8_t* records, size_t bytes) {
  size_t whole = 0;
  while (bytes - whole >= wire::kRecordOverhead) {
    const uint64_t payload = LoadLittle64(records + whole);
    if (payload > bytes - whole - wire::kRecordOverhead) break;
    whole += wire::kRecordOverhead + payload;
  }
  return whole;
}

}  // namespace

bool Output::WriteOut(Stream* stream, bool now_due) {
  if (stream->pending.empty()) return true;
  if (stream->discards) {
    Written(stream);
    return true;
  }
  const Clock::time_point now = Clock::now();
  if (stream->failing() && !now_due && now < stream->retry_at) {
    SetPending(stream);
    return false;
  }
  if (now - stream->looked_at >= kBetweenLooks) LookAgain(stream);
  CallWatch::Call watched(&watch_, "write to", stream->path());
  int error = 0;
  const char* call = nullptr;
  const int fd = Open(stream, &error, &call);
  if (fd >= 0) {
    call = "write to";
    error = WritePending(stream, fd, &watched);
  }
  if (error != 0) {
    // Another machine has removed it: no later attempt would fare better on this file.
    if (fd >= 0 && error == ESTALE) Deleted(stream);
    Failed(stream, error, call);
    return false;
  }
  Written(stream);
  MarkUnsynced(stream);
  if (stream->failing()) Recovered(stream);
  return true;
}

int Output::WritePending(Stream* stream, int fd, CallWatch::Call* call) {
  size_t& at = stream->torn_bytes;
  for (size_t end = FileTakes(*stream, 0); at < stream->pending.size();) {
    if (at == end) {
      fd = BeginFile(stream, fd);
      end = FileTakes(*stream, at);
    }
    const size_t piece = std::min(end - at, kWritePieceBytes);
    const io::WriteResult result = files_->Write(fd, stream->pending.data() + at, piece);
    stream->stats.bytes_written.fetch_add(result.written, std::memory_order_relaxed);
    stream->file_bytes += result.written;
    at += result.written;
    if (result.error != 0) {
      const size_t whole = WholeRecords(stream->pending.data(), at);
      stream->pending.DropFront(whole);
      stream->pending_head_bytes -= std::min(stream->pending_head_bytes, whole);
      at -= whole;
      return result.error;
    }
    if (at < stream->pending.size()) call->Progress();
  }
  return 0;
}

void Output::LookAgain(Stream* stream) {
  stream->looked_at = Clock::now();
  const int fd = open_files_.Peek(stream);
  const CallWatch::Call watched(&watch_, "look at", stream->path());
  if (fd >= 0 && files_->Deleted(fd)) Deleted(stream);
  if (deletions_untold_ != 0 && MayTell()) {
    io::WriteToStderr(
        "ringboard: " + std::to_string(std::exchange(deletions_untold_, 0)) +
        " more event files were deleted; what is logged from now on goes to new ones\n");
  }
}

void Output::Deleted(Stream* stream) {
  open_files_.Close(stream);
  stream->deleted = true;
  ++deletions_untold_;
  if (!MayTell()) return;
  const uint64_t lost = stream->file_bytes;
  const uint64_t others = std::exchange(deletions_untold_, 0) - 1;
  io::WriteToStderr("ringboard: " + stream->path() + " was deleted, and with it the " +
                    std::to_string(lost) + " bytes that it held" +
                    (others == 0 ? "" : " (and " + std::to_string(others) + " other event files)") +
                    "; what is logged from now on goes to a new file of that name\n");
}

int Output::Open(Stream* stream, int* error, const char** call) {
  *call = "open";
  if (!stream->deleted) {
    const int fd = open_files_.Open(stream, error);
    if (fd >= 0 || (*error != ENOENT && *error != ESTALE)) return fd;
    Deleted(stream);
  }
  *call = "make anew";
  *error = Remake(stream);
  return *error == 0 ? open_files_.Open(stream, error) : -1;
}

int Output::Remake(Stream* stream) {
  ByteBuffer all;
  const size_t begun = stream->pending_head_bytes;
  if (all.Reserve(stream->head.size() + stream->pending.size() - begun) == nullptr) return ENOMEM;
  int error = open_files_.Create(stream);
  if (error == ENOENT) {
    error = files_->MakeDirectoriesFor(stream->path());
    if (error == 0) error = open_files_.Create(stream);
  }
  if (error != 0) return error;
  // There is room for both.
  (void)all.Append(stream->head.data(), stream->head.size());
  (void)all.Append(stream->pending.data() + begun, stream->pending.size() - begun);
  const int64_t end = stream->end();
  stream->stats.bytes_written.fetch_sub(stream->file_bytes, std::memory_order_relaxed);
  stream->pending.Swap(all);
  stream->file_bytes = 0;
  stream->pending_head_bytes = stream->head.size();
  stream->torn_bytes = 0;
  stream->base = end - static_cast<int64_t>(stream->pending.size());
  stream->deleted = stream->name_synced = false;
  if (segment_ != nullptr) {
    segment_->Unspill(stream->id);
    Spill(stream);  // the head did not come through the ring
    segment_->DefineStream(stream->id, {stream->path(), stream->identity.device,
                                        stream->identity.inode, stream->head.size(), stream->base});
  }
  return 0;
}

void Output::Written(Stream* stream) {
  stream->stats.written.fetch_add(stream->pending_events, std::memory_order_relaxed);
  stream->stats.bytes_pending.store(0, std::memory_order_relaxed);
  stream->pending_events = 0;
  stream->torn_bytes = stream->pending_head_bytes = 0;
  stream->pending.Clear();
  if (segment_ != nullptr) segment_->Unspill(stream->id);
}

void Output::Spill(Stream* stream) {
  if (segment_ == nullptr) return;
  segment_->Spill(stream->id, stream->end() - static_cast<int64_t>(stream->pending.size()),
                  stream->pending.data(), stream->pending.size());
}

void Output::Sync(Stream* stream) {
  if (stream->unsynced) std::erase(unsynced_, stream);
  stream->unsynced = false;
  if (stream->discards) return;
  const CallWatch::Call watched(&watch_, "fsync of", stream->path());
  stream->synced_at = Clock::now();
  int error = 0;
  const int fd = open_files_.Open(stream, &error);
  if (fd < 0 && (error == ENOENT || error == ESTALE)) {
    if (!stream->deleted) Deleted(stream);
    return;  // nothing is left to be made durable
  }
  if (fd >= 0) error = files_->Sync(fd);
  if (error == 0) error = SyncEarlier(stream);
  if (error == 0 && !stream->name_synced) {
    error = files_->SyncDirectoriesOf(stream->path());
    stream->name_synced = error == 0;
  }
  if (error == 0) return;
  // There are no bytes to keep for it: the system may have thrown away what it could not store, and
  // a second fsync would succeed.  So it is told.
  stream->stats.sync_error.store(error, std::memory_order_release);
  if (!MayTell()) return;
  io::WriteToStderr("ringboard: cannot make " + stream->path() +
                    " durable: " + std::generic_category().message(error) +
                    "; what was written lately may not survive a power failure\n");
}

void Output::SyncDue(bool now_due) {
  if (unsynced_.empty()) return;
  const Clock::time_point now = Clock::now();
  const std::vector<Stream*> streams = unsynced_;  // Sync changes it
  for (Stream* stream : streams) {
    const Clock::duration every = std::chrono::nanoseconds(stream->sync_every_ns.load());
    if (now_due || now - stream->synced_at >= every) Sync(stream);
  }
}

Clock::duration Output::Idle(Clock::duration limit) const {
  if (!failing_.empty()) limit = std::min(limit, kFirstBackOff);
  if (unsynced_.empty()) return limit;
  const Clock::time_point now = Clock::now();
  for (const Stream* stream : unsynced_) {
    const Clock::duration every = std::chrono::nanoseconds(stream->sync_every_ns.load());
    limit = std::min(limit, std::max(Clock::duration(1ms), every - (now - stream->synced_at)));
  }
  return limit;
}

void Output::MarkUnsynced(Stream* stream) {
  // Relaxed: a number that is set once, when the stream is made.
  if (stream->unsynced || stream->sync_every_ns.load(std::memory_order_relaxed) == 0) return;
  if (stream->synced_at == Clock::time_point{}) stream->synced_at = Clock::now();
  stream->unsynced = true;
  unsynced_.push_back(stream);
}

void Output::Close(Stream* stream) {
  if (stream->unsynced) Sync(stream);
  const CallWatch::Call watched(&watch_, "close of", stream->path());
  const int error = open_files_.Close(stream);
  if (error != 0) stream->stats.error.store(error, std::memory_order_release);
}

void Output::Forget(Stream* stream) {
  Close(stream);
  failing_.erase(std::remove(failing_.begin(), failing_.end(), stream), failing_.end());
}

void Output::Failed(Stream* stream, int error, const char* call) {
  const Clock::time_point now = Clock::now();
  if (!stream->failing()) failing_.push_back(stream);
  stream->back_off = std::clamp(stream->back_off * 2, kFirstBackOff, kLongestBackOff);
  stream->retry_at = now + stream->back_off;
  SetPending(stream);
  stream->stats.error.store(error, std::memory_order_release);
  if (!MayTell()) return;
  const uint64_t lost = stream->stats.lost_untold.load(std::memory_order_relaxed);
  io::WriteToStderr("ringboard: cannot " + std::string(call) + " " + stream->path() + ": " +
                    std::generic_category().message(error) + "; " +
                    std::to_string(stream->pending.size() - stream->torn_bytes) +
                    " bytes are kept and tried again" +
                    (lost == 0 ? "" : ", " + std::to_string(lost) + " later events dropped") +
                    "\n");
}

void Output::SetPending(Stream* stream) {
  stream->stats.bytes_pending.store(stream->pending.size() - stream->torn_bytes,
                                    std::memory_order_relaxed);
}

bool Output::MayTell() {
  const Clock::time_point now = Clock::now();
  if (now - last_message_ < kBetweenMessages && last_message_ != Clock::time_point{}) return false;
  last_message_ = now;
  return true;
}

void Output::Recovered(Stream* stream) {
  stream->back_off = Clock::duration::zero();
  stream->stats.error.store(0, std::memory_order_release);
  failing_.erase(std::remove(failing_.begin(), failing_.end(), stream), failing_.end());
}

}  // namespace ringboard::writer
