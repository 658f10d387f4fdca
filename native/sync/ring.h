// The ring: bounded, lock-free, many producers, one consumer, records of variable length.
//
// A ring is an array of 32-byte cells.  A record is one or more neighbouring cells; its first word
// is the record's header, the rest is the producer's.  The order of Reserve is the order of
// consumption.
//
//   producer:  slot = Reserve(bytes) → fill slot.body() → Commit(slot, label)      any thread
//   consumer:  Peek() → read → Advance() … → Release()                             one thread
//
// Who may call what
//   Reserve, Commit, reserved(), released()    any thread, at any time
//   Peek, Advance, Release, backlog()          the consumer only
//
// Invariants (positions count cells since the ring was made, modulo 2^width of Index)
//   I1  released <= read <= reserved <= released + capacity.
//   I2  The header word of every cell outside [released, reserved) is zero.
//   I3  A header is written by the producer that reserved it alone, and stays until Release: by
//       Reserve, "so many cells, not committed" (kReservedLabel), if they are several; then by
//       Commit.  So any other value that is not zero means "committed", whatever bytes lay there a
//       lap ago.
//   I4  A record never straddles the end of the array: Reserve fills the rest of the lap with a
//       padding record and starts at cell 0.  Hence a record may have at most capacity / 2 cells
//       (padding is then always shorter than the record, and both fit an empty ring).
//
//   field      | writer         | readers            | order              | pairs with
//   reserved_  | Reserve (CAS)  | Reserve            | relaxed load       | the CAS validates it
//              |                | reserved()         | seq_cst            | S1, S2 below
//   released_  | Release        | Reserve            | A1 acquire load    | R1 in Release
//              |                | released()         | seq_cst            | S3 (see gate.h)
//   header     | Commit         | Peek               | A2 acquire load    | R2 in Commit
//              | Release (zero) | Reserve's producer | plain              | R1/A1
//
// R1/A1: Release zeroes the headers of what it frees (I2) and has finished reading the bodies, then
//   publishes released_ with release; Reserve acquires it before it hands the cells to a producer.
//   So a producer's writes can't overtake the consumer's reads, nor its zeroing.
// R2/A2: Commit publishes the body with its header.
// S1/S2 (sleep and wake): Reserve's CAS and reserved() are seq_cst so that a consumer about to
// sleep can
//   rely on reserved(): see doorbell.h, which has the argument.
//
// Liveness: Reserve is lock-free.  A producer that stalls between Reserve and Commit holds up the
// consumer (order is order), never other producers until the ring is full.
//
// After the death of the process
//   Whoever finds the cells and the Marks can tell every committed record from what was being
//   written, though producers died in the middle:
//   I5  A producer stores the header of a record of several cells before it touches any other of
//       its bytes.  So in a gap without headers all header words are zero (I2), and the next record
//       starts at the next cell whose header word is not.
//   I6  The records from Marks.durable on are whole: Release stores
//       `durable` before it zeroes and `zeroed` after it, and only then gives the room away.  So
//       the committed records that are not in their files yet all lie in
//       [durable, zeroed + capacity), and nothing else does.
//   A process's own stores are seen in their program order by those who look after its death, so
//   what matters there is only that the compiler keeps the order: signal fences.
//
// NOT promised: an order between producers other than that of their Reserves; anything after fork
// (a child makes its own ring); that the memory survives a wild write.
//
// Index is a template parameter so that tests can force its wrap.  A producer may stall for ever
// inside Reserve's loop without harm as long as positions don't come round to the same value
// meanwhile: with 64 bits they never do; with 8 or 16, only single-threaded tests are sound.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace ringboard::sync {

inline constexpr size_t kCellBytes = 32;
inline constexpr size_t kHeaderBytes = 8;
inline constexpr size_t kCacheLineBytes = 64;

