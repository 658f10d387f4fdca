// Any order of the ring's operations, on any size and from any position, does what a list would do:
// records come out once, in the order of Reserve, whole, and only once committed.
//
// One thread: what several may do to each other is looked at in tests/model.
#include <deque>
#include <memory>

#include "fuzz.h"
#include "sync/ring.h"

namespace ringboard::sync {
namespace {

using fuzz::Input;

struct FreeCells {
  void operator()(Cell* cells) const {
    ::operator delete(cells, std::align_val_t(kCacheLineBytes));
  }
};
using Cells = std::unique_ptr<Cell, FreeCells>;

Cells ZeroedCells(size_t count) {
  void* memory = ::operator new(count * kCellBytes, std::align_val_t(kCacheLineBytes));
  std::memset(memory, 0, count * kCellBytes);
  return Cells(static_cast<Cell*>(memory));
}

// What the ring should hold.  Positions are counted without a wrap.
struct Entry {
  Slot slot;  // none: padding
  uint64_t cells = 0;
  size_t bytes = 0;
  uint64_t number = 0;
  bool committed = false;

  bool is_padding() const { return !slot; }
  uint64_t label() const { return number * 0x9e3779b97f4a7c15u >> (kCellCountBits + 1); }
  uint8_t byte(size_t i) const { return static_cast<uint8_t>(number * 31 + i); }
};

template <typename Index>
class Comparison {
 public:
  Comparison(Index capacity, Index start)
      : cells_(ZeroedCells(capacity)), ring_(cells_.get(), capacity, start), start_(start) {}

  void Reserve(size_t bytes) {
    const uint64_t capacity = ring_.capacity(), cells = CellsFor(bytes);
    const uint64_t to_end = capacity - OffsetOf(reserved_);
    const uint64_t padding = to_end < cells ? to_end : 0;
    const bool fits = capacity - (reserved_ - released_) >= cells + padding;
    const Slot slot = ring_.Reserve(bytes);
    CHECK_EQ(bool(slot), fits);
    if (!slot) return;
    if (padding != 0) entries_.push_back({{}, padding, 0, 0, true});
    reserved_ += padding;
    CHECK_EQ(static_cast<uint64_t>(slot.cell - cells_.get()), OffsetOf(reserved_));
    CHECK_EQ(slot.cells, cells);
    entries_.push_back({slot, cells, bytes, ++reserves_, false});
    reserved_ += cells;
    for (size_t i = 0; i < bytes; ++i) slot.body()[i] = entries_.back().byte(i);
  }

  // Commits the `which`th of those that are not.
  void Commit(size_t which) {
    for (Entry& entry : entries_) {
      if (entry.committed || which-- != 0) continue;
      ring_.Commit(entry.slot, entry.label());
      entry.committed = true;
      return;
    }
  }
  size_t uncommitted() const {
    size_t count = 0;
    for (const Entry& entry : entries_) count += !entry.committed;
    return count;
  }

  // Peeks, twice now and then, and perhaps advances.
  void Look(bool advance) {
    while (!entries_.empty() && entries_.front().is_padding() && !WholeLapRead()) Pop();
    const bool expected = !entries_.empty() && entries_.front().committed && !WholeLapRead();
    const Record record = ring_.Peek();
    CHECK_EQ(bool(record), expected);
    if (!record) return;
    const Entry& entry = entries_.front();
    CHECK_EQ(record.label, entry.label());
    CHECK_EQ(record.cells, entry.cells);
    CHECK(record.body_capacity() >= entry.bytes);
    for (size_t i = 0; i < entry.bytes; ++i) CHECK_EQ(record.body()[i], entry.byte(i));
    if (!advance) return;
    ring_.Advance(record);
    Pop();
  }

  void Release() {
    ring_.Release();
    CHECK(ring_.HasReleased(PositionOf(released_)));
    released_ = read_;
    CHECK(ring_.HasReleased(PositionOf(released_)));
    // I2: what lies outside is zero.
    for (uint64_t at = reserved_; at != released_ + ring_.capacity(); ++at) {
      CHECK_EQ(cells_.get()[OffsetOf(at)].header.load(std::memory_order_relaxed), 0u);
    }
  }

  void CheckCounts() const {
    CHECK_EQ(ring_.reserved(), PositionOf(reserved_));
    CHECK_EQ(ring_.released(), PositionOf(released_));
    CHECK_EQ(uint64_t{ring_.used()}, reserved_ - released_);
    CHECK_EQ(ring_.HasUnread(), reserved_ != read_);
    if (reserved_ != released_) CHECK(!ring_.HasReleased(PositionOf(reserved_)));
  }
  size_t max_body_bytes() const { return ring_.max_body_bytes(); }

 private:
  Index PositionOf(uint64_t position) const { return static_cast<Index>(start_ + position); }
  uint64_t OffsetOf(uint64_t position) const { return (start_ + position) % ring_.capacity(); }
  bool WholeLapRead() const { return read_ - released_ == ring_.capacity(); }
  void Pop() {
    read_ += entries_.front().cells;
    entries_.pop_front();
  }

  Cells cells_;
  BasicRing<Index> ring_;
  const Index start_;
  std::deque<Entry> entries_;
  uint64_t reserved_ = 0, read_ = 0, released_ = 0, reserves_ = 0;
};

template <typename Index>
void Compare(Input& input) {
  constexpr size_t kMostOperations = 3000;
  const auto capacity = static_cast<Index>(Index{2} << input.Below(7));  // 2 … 128 cells
  Comparison<Index> comparison(capacity, input.Any<Index>());
  for (size_t i = 0; i < kMostOperations && !input.empty(); ++i) {
    switch (input.Below(8)) {
      case 0:  // mostly single cells, as scalars are
      case 1:
        comparison.Reserve(input.Below(kCellBytes - kHeaderBytes + 1));
        break;
      case 2:
        comparison.Reserve(input.Below(comparison.max_body_bytes() + 1));
        break;
      case 3:
        comparison.Commit(0);
        break;
      case 4:
        comparison.Commit(input.Below(comparison.uncommitted()));
        break;
      case 5:
        comparison.Look(/*advance=*/false);
        break;
      case 6:
        comparison.Look(/*advance=*/true);
        break;
      case 7:
        comparison.Release();
        break;
    }
    comparison.CheckCounts();
  }
}

}  // namespace
}  // namespace ringboard::sync

namespace ringboard {

FUZZ_TARGET(Input& input) {
  switch (input.Below(4)) {
    case 0:
      return sync::Compare<uint8_t>(input);
    case 1:
      return sync::Compare<uint16_t>(input);
    case 2:
      return sync::Compare<uint32_t>(input);
    default:
      return sync::Compare<uint64_t>(input);
  }
}

}  // namespace ringboard
