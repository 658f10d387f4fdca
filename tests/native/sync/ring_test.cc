#include "sync/ring.h"

#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "sync/doorbell.h"
#include "sync/gate.h"
#include "test.h"

namespace ringboard::sync {
namespace {

using namespace std::chrono_literals;

struct FreeCells {
  void operator()(Cell* cells) const {
    ::operator delete(cells, std::align_val_t(kCacheLineBytes));
  }
};

// A ring with the memory it runs on.
template <typename Index>
struct OwnRing {
  explicit OwnRing(Index capacity, Index start = 0)
      : memory(static_cast<Cell*>(
            ::operator new(capacity* kCellBytes, std::align_val_t(kCacheLineBytes)))),
        ring(
            (std::memset(static_cast<void*>(memory.get()), 0, capacity * kCellBytes), memory.get()),
            capacity, start) {}
  std::unique_ptr<Cell, FreeCells> memory;
  BasicRing<Index> ring;
};

// The body of record `number` of `producer`: self-describing, so that a reader can check every
// byte.
void Fill(uint8_t* body, uint32_t producer, uint64_t number, size_t bytes) {
  std::memcpy(body, &number, sizeof number);
  std::memcpy(body + 8, &producer, sizeof producer);
  std::memset(body + 12, static_cast<int>((number + producer) & 0xff), bytes - 12);
}

size_t BodyBytes(uint64_t number, size_t most) { return 12 + (number * 37) % (most - 12 + 1); }

template <typename Index>
void CheckAgainstModel(Index capacity, Index start, uint64_t seed) {
  INFO("capacity ", uint64_t(capacity), " start ", uint64_t(start), " seed ", seed);
  testing::Random random(seed);
  OwnRing<Index> own(capacity, start);
  auto& ring = own.ring;
  std::deque<std::pair<uint64_t, size_t>> waiting;    // committed, not advanced past
  std::deque<std::pair<Slot, uint64_t>> uncommitted;  // reserved, in order
  uint64_t next = 0;
  const size_t most = ring.max_body_bytes();
  for (int operation = 0; operation < 20000; ++operation) {
    switch (random.Below(4)) {
      case 0: {
        const size_t bytes = BodyBytes(next, most);
        const Slot slot = ring.Reserve(bytes);
        if (!slot) break;
        CHECK(slot.cells == CellsFor(bytes));
        Fill(slot.body(), 0, next, bytes);
        uncommitted.push_back({slot, next++});
        break;
      }
      case 1:
        if (uncommitted.empty()) break;
        ring.Commit(uncommitted.front().first, 7);
        waiting.push_back(
            {uncommitted.front().second, BodyBytes(uncommitted.front().second, most)});
        uncommitted.pop_front();
        break;
      case 2: {
        const Record record = ring.Peek();
        CHECK_EQ(bool(record), !waiting.empty());
        if (!record || waiting.empty()) break;
        std::vector<uint8_t> expected(waiting.front().second);
        Fill(expected.data(), 0, waiting.front().first, expected.size());
        CHECK(record.label == 7);
        CHECK(std::memcmp(record.body(), expected.data(), expected.size()) == 0);
        ring.Advance(record);
        waiting.pop_front();
        break;
      }
      case 3:
        ring.Release();
        CHECK(ring.used() <= capacity);
        break;
    }
  }
  CHECK(next > 500);
}

// `producers` threads commit `each` records; the consumer checks contents, per-producer order and
// count.
template <typename Index>
void Stress(unsigned producers, uint64_t each, Index capacity, Index start, size_t most_bytes) {
  INFO("producers ", producers, " capacity ", uint64_t(capacity), " most bytes ", most_bytes);
  OwnRing<Index> own(capacity, start);
  auto& ring = own.ring;
  Doorbell doorbell;
  Gate gate;
  std::vector<std::thread> threads;
  for (unsigned producer = 0; producer < producers; ++producer) {
    threads.emplace_back([&, producer] {
      for (uint64_t number = 0; number < each; ++number) {
        const size_t bytes = BodyBytes(number, most_bytes);
        Slot slot = ring.Reserve(bytes);
        while (!slot) {
          doorbell.Ring();
          gate.Wait([&] { return bool(slot = ring.Reserve(bytes)); }, 100ms);
        }
        Fill(slot.body(), producer, number, bytes);
        ring.Commit(slot, producer + 1);
        doorbell.Notify();
      }
    });
  }
  std::vector<uint64_t> expected(producers, 0);
  uint64_t total = 0, wrong = 0;
  std::vector<uint8_t> bytes_expected(most_bytes);
  while (total < each * producers) {
    uint64_t batch = 0;
    while (const Record record = ring.Peek()) {
      const uint32_t producer = static_cast<uint32_t>(record.label - 1);
      const size_t bytes = BodyBytes(expected[producer], most_bytes);
      Fill(bytes_expected.data(), producer, expected[producer], bytes);
      if (std::memcmp(record.body(), bytes_expected.data(), bytes) != 0) ++wrong;
      ++expected[producer];
      ++total;
      ring.Advance(record);
      if (++batch == 64) break;
    }
    ring.Release();
    gate.Progress();
    if (batch == 0) doorbell.Park([&] { return !ring.HasUnread(); }, 10s);
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(wrong, 0u);
  for (uint64_t count : expected) CHECK_EQ(count, each);
  CHECK(!ring.Peek());
  CHECK_EQ(uint64_t(ring.used()), 0u);
}

}  // namespace

TEST(RingGivesBackWhatWasCommitted) {
  OwnRing<uint64_t> own(16);
  const Slot slot = own.ring.Reserve(20);
  REQUIRE(bool(slot));
  CHECK_EQ(slot.cells, 1u);
  std::memcpy(slot.body(), "twenty bytes of body", 20);
  CHECK(!own.ring.Peek());  // reserved is not committed
  own.ring.Commit(slot, 0x1234567890u);
  const Record record = own.ring.Peek();
  REQUIRE(bool(record));
  CHECK_EQ(record.label, 0x1234567890u);
  CHECK(std::memcmp(record.body(), "twenty bytes of body", 20) == 0);
}

TEST(RingIsFullWhenItIsFull) {
  OwnRing<uint64_t> own(8);
  for (int i = 0; i < 8; ++i) {
    const Slot slot = own.ring.Reserve(24);
    REQUIRE(bool(slot));
    own.ring.Commit(slot, 1);
  }
  CHECK(!own.ring.Reserve(1));
  for (int i = 0; i < 8; ++i) own.ring.Advance(own.ring.Peek());
  CHECK(!own.ring.Peek());      // not the first record of the lap again
  CHECK(!own.ring.Reserve(1));  // read, but not released
  own.ring.Release();
  CHECK(bool(own.ring.Reserve(1)));
}

TEST(RingAgreesWithAModel) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CheckAgainstModel<uint8_t>(4, 250, seed);
    CheckAgainstModel<uint8_t>(64, 200, seed);
    CheckAgainstModel<uint8_t>(128, 0, seed);
    CheckAgainstModel<uint16_t>(16, 65530, seed);
    CheckAgainstModel<uint32_t>(32, UINT32_MAX - 50, seed);
    CheckAgainstModel<uint64_t>(256, UINT64_MAX - 3, seed);
  }
}

