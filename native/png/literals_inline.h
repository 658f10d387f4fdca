// The scalar packing loop, in a header so that literals.cc and literals_x86.cc can compile it each
// for their own instruction set.
#pragma once

#include "base/platform.h"
#include "png/format.h"
#include "png/literals.h"

namespace ringboard::png {

static_assert(4 * kMaxLiteralBits <= BitWriter::kMaxPutBits);

RB_ALWAYS_INLINE void PackScalar(const uint8_t* bytes, size_t count, const LiteralTable& table,
                                 BitWriter* to) {
  BitWriter writer = *to;  // a copy lives in registers
  size_t i = 0;
  // Four codes become one word in a tree, not a chain: only the Put depends on the Put before.
  for (; i + 4 <= count; i += 4) {
    const unsigned e0 = table[bytes[i]], e1 = table[bytes[i + 1]];
    const unsigned e2 = table[bytes[i + 2]], e3 = table[bytes[i + 3]];
    const unsigned n0 = e0 >> kLiteralLengthShift, n01 = n0 + (e1 >> kLiteralLengthShift);
    const unsigned n2 = e2 >> kLiteralLengthShift, n23 = n2 + (e3 >> kLiteralLengthShift);
    const uint64_t low = (e0 & kLiteralCodeMask) | uint64_t{e1 & kLiteralCodeMask} << n0;
    const uint64_t high = (e2 & kLiteralCodeMask) | uint64_t{e3 & kLiteralCodeMask} << n2;
    writer.Put(low | high << n01, n01 + n23);
  }
  for (; i < count; ++i) {
    const unsigned entry = table[bytes[i]];
    writer.Put(entry & kLiteralCodeMask, entry >> kLiteralLengthShift);
  }
  *to = writer;
}

}  // namespace ringboard::png
