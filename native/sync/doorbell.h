// How the consumer sleeps and how producers wake it.
//
// A producer must not pay for a consumer that is awake: Notify() is one load and a branch that is
// not taken.  Only when the consumer has parked (nothing came for a while) does a producer ring the
// bell.
//
// No lost wake-up.  The two sides are
//   producer:  P1 ring.Reserve (seq_cst CAS of reserved_) … Commit … P2 Notify: load parked_
//   (seq_cst) consumer:  C1 parked_ = true (seq_cst) … C2 nothing_to_do(): load reserved_
//   (seq_cst), then wait
// All four are seq_cst, so they have one total order.  If C2 does not see P1, then C2 is before P1,
// hence C1 before P2, hence P2 sees parked_ and rings.  If C2 sees P1, the consumer does not wait
// at all (the record may not be committed yet; the caller naps and looks again).  Note that P1 is
// the CAS that the producer needs anyway: no fence is added to its path.
//
// Ring() may come at any time, from any thread, any number of times; a ring before the wait is
// kept.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace ringboard::sync {

class Doorbell {
 public:
  // Producer, after Commit.
  void Notify() {
    if (parked_.load(std::memory_order_seq_cst)) [[unlikely]]
      RingIfParked();  // P2
  }

  // Anyone: wakes the consumer from Nap and Park alike.
  void Ring() {
    {
      std::lock_guard lock(mutex_);
      rung_ = true;
    }
    wake_.notify_one();
  }

  // Consumer: sleeps for `duration` or until Ring(); producers' Notify() does not end it.
  void Nap(std::chrono::nanoseconds duration) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, duration, [this] { return rung_; });
    rung_ = false;
  }

  // Consumer: sleeps until Notify(), Ring() or `limit`, unless `nothing_to_do()` is false.
  template <typename Condition>
  void Park(Condition nothing_to_do, std::chrono::nanoseconds limit) {
    parked_.store(true, std::memory_order_seq_cst);   // C1
    if (nothing_to_do()) Nap(limit);                  // C2
    parked_.store(false, std::memory_order_relaxed);  // relaxed: a spurious ring does no harm
  }

 private:
  void RingIfParked() {
    // Of many producers that find the consumer parked, one pays for the bell.
    if (parked_.exchange(false, std::memory_order_relaxed)) Ring();
  }

  std::atomic<bool> parked_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool rung_ = false;  // under mutex_
};

}  // namespace ringboard::sync
