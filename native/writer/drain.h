// The writer thread: takes records out of the ring, has them encoded and written, gives the room
// back.
//
// One a process, whatever the number of writers.  It never runs Python and never takes a lock that
// a producer holds for longer than a table insertion.
//
// Rhythm: while records keep coming it naps for kNap between batches, so that many events share a
// write and producers' cache lines are left alone; an event is in its file at most about kNap after
// its call. When nothing came for kAwake it parks, and the next producer rings the bell
// (sync/doorbell.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "sync/doorbell.h"
#include "sync/gate.h"
#include "sync/ring.h"
#include "writer/batch.h"
#include "writer/output.h"
#include "writer/tables.h"

namespace ringboard::writer {

class Drain {
 public:
  Drain(sync::Ring* ring, Tables* tables, sync::Doorbell* doorbell, sync::Gate* gate,
        io::FileSystem* files, segment::Segment* segment)
      : ring_(ring),
        tables_(tables),
        doorbell_(doorbell),
        gate_(gate),
        segment_(segment),
        batch_(&tables->streams, &tables->series, segment),
        output_(files, segment) {}

  // The thread's body.  Returns after Stop(), with the ring empty and one more attempt made on
  // every stream that fails.
  void Run();
  void Stop() {
    stopping_.store(true, std::memory_order_release);
    doorbell_->Ring();
  }
  // After this, what was the thread's own may be looked at by others.
  bool finished() const { return finished_.load(std::memory_order_acquire); }

  OpenFiles& open_files() { return output_.open_files(); }
  const CallWatch& watch() const { return output_.watch(); }
  // The most cells that were ever found in use.
  uint64_t high_water_cells() const { return high_water_cells_.load(std::memory_order_relaxed); }

 private:
  enum class Progress { kNothing, kDrained, kMoreWaiting };
  Progress RunBatch();
  void Control(const sync::Record& record);
  void WriteDirty();
  void RetryFailing(bool now_due);
  void AfterRelease();
  void Unmake(Stream* stream);

  sync::Ring* const ring_;
  Tables* const tables_;
  sync::Doorbell* const doorbell_;
  sync::Gate* const gate_;
  segment::Segment* const segment_;  // may be null
  Batch batch_;
  Output output_;
  std::vector<Stream*> unmade_;  // in this batch
  std::atomic<bool> stopping_{false};
  std::atomic<bool> finished_{false};
  std::atomic<uint64_t> high_water_cells_{0};
};

}  // namespace ringboard::writer
