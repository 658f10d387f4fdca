// Include this before a header of native/sync: what it calls std::atomic, std::mutex and
// std::condition_variable is then the model's.
//
// Nothing in those headers is changed for it.  They say std:: inside of namespace ringboard::sync,
// where a namespace `std` of its own is found first; it holds these three, and by its
// using-directive all else that ::std holds.  The program must not be linked with code that uses
// the same templates without this header (the library's own objects are not pulled in by these
// tests).
#pragma once

#include <atomic>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <limits>
#include <mutex>
#include <type_traits>

#include "model.h"

namespace ringboard::sync::std {

using namespace ::std;

template <typename T>
class atomic {
 public:
  static_assert(sizeof(T) <= sizeof(uint64_t) && is_trivially_copyable_v<T>);
  static constexpr bool is_always_lock_free = true;

  atomic() = default;
  constexpr atomic(T value) : value_(value) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(memory_order order = memory_order_seq_cst) const {
    return FromBits(model::Load(&value_, sizeof(T), order));
  }
  void store(T value, memory_order order = memory_order_seq_cst) {
    model::Store(&value_, sizeof(T), ToBits(value), order);
  }
  T exchange(T value, memory_order order = memory_order_seq_cst) {
    return Modify([value](T) { return value; }, order);
  }
  T fetch_add(T more, memory_order order = memory_order_seq_cst) {
    return Modify([more](T old) { return static_cast<T>(old + more); }, order);
  }
  T fetch_sub(T less, memory_order order = memory_order_seq_cst) {
    return Modify([less](T old) { return static_cast<T>(old - less); }, order);
  }
  T fetch_or(T bits, memory_order order = memory_order_seq_cst) {
    return Modify([bits](T old) { return static_cast<T>(old | bits); }, order);
  }
  bool compare_exchange_strong(T& expected, T desired, memory_order success, memory_order failure) {
    uint64_t bits = ToBits(expected);
    const bool done =
        model::CompareExchange(&value_, sizeof(T), &bits, ToBits(desired), success, failure);
    expected = FromBits(bits);
    return done;
  }
  // Never fails without a reason here.
  bool compare_exchange_weak(T& expected, T desired, memory_order success, memory_order failure) {
    return compare_exchange_strong(expected, desired, success, failure);
  }

 private:
  static uint64_t ToBits(T value) {
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(T));
    return bits;
  }
  static T FromBits(uint64_t bits) {
    T value;
    memcpy(&value, &bits, sizeof(T));
    return value;
  }
  template <typename Change>
  T Modify(Change change, memory_order order) {
    return FromBits(model::Modify(
        &value_, sizeof(T), [&](uint64_t old) { return ToBits(change(FromBits(old))); }, order));
  }

  T value_;
};

class mutex {
 public:
  void lock() { model::Lock(this); }
  void unlock() { model::Unlock(this); }

 private:
  [[maybe_unused]] char place_ = 0;  // the model goes by addresses
};

class condition_variable {
 public:
  void notify_one() { model::Notify(this, /*all=*/false); }
  void notify_all() { model::Notify(this, /*all=*/true); }

  void wait(unique_lock<mutex>& lock) { model::WaitForNotify(this, lock.mutex()); }
  template <typename Predicate>
  void wait(unique_lock<mutex>& lock, Predicate predicate) {
    while (!predicate()) wait(lock);
  }
  template <typename Duration, typename Predicate>
  bool wait_for(unique_lock<mutex>& lock, const Duration&, Predicate predicate) {
    wait(lock, predicate);
    return true;
  }

 private:
  [[maybe_unused]] char place_ = 0;
};

}  // namespace ringboard::sync::std
