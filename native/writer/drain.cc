// See drain.h.
#include "writer/drain.h"

#include <vector>

#include "io/process.h"

namespace ringboard::writer {
namespace {

using namespace std::chrono_literals;

constexpr size_t kBatchBytes = 256
                               << 10;  // native/README.md has the write sizes that were measured
constexpr auto kNap = 2ms;
constexpr auto kAwake = 100ms;
constexpr auto kLongestPark = 1h;

}  // namespace

void Drain::Run() {
  io::BecomeBackgroundThread("ringboard");
  Clock::time_point last_progress = Clock::now();
  for (;;) {
    const bool stopping = stopping_.load(std::memory_order_acquire);
    const Progress progress = RunBatch();
    RetryFailing(/*now_due=*/stopping);
    output_.SyncDue(/*now_due=*/stopping);
    if (progress == Progress::kMoreWaiting) continue;
    if (stopping && !ring_->HasUnread()) break;
    const Clock::time_point now = Clock::now();
    if (progress == Progress::kDrained) last_progress = now;
    if (now - last_progress < kAwake) {
      doorbell_->Nap(kNap);
    } else {
      doorbell_->Park([this] { return !ring_->HasUnread(); }, output_.Idle(kLongestPark));
    }
  }
  finished_.store(true, std::memory_order_release);
  gate_->Progress();
}

Drain::Progress Drain::RunBatch() {
  const uint64_t used = ring_->used();
  if (used > high_water_cells_.load(std::memory_order_relaxed)) {
    high_water_cells_.store(used, std::memory_order_relaxed);  // only this thread writes it
  }
  bool any = false, more = false;
  while (const sync::Record record = ring_->Peek()) {
    if (!any) batch_.Begin();
    any = true;
    if (KindOf(record.label) >= RecordKind::kFlush) {
      Control(record);
    } else {
      batch_.Encode(record);
    }
    ring_->Advance(record);
    if (!batch_.HasRoom(kBatchBytes)) {
      more = true;
      break;
    }
  }
  if (!any) return Progress::kNothing;
  WriteDirty();
  ring_->Release();
  AfterRelease();
  gate_->Settle(ring_->released());
  return more ? Progress::kMoreWaiting : Progress::kDrained;
}

void Drain::Control(const sync::Record& record) {
  Stream* stream = tables_->streams.Get(IdOf(record.label));
  const RecordKind kind = KindOf(record.label);
  if (kind == RecordKind::kAdopt) {
    const auto* body = reinterpret_cast<const AdoptBody*>(record.body());
    output_.open_files().Adopt(stream, static_cast<int>(body->fd));
    return;
  }
  output_.LookAgain(stream);
  const bool written = output_.WriteOut(stream, /*now_due=*/true);
  if (kind == RecordKind::kSync && written) output_.Sync(stream);
  if (kind == RecordKind::kClose) output_.Close(stream);
  if (kind == RecordKind::kDestroy) {
    stream->destroyed = true;
    if (written) unmade_.push_back(stream);
  }
}

void Drain::WriteDirty() {
  for (Stream* stream : batch_.dirty()) {
    stream->dirty = false;
    if (output_.WriteOut(stream, /*now_due=*/false)) {
      batch_.Recycle(stream);
    } else {
      output_.Spill(stream);
    }
  }
  batch_.dirty().clear();
  batch_.ResetBytes();
}

void Drain::RetryFailing(bool now_due) {
  if (output_.failing().empty()) return;
  const std::vector<Stream*> failing = output_.failing();  // WriteOut changes it
  for (Stream* stream : failing) {
    if (!output_.WriteOut(stream, now_due)) continue;
    batch_.Recycle(stream);
    if (stream->destroyed) Unmake(stream);
  }
}

// What the dead process's heirs would have needed had it died before the Release, and numbers that
// may mean something else from now on.
void Drain::AfterRelease() {
  for (Stream* stream : unmade_) Unmake(stream);
  unmade_.clear();
  for (uint64_t number : batch_.kept()) segment_->RemoveFar(number);
  batch_.kept().clear();
}

void Drain::Unmake(Stream* stream) {
  if (stream->dirty) std::erase(batch_.dirty(), stream);
  output_.Forget(stream);
  if (segment_ != nullptr) segment_->Forget(stream->id);  // before the number is free again
  tables_->Remove(stream);
}

}  // namespace ringboard::writer
