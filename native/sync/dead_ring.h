// What a ring holds whose process is dead: ring.h, I5 and I6, read from the other side.
//
// Threads: nobody else touches the cells.  They are not trusted: whatever they hold, nothing
// outside of them is read and the walk ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sync/ring.h"

namespace ringboard::sync {

enum class DeadRing {
  kWhole,
  kImpossible,  // no ring leaves this behind: the walk stopped there
};

// Calls visit(Record) for each committed record that the consumer had not dealt with, in order.
// `capacity` is a power of two.
template <typename Visit>
DeadRing ForEachLeftBehind(const Cell* cells, uint64_t capacity, uint64_t durable, uint64_t zeroed,
                           Visit visit) {
  if (durable < zeroed || durable - zeroed > capacity) return DeadRing::kImpossible;
  const uint64_t end = zeroed + capacity;
  for (uint64_t at = durable; at < end;) {
    const uint64_t offset = at & (capacity - 1);
    const Cell& cell = cells[offset];
    // relaxed: its writers are dead.
    const uint64_t header = cell.header.load(std::memory_order_relaxed);
    if (header == 0) {  // free, or reserved by one who died at once
      ++at;
      continue;
    }
    const uint64_t taken = header & kMaxCells;
    const uint64_t label = header >> kCellCountBits;
    if (taken == 0 || taken > capacity - offset || taken > end - at) return DeadRing::kImpossible;
    if (label < kReservedLabel) visit(Record{&cell, static_cast<uint32_t>(taken), label});
    at += taken;
  }
  return DeadRing::kWhole;
}

}  // namespace ringboard::sync
