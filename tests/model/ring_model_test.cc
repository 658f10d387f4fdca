// The ring, its doorbell and its gate, in every order of a few threads' operations: each record
// comes out once, whole and in its producer's order, and nobody waits for ever.
//
// The threads do what the writer room's do: the consumer is Drain::Run, a producer is Core's Try…,
// WaitForRoom and WaitUntilDone, the last one to end is ~Core.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "seam.h"
// The headers under test; seam.h comes before them.
#include "sync/dead_ring.h"
#include "sync/doorbell.h"
#include "sync/gate.h"
#include "sync/ring.h"
#include "test.h"

namespace ringboard::sync {
namespace {

using model::Explore;
using model::Options;
using model::Require;
using model::Result;
using model::Run;

constexpr std::chrono::nanoseconds kForEver = std::chrono::hours(1);

// Takes the one look out of Park that its argument rests on.
struct HastyDoorbell : Doorbell {
  template <typename Condition>
  void Park(Condition, std::chrono::nanoseconds limit) {
    Doorbell::Park([] { return true; }, limit);
  }
};
// Never lets anybody know.
struct DeafGate : Gate {
  void Progress() {}
};

struct Shape {
  uint64_t capacity;
  uint64_t start;
  std::vector<std::vector<uint64_t>> producers;  // of each, its records' cells
  uint64_t batch = UINT64_MAX;                   // records between two Releases
  bool flush = false;  // each producer waits, at its end, for its records to be released
};

// Of a record with several cells, the last word counts as well as the first.
struct Words {
  uint64_t* first;
  uint64_t* last;
};
Words WordsOf(const uint8_t* body, uint64_t cells) {
  auto* first = const_cast<uint64_t*>(reinterpret_cast<const uint64_t*>(body));
  return {first, first + (cells * kCellBytes - kHeaderBytes) / sizeof(uint64_t) - 1};
}

// A record by its producer and its place among those of that producer, from 1.
using Id = std::pair<uint64_t, uint64_t>;

template <typename Bell, typename Door>
class World {
 public:
  explicit World(const Shape& shape)
      : shape_(shape),
        cells_(new (std::align_val_t(kCacheLineBytes)) Cell[shape.capacity]{}),
        ring_(cells_, shape.capacity, shape.start, &marks_),
        seen_(shape.producers.size(), 0),
        committed_(shape.producers.size(), 0),
        running_(shape.producers.size()) {}
  ~World() { ::operator delete[](cells_, std::align_val_t(kCacheLineBytes)); }

  void Produce(size_t producer) {
    uint64_t number = 0;
    for (const uint64_t cells : shape_.producers[producer]) {
      const size_t bytes = cells * kCellBytes - kHeaderBytes;
      Slot slot = ring_.Reserve(bytes);
      while (!slot) {  // Core::WaitForRoom
        doorbell_.Ring();
        gate_.Wait([&] { return ring_.capacity() - ring_.used() >= 2 * cells; }, kForEver);
        slot = ring_.Reserve(bytes);
      }
      const Words words = WordsOf(slot.body(), cells);
      ++number;
      // Every word: that of a later cell's header would pass for one of a record without a label.
      for (uint64_t* word = words.first; word <= words.last; ++word) model::Write(word, number);
      ring_.Commit(slot, producer + 1);
      committed_[producer] = number;
      doorbell_.Notify();
    }
    if (shape_.flush) {  // Core::DrainAll
      const uint64_t position = ring_.reserved();
      doorbell_.Ring();
      Require(gate_.Wait([&] { return ring_.HasReleased(position); }, kForEver), "gate");
      Require(seen_[producer] == number, "flushed before it was taken");
    }
    if (--running_ == 0) {  // Drain::Stop
      stopping_.store(true, std::memory_order_release);
      doorbell_.Ring();
    }
  }

  // Drain::Run, that is; without naps, which end by themselves.
  void Consume() {
    for (;;) {
      const uint64_t changes = model::Changes();
      const bool stopping = stopping_.load(std::memory_order_acquire);
      if (RunBatch()) continue;
      if (stopping && !ring_.HasUnread()) return;
      bool slept = false;
      doorbell_.Park([&] { return slept = !ring_.HasUnread(); }, kForEver);
      if (!slept) model::YieldSince(changes);  // reserved, not committed yet
    }
  }

  // What who comes after the death of the process finds.
  void CheckDeathNow() const {
    if (shape_.start > UINT64_MAX / 2) return;  // that far, no process lives
    std::vector<Id> found;
    const DeadRing state = ForEachLeftBehind(cells_, shape_.capacity, marks_.durable.load(),
                                             marks_.zeroed.load(), [&](const Record& record) {
                                               const uint64_t number =
                                                   *WordsOf(record.body(), record.cells).first;
                                               found.emplace_back(record.label - 1, number);
                                             });
    Require(state == DeadRing::kWhole, "death leaves what no ring leaves");
    // First the batch that is being released, all of it or nothing; then all that is unread.
    auto at = found.begin();
    if (static_cast<size_t>(found.end() - at) >= batch_.size() &&
        std::equal(batch_.begin(), batch_.end(), at)) {
      at += static_cast<ptrdiff_t>(batch_.size());
    }
    std::vector<uint64_t> next = seen_;
    for (; at != found.end(); ++at) {
      Require(at->first < next.size(), "death leaves a record that nobody wrote");
      if (at->first >= next.size()) return;
      Require(at->second == ++next[at->first], "death leaves a record twice, or out of order");
    }
    Require(next == committed_, "death loses a record, or leaves one that was not committed");
  }

