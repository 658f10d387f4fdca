// The core: one ring, one writer thread and the tables of streams and series; one a process.
//
// Producers (any thread, any number):
//   Series* loss;  core->DefineSeries(stream, "loss", kSimple, &loss)      once a tag
//   core->TryScalar(loss, wall_time, step, value)                           each step: no lock, no
//   call
// A Try… that returns false found the ring full: WaitForRoom, then try again.  Nothing here waits
// unless its name says so, so that callers can release the GIL around the waits and look at signals
// between them.
//
// Ownership: streams and series belong to the core.  A stream's maker calls Destroy when nobody can
// name it any more; records committed before that are still written.
//
// Fork: the child has no core (Current() is null) and a new Generation().  Pointers from before the
// fork must not be used there: whoever keeps one keeps the generation beside it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/byte_buffer.h"
#include "base/status.h"
#include "io/file_system.h"
#include "segment/segment.h"
#include "sync/doorbell.h"
#include "sync/gate.h"
#include "sync/ring.h"
#include "wire/scalar.h"
#include "writer/drain.h"
#include "writer/ring_record.h"
#include "writer/tables.h"

namespace ringboard::writer {

inline constexpr size_t kDefaultRingBytes = size_t{32} << 20;
inline constexpr size_t kSmallestRingBytes = size_t{64} << 10;
inline constexpr size_t kMaxTagBytes = size_t{1} << 28;
inline constexpr size_t kLargestRingBytes = size_t{16} << 30;

struct CoreStats {
  uint64_t ring_bytes, ring_used_bytes, ring_high_water_bytes;
  uint64_t streams, open_files;
};

class Core {
 public:
  // A core of its own, for tests; programs use GetOrMake.  `ring_bytes` is rounded up to a power of
  // two.  With a `shared_root` the ring lies in a segment there, smaller if there is little room;
  // where that can't be, stderr hears of it and the ring lies in private memory.
  static Status Make(size_t ring_bytes, io::FileSystem* files, Core** core,
                     const std::string& shared_root = "");
  ~Core();  // writes out what the ring holds

  // This process's core, made with the configured ring on first use.
  static Status GetOrMake(Core** core);
  static Core* Current();
  // How much ring the next core gets.  Invalid when this process has one already.
  static Status Configure(size_t ring_bytes);
  // Changes in every forked child.
  static uint32_t Generation() { return generation_.load(std::memory_order_relaxed); }

  // --- streams and series -----------------------------------------------------------------------
  // Creates the file (it must not exist) with `head` as its first bytes, on disk when this returns.
  Status Open(const std::string& path, std::string_view head, Stream** stream);
  // A stream without a file, for programs that log or not by a switch.
  Status OpenNowhere(Stream** stream);
  Status DefineSeries(Stream* stream, std::string_view tag, wire::ScalarStyle style, uint32_t* id);
  // The last act on a stream.  Waits for room if it must; when the file system does not answer, the
  // stream stays.
  void Destroy(Stream* stream);

  // --- producers --------------------------------------------------------------------------------
  bool TryScalar(uint32_t series, double wall_time, int64_t step, double value) {
    const sync::Slot slot = ring_.Reserve(sizeof(ScalarBody));
    if (!slot) [[unlikely]]
      return false;
    *reinterpret_cast<ScalarBody*>(slot.body()) = {wall_time, step, value};
    Commit(slot, RecordKind::kScalar, series);
    return true;
  }
  // For records that are filled in place.  Between the two no failure and no wait: everybody behind
  // it in the ring waits for the Commit.
  sync::Slot TryReserve(size_t body_bytes) { return ring_.Reserve(body_bytes); }
  void Commit(sync::Slot slot, RecordKind kind, uint32_t id) {
    sync::Ring::Commit(slot, Label(kind, id));
    doorbell_.Notify();
  }
  // Keeps a copy of an event's body that is too large for the ring where the death of the process
  // doesn't reach it.  Its number goes into the record; 0: there is no such place.
  uint64_t KeepFar(const ByteBuffer& body);
  void ForgetFar(uint64_t kept);  // its record was not committed after all
  // The largest body that goes through the ring; a quarter of it, so that one record can't stall
  // it.
  size_t max_body_bytes() const { return ring_bytes_ / 4; }
  // Waits until a record of `body_bytes` would probably fit, at most `limit`.
  bool WaitForRoom(size_t body_bytes, std::chrono::nanoseconds limit);
  // How long the writer thread has been in one call of the operating system; as long as this is
  // short, waiting helps.  And which call.
  std::chrono::nanoseconds CallAge() const { return drain_.watch().age(); }
  std::string CallText() const { return drain_.watch().text(); }
  // Counts events that a caller gave up because the ring stayed full, for the next TakeError, and
  // says so on stderr, at most once a second.
  void GiveUp(Stream* stream, uint64_t events);

  // --- waiting for the file ---------------------------------------------------------------------
  // Asks for kFlush, kSync or kClose; false when the ring is full.  When WaitUntilDone(*position)
  // is true, everything committed before the request is in its file, or the stream's stats.error
  // says why not.
  bool TryRequest(Stream* stream, RecordKind kind, uint64_t* position);
  bool WaitUntilDone(uint64_t position, std::chrono::nanoseconds limit);
  // What WaitUntilDone takes for all that is committed now.
  uint64_t Position() const { return ring_.reserved(); }
  // Waits until all that is committed now has been handed to the operating system; false after
  // `limit`.
  bool DrainAll(std::chrono::nanoseconds limit);
  // After a DrainAll, in a process that is about to end without exit handlers: its segment goes, if
  // nothing needs it.
  void Retire();

  // The error that keeps the stream's bytes back, or the latest of an fsync or close, which is told
  // once.
  Status TakeError(Stream* stream);

  CoreStats stats();

 private:
  // Adds a Stream made from its id and these; nullptr when there are too many, or no memory.
  template <typename... Arguments>
  Stream* AddStream(const Arguments&... arguments);
  Core(std::unique_ptr<segment::Segment> segment, sync::Cell* cells, size_t ring_bytes,
       io::FileSystem* files);
  bool NothingPending();
  Status StartThread();

  static inline std::atomic<uint32_t> generation_{0};

  const std::unique_ptr<segment::Segment> segment_;  // null: the ring is in private memory
  sync::Cell* const cells_;
  const size_t ring_bytes_;
  io::FileSystem* const files_;
  sync::Ring ring_;
  sync::Doorbell doorbell_;
  sync::Gate gate_;
  Tables tables_;
  Drain drain_;
  std::thread thread_;
  std::atomic<int64_t> gave_up_at_{INT64_MIN};  // when stderr heard of it last, in Clock's ticks

  friend struct ProcessCore;
};

}  // namespace ringboard::writer
