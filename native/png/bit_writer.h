// DEFLATE's bit order: the first bit written is the lowest of the first byte (RFC 1951, 3.1.1).
//
// Ownership: writes into memory that the caller has reserved, with kSlackBytes beyond what will
// count, because every Put stores a whole 64-bit word.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/endian.h"
#include "base/platform.h"

namespace ringboard::png {

// Bits that do not fill a byte yet: what a stream carries from one stripe to the next.
struct PendingBits {
  uint64_t bits = 0;
  unsigned count = 0;  // 0…7 between Puts
};

class BitWriter {
 public:
  static constexpr size_t kSlackBytes = 8;
  static constexpr unsigned kMaxPutBits = 56;  // 7 pending + 56 leave the shift below 64

  BitWriter(uint8_t* to, PendingBits pending) : next_(to), pending_(pending) {}

  // `bits` has no bit set at or above `count`.
  RB_ALWAYS_INLINE void Put(uint64_t bits, unsigned count) {
    pending_.bits |= bits << pending_.count;
    pending_.count += count;
    StoreLittle64(next_, pending_.bits);
    next_ += pending_.count >> 3;
    pending_.bits >>= pending_.count & ~7u;
    pending_.count &= 7;
  }
  void AlignToByte() {
    if (pending_.count != 0) Put(0, 8 - pending_.count);
  }
  // Only when aligned: whole bytes may then be copied to next() by the caller.
  void Skip(size_t bytes) { next_ += bytes; }

  uint8_t* next() const { return next_; }
  PendingBits pending() const { return pending_; }

 private:
  uint8_t* next_;
  PendingBits pending_;
};

}  // namespace ringboard::png
