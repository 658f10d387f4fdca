// How any thread waits for the consumer's progress (room in a full ring, a flush), at no cost to
// the consumer while nobody waits.
//
// No lost wake-up.  waiter: W1 waiters_ + 1 (seq_cst), W2 condition(): load released_ (seq_cst),
// wait. consumer: R1 released_ = … (seq_cst, in Release), R2 Progress(): load waiters_ (seq_cst).
// The same with settled_ in the place of released_, R1 in Settle.
// In the one total order of the four: if W2 misses R1, then W1 is before R2, so the consumer sees
// the waiter and takes the mutex to notify; the waiter held it from before W2 until it waited.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace ringboard::sync {

class Gate {
 public:
  // Waits until condition() or for `limit`; returns condition().
  template <typename Condition>
  bool Wait(Condition condition, std::chrono::nanoseconds limit) {
    std::unique_lock lock(mutex_);
    waiters_.fetch_add(1, std::memory_order_seq_cst);              // W1
    const bool done = progress_.wait_for(lock, limit, condition);  // W2
    waiters_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: a needless notify does no harm
    return done;
  }

  // Consumer, when nothing is left to do of what stood before `position` in the ring: later than
  // its Release, as some things may only be done behind that.
  void Settle(uint64_t position) {
    settled_.store(position, std::memory_order_seq_cst);  // R1
    Progress();
  }
  bool HasSettled(uint64_t position) const {
    return static_cast<int64_t>(settled_.load(std::memory_order_seq_cst) - position) >= 0;
  }

  // Consumer, after each Release.
  void Progress() {
    if (waiters_.load(std::memory_order_seq_cst) == 0) [[likely]]
      return;  // R2
    std::lock_guard lock(mutex_);
    progress_.notify_all();
  }

 private:
  std::atomic<int> waiters_{0};
  std::atomic<uint64_t> settled_{0};
  std::mutex mutex_;
  std::condition_variable progress_;
};

}  // namespace ringboard::sync
