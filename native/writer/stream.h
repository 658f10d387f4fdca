// One event file as the writer knows it, and the scalar series (tags) that go into it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_buffer.h"
#include "io/file_system.h"
#include "wire/scalar.h"

namespace ringboard::writer {

using Clock = std::chrono::steady_clock;

struct StreamStats {
  // Events whose add_* returned.  Counted by the producer's side.
  std::atomic<uint64_t> accepted{0};
  // The writer thread's, except that a producer that drops adds to `dropped` too.
  std::atomic<uint64_t> written{0};
  std::atomic<uint64_t> dropped{0};
  std::atomic<uint64_t> bytes_written{0};
  std::atomic<uint64_t> bytes_pending{0};
  // Events dropped because their file could not be written, not told to anybody yet.
  std::atomic<uint64_t> lost_untold{0};
  // Events that callers gave up because the ring stayed full, not told to anybody yet.
  std::atomic<uint64_t> given_up_untold{0};
  // errno of the latest failed fsync, not told to anybody yet.
  std::atomic<int> sync_error{0};
  // errno of the latest failed attempt while bytes are pending because of it; 0 when all is well.
  std::atomic<int> error{0};
};

// A stream's files, the newest first.
struct StreamFile {
  std::string path;
  const StreamFile* earlier = nullptr;
};

// When a stream goes on in a new file, between two records.
struct Rotation {
  uint64_t max_bytes;       // no file grows beyond, unless its first event does
  Clock::duration max_age;  // what comes later goes to a new file
  // A file's path: this, its number in six digits, and that.
  std::string before, behind;
  std::string head_body;  // of the one event that begins it: the serialized fields behind the step
};

struct Stream {
  Stream(uint32_t stream_id, std::string file_path, io::FileIdentity file_identity,
         std::string_view file_head)
      : id(stream_id),
        head(file_head),
        identity(file_identity),
        file_(new StreamFile{std::move(file_path)}) {}
  // One without a file: what comes is counted as written, and is gone.
  explicit Stream(uint32_t stream_id) : id(stream_id), discards(true), file_(new StreamFile{}) {}
  ~Stream() {
    const StreamFile* file = file_.load(std::memory_order_relaxed);
    while (file != nullptr) delete std::exchange(file, file->earlier);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The file that it writes to now.  From any thread; what this returns lives as long as the
  // stream.
  const std::string& path() const { return files().path; }
  const StreamFile& files() const { return *file_.load(std::memory_order_acquire); }

  void SetRotation(uint64_t max_bytes, int64_t max_age_ns, std::string before, std::string behind,
                   std::string head_body) {
    rotation.reset(new Rotation{max_bytes, std::chrono::nanoseconds(max_age_ns), std::move(before),
                                std::move(behind), std::move(head_body)});
  }

  const uint32_t id;
  const bool discards = false;
  // Set, if at all, before the first event is logged.
  std::unique_ptr<const Rotation> rotation;
  StreamStats stats;
  // How often the writer thread makes the file durable while there is something new; 0: when asked.
  std::atomic<int64_t> sync_every_ns{0};

  // From here on the writer thread's own.
  // The file's first bytes, for a new one in the place of one that was deleted.
  std::string head;
  uint64_t file_bytes = 0;  // what the file holds
  int64_t base = 0;         // see segment::StreamName
  Clock::time_point file_begun_at = Clock::now();
  Clock::time_point no_new_file_before{};  // after a failed attempt to make one
  uint32_t next_file = 1;
  io::FileIdentity identity;
  ByteBuffer pending;  // encoded and not yet written: whole records
  // How much of the first of them is in the file already.  It is kept whole for as long as its end
  // is not, so that it can go to another file.
  size_t torn_bytes = 0;
  size_t pending_head_bytes = 0;  // how many of its first bytes are the head of a new file
  uint64_t pending_events = 0;
  bool deleted = false;           // the file is gone: the next write goes to a new one
  Clock::time_point looked_at{};  // when the file was last seen to be there
  bool dirty = false;             // in the batch's list of streams to write out
  bool unsynced = false;          // there is something new, of a stream with sync_every_ns
  bool name_synced = false;       // the file's directory is durable, too
  // Earlier files that nobody has made durable yet.
  std::vector<std::pair<std::string, io::FileIdentity>> earlier_unsynced;
  Clock::time_point synced_at{};  // or when the first event came
  bool destroyed = false;         // kDestroy came; lives on until `pending` is out
  int open_slot = -1;             // in OpenFiles
  Clock::duration back_off{};     // zero when healthy
  Clock::time_point retry_at{};
  // Where in the file the pending bytes begin, and where in the stream they end.
  uint64_t pending_offset() const { return file_bytes - torn_bytes; }
  int64_t end() const { return base + static_cast<int64_t>(pending_offset() + pending.size()); }
  void SetFile(std::string path) {
    file_.store(new StreamFile{std::move(path), file_.load(std::memory_order_relaxed)},
                std::memory_order_release);
  }
  bool failing() const { return back_off != Clock::duration::zero(); }

  // Under the core's table mutex.
  std::vector<uint32_t> series_ids;

 private:
  std::atomic<const StreamFile*> file_;
};

struct Series {
  Series(Stream* owner, std::string_view tag, wire::ScalarStyle style)
      : stream(owner), scalar(tag, style) {}
  Stream* const stream;
  const wire::ScalarTemplate scalar;
};

}  // namespace ringboard::writer