TEST(RingKeepsEveryProducersOrderAcrossItsWrap) {
  Stress<uint64_t>(4, 20000, 64, UINT64_MAX - 5000, 100);
  Stress<uint32_t>(4, 20000, 16, UINT32_MAX - 5000, 60);
  Stress<uint64_t>(8, 5000, 1024, 0, 4000);
  Stress<uint64_t>(1, 100000, 4096, 0, 24);
}

TEST(DoorbellLosesNoWakeUp) {
  // One record at a time: the consumer parks between any two, with no time-out to save it in time.
  OwnRing<uint64_t> own(8);
  Doorbell doorbell;
  std::atomic<uint64_t> seen{0};
  constexpr uint64_t kRounds = 3000;
  std::thread consumer([&] {
    while (seen.load() < kRounds) {
      if (const Record record = own.ring.Peek()) {
        own.ring.Advance(record);
        own.ring.Release();
        seen.fetch_add(1);
      } else {
        doorbell.Park([&] { return !own.ring.HasUnread(); }, 60s);
      }
    }
  });
  const auto started = std::chrono::steady_clock::now();
  for (uint64_t round = 0; round < kRounds; ++round) {
    const Slot slot = own.ring.Reserve(8);
    if (slot) {
      own.ring.Commit(slot, 1);
      doorbell.Notify();
    } else {
      --round;
    }
    while (round % 2 == 0 && seen.load() <= round) std::this_thread::yield();
  }
  consumer.join();
  CHECK(std::chrono::steady_clock::now() - started < 50s);
}

TEST(GateWaitsForItsConditionOrItsLimit) {
  Gate gate;
  std::atomic<bool> open{false};
  CHECK(!gate.Wait([&] { return open.load(); }, 1ms));
  std::thread opener([&] {
    open.store(true);
    gate.Progress();
  });
  CHECK(gate.Wait([&] { return open.load(); }, 60s));
  opener.join();
}

}  // namespace ringboard::sync
