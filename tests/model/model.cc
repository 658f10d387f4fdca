// See model.h.
#include "model.h"

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ringboard::model {
namespace {

constexpr size_t kStackBytes = 128 << 10;
constexpr uint64_t kMostSteps = 20'000;

// When each thread's part of the world was last known: the usual vector clock.
using Clock = std::array<uint32_t, kMostThreads>;
void Join(Clock* into, const Clock& from) {
  for (int i = 0; i < kMostThreads; ++i) (*into)[i] = std::max((*into)[i], from[i]);
}

struct LateStore {
  void* at;
  size_t size;
  uint64_t value;
  bool release;
  Clock clock;  // what who reads it learns, if it is a release
};

enum class State { kReady, kLocking, kNotified, kWaiting, kYielding, kEnded };

struct Fiber {
  std::function<void()> body;
  std::unique_ptr<char[]> stack = std::make_unique<char[]>(kStackBytes);
  ucontext_t context;
  State state = State::kEnded;
  const void* waits_for = nullptr;  // a mutex or a condition variable
  uint64_t yielded_at = 0;
  uint64_t own_changes = 0;
  std::vector<LateStore> late;
  Clock clock = {};
};

struct PlainWord {
  int writer = -1;
  uint32_t written_at = 0;
  Clock read_at = {};
};

struct Event {
  int thread;
  const char* what;
  const void* at;
  uint64_t value;
};

struct Decision {
  size_t chosen, count;
};

bool IsAcquire(std::memory_order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst || order == std::memory_order_consume;
}
bool IsRelease(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

class Explorer {
 public:
  Result Explore(const Options& options, const std::function<void(Run&)>& scenario) {
    options_ = options;
    random_ = options.random_seed * 0x9e3779b97f4a7c15u | 1u;
    Result result;
    path_.clear();
    while (result.runs < options.most_runs && !result.complete) {
      ++result.runs;
      RunOnce(scenario);
      if (!failure_.empty()) {
        result.failure = failure_;
        result.trace = Trace();
        break;
      }
      result.complete = options.random_seed == 0 && !NextPath();
    }
    return result;
  }

  void AddThread(std::function<void()> body) {
    if (threads_ == kMostThreads) std::abort();
    Fiber& fiber = fibers_[threads_++];
    fiber.body = std::move(body);
    fiber.state = State::kReady;
    fiber.late.clear();
    fiber.own_changes = 0;
    fiber.clock = {};
    fiber.clock[threads_ - 1] = 1;
  }
  void SetEnd(std::function<void()> check) { at_end_ = std::move(check); }
  void SetAlways(std::function<void()> check) { always_ = std::move(check); }

  void Fail(const std::string& what) {
    if (failure_.empty()) failure_ = what;
    if (current_ < 0) return;
    current_ = -1;  // this fiber is never resumed
    setcontext(&main_);
    std::abort();
  }

  // --- memory -----------------------------------------------------------------------------------
  uint64_t Load(const void* at, size_t size, std::memory_order order) {
    if (current_ < 0) return Memory(at, size);
    Step();
    const uint64_t value = Look(at, size, order);
    Note("load", at, value);
    return value;
  }

  void Store(void* at, size_t size, uint64_t value, std::memory_order order) {
    if (current_ < 0) return SetMemory(at, size, value);
    if ((options_.sabotage & kSeqCstStoresAreRelease) && order == std::memory_order_seq_cst) {
      order = std::memory_order_release;
    }
    if ((options_.sabotage & kReleaseIsRelaxed) && order == std::memory_order_release) {
      order = std::memory_order_relaxed;
    }
    if ((options_.sabotage & kZeroIsNotStored) && value == 0 &&
        order == std::memory_order_relaxed) {
      return;
    }
    Step();
    Fiber& self = fibers_[current_];
    const bool release = IsRelease(order);
    const LateStore store = {at, size, value, release, self.clock};
    if (release) ++self.clock[current_];
    if (order == std::memory_order_seq_cst) {
      Note("store seq_cst", at, value);
      FlushAll(current_);
      Apply(current_, store);
    } else if (Deviates()) {
      Note("store, late", at, value);
      self.late.push_back(store);
    } else {
      Note("store", at, value);
      if (release) {
        FlushAll(current_);
      } else {
        FlushAt(current_, at);
      }
      Apply(current_, store);
    }
  }

  uint64_t Modify(void* at, size_t size, const std::function<uint64_t(uint64_t)>& change,
                  std::memory_order order) {
    if (current_ >= 0) {
      Step();
      FlushAt(current_, at);
    }
    const uint64_t old = Memory(at, size);
    ModifyNow(at, size, change(old), order);
    return old;
  }

  bool CompareExchange(void* at, size_t size, uint64_t* expected, uint64_t desired,
                       std::memory_order success, std::memory_order failure) {
    Step();
    FlushAt(current_, at);
    const uint64_t old = Memory(at, size);
    if (old != *expected) {
      Note("compare-exchange fails", at, old);
      *expected = Look(at, size, failure);
      return false;
    }
    ModifyNow(at, size, desired, success);
    return true;
  }

  void Write(uint64_t* word, uint64_t value) {
    PlainWord& plain = plain_[word];
    const Clock& clock = fibers_[current_].clock;
    for (int i = 0; i < kMostThreads; ++i) {
      if (i == current_) continue;
      if (plain.read_at[i] > clock[i]) Fail("a race: written while thread " + Name(i) + " reads");
      if (plain.writer == i && plain.written_at > clock[i]) {
        Fail("a race: written while thread " + Name(i) + " writes");
      }
    }
    plain.writer = current_;
    plain.written_at = clock[current_];
    *word = value;
  }
  uint64_t Read(const uint64_t* word) {
    PlainWord& plain = plain_[word];
    const Clock& clock = fibers_[current_].clock;
    if (plain.writer >= 0 && plain.writer != current_ && plain.written_at > clock[plain.writer]) {
      Fail("a race: read while thread " + Name(plain.writer) + " writes");
    }
    plain.read_at[current_] = clock[current_];
    return *word;
  }

  // --- waiting ----------------------------------------------------------------------------------
  void Lock(const void* mutex) {
    Step();
    while (holders_[mutex]) Wait(State::kLocking, mutex);
    holders_[mutex] = true;
    Note("lock", mutex, 0);
    Join(&fibers_[current_].clock, released_[mutex]);
  }
  void Unlock(const void* mutex) {
    Step();
    Free(mutex);
  }
  void WaitForNotify(const void* condition, const void* mutex) {
    Step();
    Free(mutex);
    Note("wait", condition, 0);
    Wait(State::kWaiting, condition);
    while (holders_[mutex]) Wait(State::kLocking, mutex);
    holders_[mutex] = true;
    Note("woken", condition, 0);
    Join(&fibers_[current_].clock, released_[mutex]);
  }
  void Notify(const void* condition, bool all) {
    Step();
    Note("notify", condition, 0);
    std::vector<int> waiting;
    for (int i = 0; i < threads_; ++i) {
      if (fibers_[i].state == State::kWaiting && fibers_[i].waits_for == condition) {
        waiting.push_back(i);
      }
    }
    if (waiting.empty()) return;
    if (!all) waiting = {waiting[Choose(waiting.size())]};
    for (const int thread : waiting) fibers_[thread].state = State::kNotified;
  }

  uint64_t Changes() const { return changes_ - fibers_[current_].own_changes; }
  void YieldSince(uint64_t changes) {
    fibers_[current_].yielded_at = changes;
    Wait(State::kYielding, nullptr);
  }

 private:
  // --- one run ----------------------------------------------------------------------------------
  void RunOnce(const std::function<void(Run&)>& scenario) {
    threads_ = 0;
    current_ = -1;
    at_ = 0;
    changes_ = steps_ = 0;
    deviations_left_ = options_.deviations;
    failure_.clear();
    events_.clear();
    plain_.clear();
    released_.clear();
    holders_.clear();
    Run run;
    scenario(run);
    for (int i = 0; i < threads_; ++i) Prepare(&fibers_[i]);
    // Who begins is free.  Comes back when all have ended, or one has failed.
    current_ = static_cast<int>(Choose(static_cast<size_t>(threads_)));
    swapcontext(&main_, &fibers_[current_].context);
    if (failure_.empty() && at_end_) at_end_();
    at_end_ = always_ = nullptr;
    for (Fiber& fiber : fibers_) fiber.body = nullptr;
  }

  static void Enter(unsigned low, unsigned high) {
    const uintptr_t address = uintptr_t{high} << 32 | low;
    reinterpret_cast<Explorer*>(address)->RunFiber();
  }
  void Prepare(Fiber* fiber) {
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack.get();
    fiber->context.uc_stack.ss_size = kStackBytes;
    fiber->context.uc_link = nullptr;
    const auto address = reinterpret_cast<uintptr_t>(this);
    makecontext(&fiber->context, reinterpret_cast<void (*)()>(Enter), 2,
                static_cast<unsigned>(address), static_cast<unsigned>(address >> 32));
  }
  void RunFiber() {
    fibers_[current_].body();
    Note("ends", nullptr, 0);
    fibers_[current_].state = State::kEnded;
    SwitchToNext();
    std::abort();  // an ended fiber is not resumed
  }

  // --- scheduling -------------------------------------------------------------------------------
  bool CanRun(int thread) {
    Fiber& fiber = fibers_[thread];
    switch (fiber.state) {
      case State::kReady:
      case State::kNotified:
        return true;
      case State::kLocking:
        return !holders_[fiber.waits_for];
      case State::kYielding:
        return changes_ - fiber.own_changes != fiber.yielded_at;
      case State::kWaiting:
      case State::kEnded:
        return false;
    }
    return false;
  }

  // Before each operation: perhaps another thread first, or a late store.
  void Step() {
    if (++steps_ > kMostSteps) Fail("it goes on for ever");
    if (always_ && !AnyLate()) CheckNow();
    for (;;) {
      options_now_.clear();
      options_now_.push_back({current_, -1});
      if (AnyLate()) AddFlushes();
      if (deviations_left_ > 0) {
        for (int i = 0; i < threads_; ++i) {
          if (i != current_ && CanRun(i)) options_now_.push_back({i, -1});
        }
      }
      const Option option = options_now_[Choose(options_now_.size())];
      if (option.late >= 0) {
        Flush(option.thread, static_cast<size_t>(option.late));
        continue;
      }
      if (option.thread == current_) return;
      --deviations_left_;
      Swap(option.thread);
      return;
    }
  }

  void CheckNow() {
    const int thread = std::exchange(current_, -1);  // its loads are no steps
    always_();
    current_ = thread;
    if (!failure_.empty()) Fail(failure_);
  }

  // Until the state lets this thread run, and it is its turn.
  void Wait(State state, const void* on) {
    Fiber& self = fibers_[current_];
    self.state = state;
    self.waits_for = on;
    SwitchToNext();
    self.state = State::kReady;
  }

  // To whoever can run; free of charge, as this thread cannot.
  void SwitchToNext() {
    for (;;) {
      options_now_.clear();
      for (int i = 0; i < threads_; ++i) {
        if (CanRun(i)) options_now_.push_back({i, -1});
      }
      if (AnyLate()) AddFlushes();
      if (options_now_.empty()) {
        for (int i = 0; i < threads_; ++i) {
          if (fibers_[i].state != State::kEnded) Fail("thread " + Name(i) + " is never woken");
        }
        current_ = -1;
        setcontext(&main_);
      }
      const Option option = options_now_[Choose(options_now_.size())];
      if (option.late < 0) return Swap(option.thread);
      Flush(option.thread, static_cast<size_t>(option.late));
    }
  }
  void Swap(int thread) {
    if (thread == current_) return;
    Fiber& self = fibers_[current_];
    current_ = thread;
    swapcontext(&self.context, &fibers_[thread].context);
  }

  // --- decisions --------------------------------------------------------------------------------
  // Option 0 is what happens without a deviation.
  size_t Choose(size_t count) {
    if (count == 1) return 0;
    if (options_.random_seed != 0) {
      constexpr uint64_t kStay = 8;
      return NextRandom() % kStay != 0 ? 0 : NextRandom() % count;
    }
    if (at_ == path_.size()) path_.push_back({0, count});
    Decision& decision = path_[at_++];
    if (decision.count != count) std::abort();  // the scenario is not deterministic
    return decision.chosen;
  }
  bool Deviates() {
    if (deviations_left_ == 0 || Choose(2) == 0) return false;
    --deviations_left_;
    return true;
  }
  bool NextPath() {
    while (!path_.empty() && path_.back().chosen + 1 == path_.back().count) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().chosen;
    return true;
  }
  uint64_t NextRandom() {
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    return random_ * 0x2545f4914f6cdd1du >> 32;
  }

  // --- memory, inside ---------------------------------------------------------------------------
  static uint64_t Memory(const void* at, size_t size) {
    uint64_t value = 0;
    std::memcpy(&value, at, size);
    return value;
  }
  static void SetMemory(void* at, size_t size, uint64_t value) { std::memcpy(at, &value, size); }

  // A thread sees its own late stores.
  uint64_t Look(const void* at, size_t size, std::memory_order order) {
    Fiber& self = fibers_[current_];
    for (auto store = self.late.rbegin(); store != self.late.rend(); ++store) {
      if (store->at == at) return store->value;
    }
    if (IsAcquire(order) && !(options_.sabotage & kAcquireIsRelaxed)) {
      Join(&self.clock, released_[at]);
    }
    return Memory(at, size);
  }

  void ModifyNow(void* at, size_t size, uint64_t value, std::memory_order order) {
    if (current_ < 0) return SetMemory(at, size, value);
    Note("modify", at, value);
    Fiber& self = fibers_[current_];
    const bool acquire = IsAcquire(order) && !(options_.sabotage & kAcquireIsRelaxed);
    const bool release = IsRelease(order) && !(options_.sabotage & kReleaseIsRelaxed);
    if (release) FlushAll(current_);
    Clock& released = released_[at];
    if (acquire) Join(&self.clock, released);
    if (release) Join(&released, self.clock);  // the sequence before it goes on, too
    if (release) ++self.clock[current_];
    SetMemory(at, size, value);
    Changed(current_);
  }

  void Apply(int thread, const LateStore& store) {
    SetMemory(store.at, store.size, store.value);
    released_[store.at] = store.release ? store.clock : Clock{};
    Changed(thread);
  }
  void Changed(int thread) {
    ++changes_;
    ++fibers_[thread].own_changes;
  }

  bool AnyLate() const {
    return std::any_of(fibers_.begin(), fibers_.begin() + threads_,
                       [](const Fiber& fiber) { return !fiber.late.empty(); });
  }
  // A store does not overtake one to the same place, and a release none at all.
  bool MayGo(const std::vector<LateStore>& late, size_t which) const {
    if (late[which].release) return which == 0;
    return std::none_of(late.begin(), late.begin() + static_cast<ptrdiff_t>(which),
                        [&](const LateStore& before) { return before.at == late[which].at; });
  }
  void AddFlushes() {
    for (int i = 0; i < threads_; ++i) {
      for (size_t which = 0; which < fibers_[i].late.size(); ++which) {
        if (MayGo(fibers_[i].late, which)) options_now_.push_back({i, static_cast<int>(which)});
      }
    }
  }
  void Flush(int thread, size_t which) {
    std::vector<LateStore>& late = fibers_[thread].late;
    const LateStore store = late[which];
    late.erase(late.begin() + static_cast<ptrdiff_t>(which));
    events_.push_back({thread, "the late store arrives", store.at, store.value});
    Apply(thread, store);
  }
  void FlushAll(int thread) {
    while (!fibers_[thread].late.empty()) Flush(thread, 0);
  }
  void FlushAt(int thread, const void* at) {
    std::vector<LateStore>& late = fibers_[thread].late;
    for (size_t i = 0; i < late.size();) {
      if (late[i].at != at) {
        ++i;
      } else if (late[i].release) {
        for (size_t before = i + 1; before != 0; --before) Flush(thread, 0);
        i = 0;
      } else {
        Flush(thread, i);
      }
    }
  }
  void Free(const void* mutex) {
    FlushAll(current_);
    Fiber& self = fibers_[current_];
    released_[mutex] = self.clock;
    ++self.clock[current_];
    holders_[mutex] = false;
    Note("unlock", mutex, 0);
    Changed(current_);
  }

  // --- telling ----------------------------------------------------------------------------------
  static std::string Name(int thread) { return std::to_string(thread); }
  void Note(const char* what, const void* at, uint64_t value) {
    events_.push_back({current_, what, at, value});
  }
  std::string Trace() const {
    std::unordered_map<const void*, int> names;
    std::string trace;
    for (const Event& event : events_) {
      const int name = names.try_emplace(event.at, static_cast<int>(names.size())).first->second;
      char line[120];
      std::snprintf(line, sizeof(line), "  thread %d: %s #%d %lld\n", event.thread, event.what,
                    name, static_cast<long long>(event.value));
      trace += line;
    }
    return trace;
  }

  struct Option {
    int thread;
    int late;  // which of its late stores arrives; -1: the thread goes on
  };

  Options options_;
  std::array<Fiber, kMostThreads> fibers_;
  int threads_ = 0, current_ = -1;
  ucontext_t main_;
  std::function<void()> at_end_, always_;
  std::vector<Decision> path_;
  size_t at_ = 0;
  std::vector<Option> options_now_;
  int deviations_left_ = 0;
  uint64_t changes_ = 0, steps_ = 0, random_ = 1;
  std::string failure_;
  std::vector<Event> events_;
  std::unordered_map<const void*, PlainWord> plain_;
  std::unordered_map<const void*, Clock> released_;  // by an atomic or a mutex
  std::unordered_map<const void*, bool> holders_;
};

Explorer& TheExplorer() {
  static Explorer explorer;
  return explorer;
}

}  // namespace

void Run::Thread(std::function<void()> body) { TheExplorer().AddThread(std::move(body)); }
void Run::AtEnd(std::function<void()> check) { TheExplorer().SetEnd(std::move(check)); }
void Run::Always(std::function<void()> check) { TheExplorer().SetAlways(std::move(check)); }
Result Explore(const Options& options, const std::function<void(Run&)>& scenario) {
  return TheExplorer().Explore(options, scenario);
}

void Require(bool holds, const char* what) {
  if (!holds) TheExplorer().Fail(what);
}
void Write(uint64_t* word, uint64_t value) { TheExplorer().Write(word, value); }
uint64_t Read(const uint64_t* word) { return TheExplorer().Read(word); }
uint64_t Changes() { return TheExplorer().Changes(); }
void YieldSince(uint64_t changes) { TheExplorer().YieldSince(changes); }

uint64_t Load(const void* at, size_t size, std::memory_order order) {
  return TheExplorer().Load(at, size, order);
}
void Store(void* at, size_t size, uint64_t value, std::memory_order order) {
  TheExplorer().Store(at, size, value, order);
}
uint64_t Modify(void* at, size_t size, const std::function<uint64_t(uint64_t)>& change,
                std::memory_order order) {
  return TheExplorer().Modify(at, size, change, order);
}
bool CompareExchange(void* at, size_t size, uint64_t* expected, uint64_t desired,
                     std::memory_order success, std::memory_order failure) {
  return TheExplorer().CompareExchange(at, size, expected, desired, success, failure);
}
void Lock(const void* mutex) { TheExplorer().Lock(mutex); }
void Unlock(const void* mutex) { TheExplorer().Unlock(mutex); }
void WaitForNotify(const void* condition, const void* mutex) {
  TheExplorer().WaitForNotify(condition, mutex);
}
void Notify(const void* condition, bool all) { TheExplorer().Notify(condition, all); }

}  // namespace ringboard::model
