// See output.h.
#include "writer/output.h"

#include <algorithm>
#include <cstring>
#include <system_error>

namespace ringboard::writer {
namespace {

using namespace std::chrono_literals;

constexpr Clock::duration kFirstBackOff = 10ms;
constexpr Clock::duration kLongestBackOff = 1s;
constexpr Clock::duration kBetweenMessages = 1s;

}  // namespace

bool Output::WriteOut(Stream* stream, bool now_due) {
  if (stream->pending.empty()) return true;
  if (stream->failing() && !now_due && Clock::now() < stream->retry_at) return false;
  if (stream->discards) {
    Written(stream);
    return true;
  }
  int error = 0;
  const int fd = open_files_.Open(stream, &error);
  if (fd < 0) {
    Failed(stream, error, "open");
    return false;
  }
  const io::WriteResult result = files_->Write(fd, stream->pending.data(), stream->pending.size());
  stream->stats.bytes_written.fetch_add(result.written, std::memory_order_relaxed);
  stream->file_bytes += result.written;
  if (result.error != 0) {
    stream->pending.DropFront(result.written);
    Failed(stream, result.error, "write");
    return false;
  }
  Written(stream);
  if (stream->failing()) Recovered(stream);
  return true;
}

void Output::Written(Stream* stream) {
  stream->stats.written.fetch_add(stream->pending_events, std::memory_order_relaxed);
  stream->stats.bytes_pending.store(0, std::memory_order_relaxed);
  stream->pending_events = 0;
  stream->pending.Clear();
}

void Output::Spill(Stream* stream) {
  if (segment_ == nullptr) return;
  segment_->Spill(stream->id, stream->file_bytes, stream->pending.data(), stream->pending.size());
}

void Output::Sync(Stream* stream) {
  if (stream->discards) return;
  int error = 0;
  const int fd = open_files_.Open(stream, &error);
  if (fd >= 0) error = files_->Sync(fd);
  // An error of fsync is told once, to the flush that asked; there are no bytes to keep for it.
  if (error != 0) stream->stats.error.store(error, std::memory_order_release);
}

void Output::Close(Stream* stream) {
  const int error = open_files_.Close(stream);
  if (error != 0) stream->stats.error.store(error, std::memory_order_release);
}

void Output::Forget(Stream* stream) {
  open_files_.Close(stream);
  failing_.erase(std::remove(failing_.begin(), failing_.end(), stream), failing_.end());
}

void Output::Failed(Stream* stream, int error, const char* call) {
  const Clock::time_point now = Clock::now();
  if (!stream->failing()) failing_.push_back(stream);
  stream->back_off = std::clamp(stream->back_off * 2, kFirstBackOff, kLongestBackOff);
  stream->retry_at = now + stream->back_off;
  stream->stats.bytes_pending.store(stream->pending.size(), std::memory_order_relaxed);
  stream->stats.error.store(error, std::memory_order_release);
  if (now - last_message_ < kBetweenMessages && last_message_ != Clock::time_point{}) return;
  last_message_ = now;
  const uint64_t lost = stream->stats.lost_untold.load(std::memory_order_relaxed);
  io::WriteToStderr("ringboard: cannot " + std::string(call) + " " + stream->path + ": " +
                    std::generic_category().message(error) + "; " +
                    std::to_string(stream->pending.size()) + " bytes are kept and tried again" +
                    (lost == 0 ? "" : ", " + std::to_string(lost) + " later events dropped") +
                    "\n");
}

void Output::Recovered(Stream* stream) {
  if (segment_ != nullptr) segment_->Unspill(stream->id);
  stream->back_off = Clock::duration::zero();
  stream->stats.error.store(0, std::memory_order_release);
  failing_.erase(std::remove(failing_.begin(), failing_.end(), stream), failing_.end());
}

}  // namespace ringboard::writer
