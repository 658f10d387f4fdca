// One event file as the writer knows it, and the scalar series (tags) that go into it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
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

struct Stream {
  Stream(uint32_t stream_id, std::string file_path, io::FileIdentity file_identity,
         std::string_view file_head)
      : id(stream_id), path(std::move(file_path)), head(file_head), identity(file_identity) {}
  // One without a file: what comes is counted as written, and is gone.
  explicit Stream(uint32_t stream_id) : id(stream_id), discards(true) {}

  const uint32_t id;
  const std::string path;
  const bool discards = false;
  const std::string
      head;  // the file's first bytes, for a new one in the place of one that was deleted
  StreamStats stats;
  // How often the writer thread makes the file durable while there is something new; 0: when asked.
  std::atomic<int64_t> sync_every_ns{0};

  // From here on the writer thread's own.
  uint64_t file_bytes = 0;  // what the file holds
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
  Clock::time_point synced_at{};  // or when the first event came
  bool destroyed = false;         // kDestroy came; lives on until `pending` is out
  int open_slot = -1;             // in OpenFiles
  Clock::duration back_off{};     // zero when healthy
  Clock::time_point retry_at{};
  // Where in the file the pending bytes begin.
  uint64_t pending_offset() const { return file_bytes - torn_bytes; }
  bool failing() const { return back_off != Clock::duration::zero(); }

  // Under the core's table mutex.
  std::vector<uint32_t> series_ids;
};

struct Series {
  Series(Stream* owner, std::string_view tag, wire::ScalarStyle style)
      : stream(owner), scalar(tag, style) {}
  Stream* const stream;
  const wire::ScalarTemplate scalar;
};

}  // namespace ringboard::writer
