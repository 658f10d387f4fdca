// The one core of a process: made at first use, left behind by fork, drained at exit.
//
// It is never destroyed.  The writer thread must be able to run until the very end of the process,
// past the destruction of static objects and past the interpreter, so there is no moment to destroy
// it at.
#include <atomic>
#include <mutex>
#include <string>
#include <system_error>

#include "io/process.h"
#include "io/shared_memory.h"
#include "writer/core.h"

namespace ringboard::writer {
namespace {

using namespace std::chrono_literals;

std::atomic<Core*> current{nullptr};
std::atomic<size_t> configured_ring_bytes{kDefaultRingBytes};

// A mutex that a fork can't leave locked in the child: the child gets a new one.
std::atomic<std::mutex*> making{new std::mutex};

constexpr auto kExitPatience = 10s;

}  // namespace

struct ProcessCore {
  // Only what a signal handler may do: the other threads are gone, and with them whoever held a
  // lock.
  static void InForkedChild() {
    Core* inherited = current.exchange(nullptr, std::memory_order_relaxed);
    if (inherited != nullptr) {
      inherited->drain_.open_files().CloseAllInForkedChild();
      if (inherited->segment_ != nullptr) inherited->segment_->CloseInForkedChild();
    }
    Core::generation_.fetch_add(1, std::memory_order_relaxed);
    making.store(nullptr, std::memory_order_relaxed);
  }

  // A script that ends without close() loses nothing.  A disk that is full or does not answer must
  // not keep the process for ever: the wait ends when a whole kExitPatience went by without
  // progress.
  static void AtExit() {
    Core* core = current.load(std::memory_order_acquire);
    if (core == nullptr) return;
    for (uint64_t released = core->ring_.released(); !core->DrainAll(kExitPatience);) {
      const uint64_t now = core->ring_.released();
      const auto age = core->CallAge();  // short: pieces of a large write, one after the other
      if (now == released && (age == 0ns || age >= kExitPatience)) break;
      released = now;
    }
    // Streams that fail have kept their bytes back: one more attempt each, and word of what is
    // left.
    core->drain_.Stop();
    if (!core->gate_.Wait([core] { return core->drain_.finished(); }, kExitPatience)) {
      return TellWhatIsUnwritten(core);
    }
    core->thread_.join();
    segment::Segment* const segment = core->segment_.get();
    if (segment != nullptr && core->NothingPending()) return segment->Remove();
    std::lock_guard lock(core->tables_.mutex);
    core->tables_.streams.ForEach([segment](const Stream& stream) {
      const uint64_t pending = stream.pending.size() - stream.torn_bytes;
      if (pending == 0) return;
      io::WriteToStderr("ringboard: " + std::to_string(pending) + " bytes of " + stream.path() +
                        " could not be written before the process ended: " +
                        std::generic_category().message(stream.stats.error.load()) +
                        (segment != nullptr && segment->HasSpilled(stream.id)
                             ? "; they are kept in " + segment->path() +
                                   ", and `ringboard recover` writes them once it can\n"
                             : "\n"));
    });
  }

  static void TellWhatIsUnwritten(Core* core) {
    uint64_t events = 0;
    {
      std::lock_guard lock(core->tables_.mutex);
      core->tables_.streams.ForEach([&events](const Stream& stream) {
        const StreamStats& stats = stream.stats;
        events += stats.accepted.load() - stats.written.load() - stats.dropped.load();
      });
    }
    const std::string call = core->CallText();
    io::WriteToStderr("ringboard: " + std::to_string(events) +
                      " events could not be written before the process ended" +
                      (call.empty() ? "" : ": the file system did not answer a " + call) + "\n");
  }

  static std::mutex& Making() {
    std::mutex* mutex = making.load(std::memory_order_acquire);
    if (mutex == nullptr) {
      auto* fresh = new std::mutex;
      if (making.compare_exchange_strong(mutex, fresh, std::memory_order_acq_rel)) return *fresh;
      delete fresh;
    }
    return *mutex;
  }
};

Core* Core::Current() { return current.load(std::memory_order_acquire); }

Status Core::GetOrMake(Core** core) {
  *core = Current();
  if (*core != nullptr) return Status::Ok();
  std::lock_guard lock(ProcessCore::Making());
  *core = Current();
  if (*core != nullptr) return Status::Ok();
  static const int fork_error = io::CallInForkedChild(&ProcessCore::InForkedChild);
  if (fork_error != 0) return Status::Os(fork_error, "cannot register the fork handler", "");
  Status status = Make(configured_ring_bytes.load(), &io::System(), core, io::SharedMemoryRoot());
  if (!status.ok()) return status;
  static const bool registered = (io::CallAtExit(&ProcessCore::AtExit), true);
  (void)registered;
  current.store(*core, std::memory_order_release);
  return Status::Ok();
}

Status Core::Configure(size_t ring_bytes) {
  std::lock_guard lock(ProcessCore::Making());
  if (Current() != nullptr) {
    return Status::Invalid(
        "the ring is in use already: configure it before the first writer is made");
  }
  if (ring_bytes < kSmallestRingBytes || ring_bytes > kLargestRingBytes) {
    return Status::Invalid("ring_bytes=" + std::to_string(ring_bytes) + ": expected " +
                           std::to_string(kSmallestRingBytes) + " to " +
                           std::to_string(kLargestRingBytes) + " bytes");
  }
  configured_ring_bytes.store(ring_bytes);
  return Status::Ok();
}

}  // namespace ringboard::writer
