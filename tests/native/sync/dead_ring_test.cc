#include "sync/dead_ring.h"

#include <cstring>
#include <deque>
#include <vector>

#include "sync/ring.h"
#include "test.h"

namespace ringboard::sync {
namespace {

constexpr uint64_t kCapacity = 64;

struct Memory {
  alignas(kCacheLineBytes) Cell cells[kCapacity];
  Marks marks;
  Memory() { std::memset(static_cast<void*>(cells), 0, sizeof cells); }
};

struct Left {
  DeadRing state;
  std::vector<uint64_t> labels;
};

Left LeftIn(const Cell* cells, uint64_t durable, uint64_t zeroed) {
  Left left;
  left.state = ForEachLeftBehind(cells, kCapacity, durable, zeroed, [&](const Record& record) {
    left.labels.push_back(record.label);
  });
  return left;
}

struct Reserved {
  Slot slot;
  uint64_t label;
  bool committed;
};

// What death leaves: the ring's cells as they are now, and of those who had not committed some not
// further than their reservation, some in the middle of the body.
void CheckDeathNow(const Memory& memory, const std::deque<Reserved>& reserved,
                   testing::Random& random) {
  std::vector<uint64_t> expected;
  alignas(kCacheLineBytes) Cell cells[kCapacity];
  std::memcpy(static_cast<void*>(cells), memory.cells, sizeof cells);
  for (const Reserved& each : reserved) {
    if (each.committed) {
      expected.push_back(each.label);
    } else if (random.Below(2) == 0) {  // died before it could say how long its record is
      cells[each.slot.cell - memory.cells].header.store(0);
    } else if (each.slot.cells > 1) {  // died half-way through the body
      Cell* const first = cells + (each.slot.cell - memory.cells);
      std::memset(reinterpret_cast<uint8_t*>(first) + kHeaderBytes, 0xff, kCellBytes);
    }
  }
  const Left left = LeftIn(cells, memory.marks.durable.load(), memory.marks.zeroed.load());
  CHECK(left.state == DeadRing::kWhole);
  CHECK(left.labels == expected);
}

}  // namespace

TEST(DeathAtAnyMomentLeavesWhatWasCommitted) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed ", seed);
    testing::Random random(seed);
    Memory memory;
    Ring ring(memory.cells, kCapacity, 0, &memory.marks);
    std::deque<Reserved> reserved;  // not advanced past
    uint64_t next = 1;
    for (int operation = 0; operation < 5000; ++operation) {
      switch (random.Below(5)) {
        case 0:
        case 1: {
          const Slot slot =
              ring.Reserve(1 + random.Below(ring.max_body_bytes()) / (1 + random.Below(9)));
          if (!slot) break;
          reserved.push_back({slot, next++, false});
          break;
        }
        case 2:
          for (Reserved& each : reserved) {
            if (each.committed || random.Below(2) == 0) continue;
            std::memset(each.slot.body(), 0xee, each.slot.cells * kCellBytes - kHeaderBytes);
            Ring::Commit(each.slot, each.label);
            each.committed = true;
          }
          break;
        case 3:
          ring.Release();
          CheckDeathNow(memory, reserved, random);
          break;
        case 4: {
          while (random.Below(4) != 0) {
            const Record record = ring.Peek();
            if (!record) break;
            REQUIRE(!reserved.empty());
            CHECK_EQ(record.label, reserved.front().label);
            ring.Advance(record);
            reserved.pop_front();
          }
          // Death in the middle of the Release: some of the headers are zeroed.
          alignas(kCacheLineBytes) Cell cells[kCapacity];
          std::memcpy(static_cast<void*>(cells), memory.cells, sizeof cells);
          const uint64_t zeroed = memory.marks.zeroed.load();
          ring.Release();
          const uint64_t durable = memory.marks.durable.load();
          const uint64_t upto =
              zeroed + (durable > zeroed ? random.Below(durable - zeroed + 1) : 0);
          for (uint64_t at = zeroed; at < upto; ++at) cells[at % kCapacity].header.store(0);
          std::vector<uint64_t> expected;
          for (const Reserved& each : reserved) {
            if (each.committed) expected.push_back(each.label);
          }
          const Left left = LeftIn(cells, durable, zeroed);
          CHECK(left.state == DeadRing::kWhole);
          CHECK(left.labels == expected);
          break;
        }
      }
    }
  }
}

TEST(WhatNoRingLeavesBehindIsReportedAndTheWalkEnds) {
  Memory memory;
  CHECK(LeftIn(memory.cells, 5, 6).state == DeadRing::kImpossible);
  CHECK(LeftIn(memory.cells, kCapacity + 1, 0).state == DeadRing::kImpossible);
  CHECK(LeftIn(memory.cells, UINT64_MAX, UINT64_MAX).state == DeadRing::kWhole);
  memory.cells[60].header.store(5);  // past the end of the array
  CHECK(LeftIn(memory.cells, 0, 0).state == DeadRing::kImpossible);
  memory.cells[60].header.store(uint64_t{7} << kCellCountBits);  // no cells: no progress
  CHECK(LeftIn(memory.cells, 0, 0).state == DeadRing::kImpossible);
  testing::Random random(3);
  for (int round = 0; round < 2000; ++round) {
    for (Cell& cell : memory.cells) {
      cell.header.store(random.Below(4) == 0 ? random.Below(UINT64_MAX) >> random.Below(64) : 0);
    }
    const uint64_t zeroed = random.Below(200);
    ForEachLeftBehind(memory.cells, kCapacity, zeroed + random.Below(80), zeroed,
                      [&](const Record& record) {
                        CHECK(record.cell >= memory.cells);
                        CHECK(record.cell + record.cells <= memory.cells + kCapacity);
                      });
  }
}

}  // namespace ringboard::sync