  void CheckEnd() const {
    for (size_t i = 0; i < seen_.size(); ++i) {
      Require(seen_[i] == shape_.producers[i].size(), "a record is lost");
    }
    Require(!ring_.HasUnread() && ring_.used() == 0, "the ring is not empty");
    for (uint64_t i = 0; i < shape_.capacity; ++i) {
      Require(cells_[i].header.load(std::memory_order_relaxed) == 0, "a header is not zero");
    }
  }

 private:
  bool RunBatch() {
    uint64_t count = 0;
    while (const Record record = ring_.Peek()) {
      const uint64_t producer = record.label - 1;
      Require(producer < seen_.size(), "a label that nobody wrote");
      const uint64_t number = ++seen_[producer];
      Require(number <= shape_.producers[producer].size(), "a record comes twice");
      Require(record.cells == shape_.producers[producer][number - 1], "another record's size");
      const Words words = WordsOf(record.body(), record.cells);
      Require(model::Read(words.first) == number, "out of order, or another record's body");
      Require(model::Read(words.last) == number, "another record's end");
      batch_.emplace_back(producer, number);
      ring_.Advance(record);
      if (++count == shape_.batch) break;
    }
    if (count == 0) return false;
    ring_.Release();
    batch_.clear();
    gate_.Progress();
    return true;
  }

  const Shape shape_;
  Cell* const cells_;
  Marks marks_;
  BasicRing<uint64_t> ring_;
  Bell doorbell_;
  Door gate_;
  std::atomic<bool> stopping_{false};
  // Not part of what is tested:
  std::vector<uint64_t> seen_, committed_;  // of each producer
  std::vector<Id> batch_;                   // read, not released
  size_t running_;
};

template <typename Bell = Doorbell, typename Door = Gate>
Result Check(const Shape& shape, const Options& options) {
  return Explore(options, [&](Run& run) {
    auto world = std::make_shared<World<Bell, Door>>(shape);
    run.Thread([world] { world->Consume(); });
    for (size_t i = 0; i < shape.producers.size(); ++i) {
      run.Thread([world, i] { world->Produce(i); });
    }
    run.Always([world] { world->CheckDeathNow(); });
    run.AtEnd([world] { world->CheckEnd(); });
  });
}

struct Named {
  const char* name;
  Shape shape;
  int deviations = 2;
};
// The smaller ones go deeper.
const std::vector<Named>& Shapes() {
  static const std::vector<Named> shapes = {
      {"positions that come round to 0", {4, UINT64_MAX - 1, {{1, 1}}}, 3},
      {"two producers in a ring of two cells", {2, 1, {{1, 1}, {1}}}},
      {"records of two cells and padding", {4, 1, {{2, 1}, {2}}, 1}},
      {"a full ring, released record by record", {2, 1, {{1, 1, 1}}, 1}},
      {"flush and stop", {4, 2, {{1}, {2}}, UINT64_MAX, true}},
  };
  return shapes;
}

// The failure that a defect leads to in the first of the shapes that shows it; empty if none does.
template <typename Bell = Doorbell, typename Door = Gate>
std::string FailureWith(unsigned sabotage) {
  Options options;
  options.sabotage = sabotage;
  for (const Named& each : Shapes()) {
    const Result result = Check<Bell, Door>(each.shape, options);
    if (result.failure.empty()) continue;
    std::printf("  %s: found after %llu runs, %s\n", result.failure.c_str(),
                static_cast<unsigned long long>(result.runs), each.name);
    return result.failure;
  }
  return "";
}

}  // namespace

TEST(RingKeepsItsPromisesInEveryOrder) {
  for (const Named& each : Shapes()) {
    Options options;
    options.deviations = each.deviations;
    const Result result = Check(each.shape, options);
    std::printf("  %s: %llu runs\n", each.name, static_cast<unsigned long long>(result.runs));
    INFO(each.name, "\n", result.trace);
    CHECK_EQ(result.failure, std::string());
    CHECK(result.complete);
  }
}

TEST(RingKeepsItsPromisesInLongRandomOrders) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const Shape shape = {4, seed, {{1, 2, 1, 1}, {2, 1, 2}, {1, 1, 2}}, seed, true};
    Options options;
    options.random_seed = seed;
    options.most_runs = 5'000;
    options.deviations = 40;
    const Result result = Check(shape, options);
    INFO("seed ", seed, "\n", result.trace);
    CHECK_EQ(result.failure, std::string());
  }
}

// What each part of the protocol is there for: without it, some order fails.
TEST(WithoutLookingAgainBeforeItParksTheConsumerIsNeverWoken) {
  CHECK_EQ(FailureWith<HastyDoorbell>(model::kNoSabotage), "thread 0 is never woken");
}
TEST(WithoutProgressAProducerIsNeverWoken) {
  CHECK((FailureWith<Doorbell, DeafGate>(model::kNoSabotage).ends_with("is never woken")));
}
TEST(WithoutSeqCstStoresAWakeUpIsLost) {
  CHECK(FailureWith(model::kSeqCstStoresAreRelease).ends_with("is never woken"));
}
TEST(WithoutZeroedHeadersOldRecordsComeAgain) {
  CHECK(!FailureWith(model::kZeroIsNotStored).empty());
}
TEST(WithoutReleaseTheConsumerReadsWhatIsNotWritten) {
  CHECK(!FailureWith(model::kReleaseIsRelaxed).empty());
}
TEST(WithoutAcquireTheConsumerReadsWhatIsNotWritten) {
  CHECK(!FailureWith(model::kAcquireIsRelaxed).empty());
}

}  // namespace ringboard::sync
