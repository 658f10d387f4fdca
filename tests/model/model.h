// Runs a few threads in every order that matters, one after the other, to see what the protocols of
// native/sync promise kept in all of them.  The code that runs is the real one: seam.h puts this
// model's atomics, mutexes and condition variables where the headers say std::.
//
//   Result result = Explore(options, [](Run& run) {
//     auto state = std::make_shared<State>();
//     run.Thread([=] { … });                // at most kMostThreads
//     run.Thread([=] { … });
//     run.AtEnd([=] { Require(state->count == 2, "lost one"); });
//   });
//
// How.  Each thread is a fiber; before every operation on an atomic or a mutex it may be made to
// wait while others go on.  All such decisions of a run are one path; after the run the last
// decision that has another outcome gets it, and so on until there is none: a depth-first search.
// It is bounded by how often a thread may be stopped that could have gone on (two such preemptions
// find most bugs; waiting and ending cost nothing) and by how many stores are late.
//
// Memory.  A store below seq_cst may be late: other threads see it after any later operation of its
// thread, up to its next release (for what stands before that) or seq_cst one.  So a missing
// barrier between a store and a load shows as a lost wake-up.  Besides, every run checks by vector
// clocks that plain memory (Read, Write) is never touched by two threads without an acquire that
// saw a release in between.  What it does not try: loads that are early, and stores of a
// read-modify-write that are late.  Time-outs never come, so who isn't woken waits for ever, which
// is found.
//
// Threads: none; an Explore at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace ringboard::model {

inline constexpr int kMostThreads = 4;

// What the model may take out of the code under test, to see that it is missed.
enum Sabotage : unsigned {
  kNoSabotage = 0,
  kSeqCstStoresAreRelease = 1u << 0,
  kReleaseIsRelaxed = 1u << 1,
  kAcquireIsRelaxed = 1u << 2,
  kZeroIsNotStored = 1u << 3,  // relaxed stores of zero do nothing
};

struct Options {
  int deviations = 2;  // preemptions and late stores in one run
  uint64_t most_runs = 10'000'000;
  uint64_t random_seed = 0;  // not 0: most_runs random walks instead of the search
  unsigned sabotage = kNoSabotage;
};

struct Result {
  uint64_t runs = 0;
  bool complete = false;  // every path within the bounds was taken
  std::string failure;    // of the last run; empty if none failed
  std::string trace;      // what happened in it
};

class Run {
 public:
  void Thread(std::function<void()> body);
  void AtEnd(std::function<void()> check);
  // Before each operation, in memory as it would be if the process died now: without late stores,
  // as a dead process's stores all arrive.
  void Always(std::function<void()> check);
};

Result Explore(const Options& options, const std::function<void(Run&)>& scenario);

// --- for scenarios ------------------------------------------------------------------------------
// Ends the run as failed unless `holds`.
void Require(bool holds, const char* what);
// Plain memory that threads hand to each other.
void Write(uint64_t* word, uint64_t value);
uint64_t Read(const uint64_t* word);
// Loops that look again and again: Changes() before the look, YieldSince(that) after one in vain.
// The thread goes on once another has changed something.
uint64_t Changes();
void YieldSince(uint64_t changes);

// --- for seam.h ---------------------------------------------------------------------------------
uint64_t Load(const void* at, size_t size, std::memory_order order);
void Store(void* at, size_t size, uint64_t value, std::memory_order order);
// Replaces the value by change(value) and returns the old one.
uint64_t Modify(void* at, size_t size, const std::function<uint64_t(uint64_t)>& change,
                std::memory_order order);
bool CompareExchange(void* at, size_t size, uint64_t* expected, uint64_t desired,
                     std::memory_order success, std::memory_order failure);
void Lock(const void* mutex);
void Unlock(const void* mutex);
void WaitForNotify(const void* condition, const void* mutex);  // unlocks meanwhile
void Notify(const void* condition, bool all);

}  // namespace ringboard::model
