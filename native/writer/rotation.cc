// How a stream goes on in another file; see output.h.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "io/process.h"
#include "wire/event.h"
#include "writer/output.h"

namespace ringboard::writer {
namespace {

using namespace std::chrono_literals;

constexpr Clock::duration kBetweenAttempts = 1s;
// Names that others have taken; more than that is no accident.
constexpr int kMostNames = 1000;

size_t RecordBytes(const uint8_t* record) { return wire::kRecordOverhead + LoadLittle64(record); }

std::string PathOf(const Rotation& rotation, uint32_t file) {
  char number[16];
  std::snprintf(number, sizeof number, "%06u", file);
  return rotation.before + number + rotation.behind;
}

// The base of the next file, if it begins behind all that was written.
int64_t BaseBehind(const Stream& stream, const std::string& head) {
  return stream.base + static_cast<int64_t>(stream.file_bytes) - static_cast<int64_t>(head.size());
}

}  // namespace

size_t Output::FileTakes(const Stream& stream, size_t from) {
  const size_t size = stream.pending.size();
  const Rotation* const rotation = stream.rotation.get();
  if (rotation == nullptr) return size;
  const Clock::time_point now = Clock::now();
  if (now < stream.no_new_file_before) return size;
  const uint64_t begins = stream.file_bytes - (stream.torn_bytes - from);
  const bool has_events = begins > stream.head.size();
  const bool old = has_events && now - stream.file_begun_at >= rotation->max_age;
  const uint64_t room = old || begins > rotation->max_bytes ? 0 : rotation->max_bytes - begins;
  if (size - from <= room) return size;
  size_t end = from;
  // Half a record, a head, and a file's first event have to go where they are.
  if (stream.torn_bytes > from) end += RecordBytes(stream.pending.data() + end);
  if (from == 0) end = std::max(end, stream.pending_head_bytes);
  if (!has_events && end < size) end += RecordBytes(stream.pending.data() + end);
  while (end < size) {
    const size_t next = end + RecordBytes(stream.pending.data() + end);
    if (next - from > room) break;
    end = next;
  }
  return end;
}

int Output::BeginFile(Stream* stream, int fd) {
  const Clock::time_point now = Clock::now();
  const std::string& body = stream->rotation->head_body;
  std::string head(wire::EventRecordSize(0, body.size()), '\0');
  wire::PutEventRecord(reinterpret_cast<uint8_t*>(head.data()), io::WallTime(), 0, body.data(),
                       body.size());
  std::string path;
  io::OpenResult made;
  if (const int error = MakeFile(stream, head, &path, &made); error != 0) {
    if (MayTell()) {
      io::WriteToStderr("ringboard: cannot begin " + path + ": " +
                        std::generic_category().message(error) + "; until it can, " +
                        stream->path() + " grows beyond its limit\n");
    }
    // From now: the attempt itself may have taken longer than the pause.
    stream->no_new_file_before = Clock::now() + kBetweenAttempts;
    return fd;
  }
  if (stream->sync_every_ns.load(std::memory_order_relaxed) != 0) {
    Sync(stream);
  } else {
    stream->earlier_unsynced.emplace_back(stream->path(), stream->identity);
  }
  stream->base = BaseBehind(*stream, head);
  stream->file_bytes = head.size();
  stream->stats.bytes_written.fetch_add(head.size(), std::memory_order_relaxed);
  stream->head = std::move(head);
  stream->SetFile(std::move(path));
  stream->file_begun_at = now;
  stream->name_synced = false;
  if (const int error = open_files_.Replace(stream, made); error != 0) {
    stream->stats.error.store(error, std::memory_order_release);
  }
  return made.fd;
}

// Makes the next file, with its head; 0 or an errno.
int Output::MakeFile(Stream* stream, const std::string& head, std::string* path,
                     io::OpenResult* made) {
  for (int tries = 0; tries < kMostNames; ++tries) {
    *path = PathOf(*stream->rotation, stream->next_file++);
    *made = files_->Create(*path);
    if (made->error != EEXIST) break;
  }
  if (made->error != 0) return made->error;
  int error =
      files_->Write(made->fd, reinterpret_cast<const uint8_t*>(head.data()), head.size()).error;
  // One entry: whoever comes to recover knows the old file, or the new one with its head.
  if (error == 0 && segment_ != nullptr) {
    const segment::StreamName name{*path, made->identity.device, made->identity.inode, head.size(),
                                   BaseBehind(*stream, head)};
    if (!segment_->DefineStream(stream->id, name)) error = ENOSPC;
  }
  if (error != 0) {
    files_->Close(made->fd);
    files_->Remove(*path);
  }
  return error;
}

// 0 or an errno.
int Output::SyncEarlier(Stream* stream) {
  while (!stream->earlier_unsynced.empty()) {
    const auto& [path, identity] = stream->earlier_unsynced.back();
    const io::OpenResult opened = files_->Reopen(path, identity);
    int error = opened.error;
    if (error == 0) {
      error = files_->Sync(opened.fd);
      files_->Close(opened.fd);
    }
    // One that was deleted, or packed, is nobody's loss.
    if (error != 0 && error != ENOENT && error != ESTALE) return error;
    stream->earlier_unsynced.pop_back();
  }
  return 0;
}

}  // namespace ringboard::writer
