// CRC-32C with SSE4.2 and PCLMULQDQ.
//
// crc32q takes 8 bytes, 3 cycles after the one before it: 2.7 bytes a cycle, whereas the processor
// could start one EVERY cycle.  And PCLMULQDQ, on another port, folds 16 bytes with two of its own
// cycles.  So a block of n steps is cut into regions that are worked on together, 192 bytes a step:
//
//   | stream 0: 32n | stream 1: 32n | stream 2: 32n | folded: 96n bytes |
//
// Twelve crc32q and twelve PCLMULQDQ a step, one of each a cycle: 16 bytes a cycle at best.  Three
// streams because a crc32q takes three cycles; six accumulators because a fold takes about eight,
// and because then both halves have equal work.
//
// At the end of a block the accumulators fold into one, which is reduced to the state of its
// region.  The streams' states are moved past what follows them, by one multiplication each with a
// shared reduction, and all four are added.
//
// Tried: the same with VEX encodings (AVX2) or three-way xor (AVX-512VL).  5 to 15 % faster,
// because fewer instructions are issued; not worth a copy of this file each.
#include <algorithm>
#include <array>

#include "base/endian.h"
#include "crc32c/folding_x86.h"
#include "crc32c/hardware_steps.h"
#include "crc32c/kernels.h"
#include "crc32c/polynomial.h"

#if RB_X86_SIMD

namespace ringboard::crc32c {
namespace {

using folding::Constants;
using folding::Fold;
using folding::Load;
using hardware::MoveProduct;
using hardware::Step8;
using hardware::StepSerial;

constexpr size_t kStreamBytes = 32;  // of each of three streams, a step
constexpr size_t kFoldBytes = 96;    // of the folded region, a step: six accumulators
constexpr size_t kStepBytes = 3 * kStreamBytes + kFoldBytes;
// A block's end costs about 40 cycles, a step 12 to 14: 128 steps make that 3 %, and a block of 24
// KiB stays within the smallest first-level cache.
constexpr size_t kMaxSteps = 128;
// One step alone is slower than crc32q in series, two are faster (8.5 against 6.3 GB/s).
constexpr size_t kLongBytes = 2 * kStepBytes;

// Stream 0 is followed by two streams and the folded region, each a multiple of its own length.
static_assert(kFoldBytes % kStreamBytes == 0);
constexpr size_t kBehind2 = kFoldBytes / kStreamBytes, kBehind1 = kBehind2 + 1,
                 kBehind0 = kBehind2 + 2;
constexpr auto kMove = MoveConstants<kStreamBytes, kBehind0 * kMaxSteps>();

struct Streams {
  uint64_t state0, state1, state2;
};

// Past the next 8 bytes of each stream; they lie `stride` bytes apart.
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE void StepStreams8(Streams& streams, const uint8_t* at,
                                                      size_t stride) {
  streams.state0 = Step8(streams.state0, LoadLittle64(at));
  streams.state1 = Step8(streams.state1, LoadLittle64(at + stride));
  streams.state2 = Step8(streams.state2, LoadLittle64(at + 2 * stride));
}

RB_CRC32C_HARDWARE RB_ALWAYS_INLINE void StepStreams(Streams& streams, const uint8_t* at,
                                                     size_t stride) {
  static_assert(kStreamBytes == 32);
  StepStreams8(streams, at, stride);
  StepStreams8(streams, at + 8, stride);
  StepStreams8(streams, at + 16, stride);
  StepStreams8(streams, at + 24, stride);
}

// The state behind all three streams and the folded region, from those behind the streams alone.
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t MoveStreams(const Streams& streams, size_t steps) {
  return Step8(0, MoveProduct(streams.state0, kMove[kBehind0 * steps]) ^
                      MoveProduct(streams.state1, kMove[kBehind1 * steps]) ^
                      MoveProduct(streams.state2, kMove[kBehind2 * steps]));
}

// Past one block of `steps` steps, 1 <= steps <= kMaxSteps.
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t StepBlock(uint64_t state, const uint8_t* at,
                                                       size_t steps) {
  const size_t stride = steps * kStreamBytes;
  const uint8_t* fold_at = at + 3 * stride;
  const uint8_t* const fold_end = fold_at + steps * kFoldBytes;
  Streams streams = {state, 0, 0};

  // Head: the accumulators start as the first bytes of the folded region.
  __m128i a0 = Load(fold_at), a1 = Load(fold_at + 16), a2 = Load(fold_at + 32);
  __m128i a3 = Load(fold_at + 48), a4 = Load(fold_at + 64), a5 = Load(fold_at + 80);

  // Body.
  const __m128i k96 = Constants<kFoldBytes>();
  for (fold_at += kFoldBytes; fold_at != fold_end; fold_at += kFoldBytes, at += kStreamBytes) {
    a0 = Fold(a0, k96, Load(fold_at));
    a1 = Fold(a1, k96, Load(fold_at + 16));
    a2 = Fold(a2, k96, Load(fold_at + 32));
    a3 = Fold(a3, k96, Load(fold_at + 48));
    a4 = Fold(a4, k96, Load(fold_at + 64));
    a5 = Fold(a5, k96, Load(fold_at + 80));
    StepStreams(streams, at, stride);
  }

  // Tail: the streams take their last step while the accumulators fold into one.
  StepStreams(streams, at, stride);
  const __m128i k16 = Constants<16>(), k32 = Constants<32>();
  a1 = Fold(a0, k16, a1);
  a3 = Fold(a2, k16, a3);
  a5 = Fold(a4, k16, a5);
  a5 = Fold(Fold(a1, k32, a3), k32, a5);
  return MoveStreams(streams, steps) ^ folding::Reduce(a5);
}

// Out of line, so that a short run does not pay for saving the registers that this one needs.
RB_CRC32C_HARDWARE RB_NOINLINE uint32_t ExtendLong(uint64_t state, const uint8_t* at, size_t size) {
  while (size >= kStepBytes) {
    const size_t steps = std::min(size / kStepBytes, kMaxSteps);
    state = StepBlock(state, at, steps);
    at += steps * kStepBytes;
    size -= steps * kStepBytes;
  }
  return static_cast<uint32_t>(StepSerial(state, at, size));
}

}  // namespace

RB_CRC32C_HARDWARE uint32_t RawExtendSse42(uint32_t state, const void* data, size_t size) {
  const auto* at = static_cast<const uint8_t*>(data);
  if (size >= kLongBytes) return ExtendLong(state, at, size);
  return static_cast<uint32_t>(StepSerial(state, at, size));
}

}  // namespace ringboard::crc32c

#endif  // RB_X86_SIMD