// The header word: how many cells, and 40 bits that are the producer's to use.  Zero is "not yet".
inline constexpr unsigned kCellCountBits = 24;
inline constexpr uint64_t kMaxCells = (uint64_t{1} << kCellCountBits) - 1;
inline constexpr uint64_t kPaddingLabel = (uint64_t{1} << (64 - kCellCountBits)) - 1;
inline constexpr uint64_t kReservedLabel = kPaddingLabel - 1;

struct alignas(kCellBytes) Cell {
  std::atomic<uint64_t> header;
  uint8_t body[kCellBytes - kHeaderBytes];
};
static_assert(sizeof(Cell) == kCellBytes);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

constexpr size_t CellsFor(size_t body_bytes) {
  return (kHeaderBytes + body_bytes + kCellBytes - 1) / kCellBytes;
}

struct Slot {
  Cell* cell = nullptr;
  uint32_t cells = 0;

  explicit operator bool() const { return cell != nullptr; }
  uint8_t* body() const { return reinterpret_cast<uint8_t*>(cell) + kHeaderBytes; }
};

struct Record {
  const Cell* cell = nullptr;
  uint32_t cells = 0;
  uint64_t label = 0;

  explicit operator bool() const { return cell != nullptr; }
  const uint8_t* body() const { return reinterpret_cast<const uint8_t*>(cell) + kHeaderBytes; }
  size_t body_capacity() const { return cells * kCellBytes - kHeaderBytes; }
};

// How far the consumer is, for those who come after the death of the process (I6).  It may lie in
// memory that outlives the process.
struct Marks {
  std::atomic<uint64_t> durable{0};  // all before this has been dealt with for good
  std::atomic<uint64_t> zeroed{0};   // all headers before this are zero
};

template <typename Index>
class BasicRing {
  static_assert(std::is_unsigned_v<Index>);

 public:
  // `cells` is zeroed memory of `capacity` cells, a power of two of at least 2 and at most half of
  // what Index can count; it belongs to the caller and outlives the ring, as do `marks`, if any.
  // `start` is where positions begin.
  BasicRing(Cell* cells, Index capacity, Index start = 0, Marks* marks = nullptr)
      : reserved_(start),
        released_(start),
        read_(start),
        cells_(cells),
        capacity_(capacity),
        mask_(static_cast<Index>(capacity - 1)),
        marks_(marks != nullptr ? marks : &own_marks_) {
    marks_->durable.store(start, std::memory_order_relaxed);  // relaxed: nobody knows of it yet
    marks_->zeroed.store(start, std::memory_order_relaxed);
  }
  BasicRing(const BasicRing&) = delete;
  BasicRing& operator=(const BasicRing&) = delete;

  Index capacity() const { return capacity_; }
  size_t max_body_bytes() const {
    const uint64_t cells = capacity_ / 2 < kMaxCells ? capacity_ / 2 : kMaxCells;
    return cells * kCellBytes - kHeaderBytes;
  }

  // Room for a record of `body_bytes` (at most max_body_bytes()), or an empty slot when the ring is
  // full.
  Slot Reserve(size_t body_bytes) {
    const Index wanted = static_cast<Index>(CellsFor(body_bytes));
    Index reserved = reserved_.load(std::memory_order_relaxed);
    for (;;) {
      // A1 acquire: pairs with R1 in Release.
      const Index released = released_.load(std::memory_order_acquire);
      const Index used = static_cast<Index>(reserved - released);
      if (used > capacity_) {  // `reserved` is older than `released`: look again
        reserved = reserved_.load(std::memory_order_relaxed);
        continue;
      }
      const Index offset = reserved & mask_;
      const Index to_end = static_cast<Index>(capacity_ - offset);
      const Index padding = to_end < wanted ? to_end : 0;
      const Index taken = static_cast<Index>(wanted + padding);
      if (static_cast<Index>(capacity_ - used) < taken) return {};
      // S1 seq_cst: see doorbell.h.  It also makes the claim; nobody else gets these cells.
      if (!reserved_.compare_exchange_weak(reserved, static_cast<Index>(reserved + taken),
                                           std::memory_order_seq_cst, std::memory_order_relaxed)) {
        continue;
      }
      if (padding != 0) Commit({cells_ + offset, static_cast<uint32_t>(padding)}, kPaddingLabel);
      const Slot slot{padding != 0 ? cells_ : cells_ + offset, static_cast<uint32_t>(wanted)};
      if (wanted > 1) {
        // relaxed: the consumer takes it for "not yet", as it does a zero.
        slot.cell->header.store(Header(kReservedLabel, slot.cells), std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);  // I5
      }
      return slot;
    }
  }

  // Publishes the record; `label` (40 bits, below kReservedLabel) comes out of Peek.
  static void Commit(Slot slot, uint64_t label) {
    // R2 release: pairs with A2 in Peek.
    slot.cell->header.store(Header(label, slot.cells), std::memory_order_release);
  }

  // The next committed record, or an empty one when there is none (yet).
  Record Peek() {
    for (;;) {
      // A full lap has been read but not released: the header there is that of the lap's first
      // record.
      if (static_cast<Index>(read_ - released_.load(std::memory_order_relaxed)) == capacity_)
        return {};
      const Cell& cell = cells_[read_ & mask_];
      // A2 acquire: pairs with R2 in Commit.
      const uint64_t header = cell.header.load(std::memory_order_acquire);
      if (header == 0 || header >> kCellCountBits == kReservedLabel) return {};
      const Record record{&cell, static_cast<uint32_t>(header & kMaxCells),
                          header >> kCellCountBits};
      if (record.label != kPaddingLabel) return record;
      Advance(record);
    }
  }

  // Moves past a record that Peek gave; its bytes stay valid until Release.
  void Advance(const Record& record) { read_ = static_cast<Index>(read_ + record.cells); }

  // Gives all that has been advanced past back to the producers.
  void Release() {
    // relaxed: only this thread writes released_.
    const Index released = released_.load(std::memory_order_relaxed);
    marks_->durable.store(read_, std::memory_order_release);  // before the zeroing: I6
    std::atomic_signal_fence(std::memory_order_seq_cst);
    // Every cell, not only every record's first: a later, shorter record may start at any of them
    // (I2).
    for (Index at = released; at != read_; ++at) {
      cells_[at & mask_].header.store(0, std::memory_order_relaxed);  // relaxed: R1 publishes it
    }
    marks_->zeroed.store(read_, std::memory_order_release);  // after it, before R1: I6
    // R1 release: pairs with A1 in Reserve.  S3 seq_cst, for those who wait for progress: see
    // gate.h.
    released_.store(read_, std::memory_order_seq_cst);
  }

  // S2 seq_cst: see doorbell.h.  Everything reserved before this call is before the position
  // returned.
  Index reserved() const { return reserved_.load(std::memory_order_seq_cst); }
  Index released() const { return released_.load(std::memory_order_seq_cst); }
  // True once all that was reserved before `position` has been released.
  bool HasReleased(Index position) const {
    using Signed = std::make_signed_t<Index>;
    return static_cast<Signed>(static_cast<Index>(released() - position)) >= 0;
  }
  // Whether something is reserved that the consumer has not read (it may be uncommitted still).
  bool HasUnread() const { return reserved() != read_; }
  // Cells in use now, for statistics.
  Index used() const { return static_cast<Index>(reserved() - released()); }

 private:
  static constexpr uint64_t Header(uint64_t label, uint32_t cells) {
    return label << kCellCountBits | cells;
  }

  // Producers fight over reserved_; the consumer writes released_ once a batch: a line for each.
  alignas(kCacheLineBytes) std::atomic<Index> reserved_;
  alignas(kCacheLineBytes) std::atomic<Index> released_;
  alignas(kCacheLineBytes) Index read_;  // the consumer's own
  Cell* const cells_;
  const Index capacity_;
  const Index mask_;
  Marks own_marks_;
  Marks* const marks_;
};

using Ring = BasicRing<uint64_t>;

}  // namespace ringboard::sync
