// CRC-32C with ARMv8's CRC32 and PMULL instructions.
//
// crc32cx takes 8 bytes, and its result is there after two or three cycles although one could start
// every cycle.  So a block of n steps is three streams that advance together, 192 bytes a step:
//
//   | stream 0: 64n | stream 1: 64n | stream 2: 64n bytes |
//
// At its end the first two states are moved past what follows them, by one multiplication each and
// a shared reduction.  Unlike on x86-64 nothing is folded beside them: three streams keep the CRC
// unit busy, and no ARM machine was at hand to show that more pays.
#include <algorithm>

#include "base/endian.h"
#include "crc32c/hardware_steps.h"
#include "crc32c/kernels.h"
#include "crc32c/polynomial.h"

#if RB_ARM_SIMD

namespace ringboard::crc32c {
namespace {

using hardware::MoveProduct;
using hardware::Step8;
using hardware::StepSerial;

constexpr size_t kStreamBytes = 64;  // of each of three streams, a step
constexpr size_t kStepBytes = 3 * kStreamBytes;
constexpr size_t kMaxSteps = 128;  // a block of 24 KiB stays within the first-level cache
constexpr size_t kLongBytes = 2 * kStepBytes;

constexpr auto kMove = MoveConstants<kStreamBytes, 2 * kMaxSteps>();

// Past one block of `steps` steps, 1 <= steps <= kMaxSteps.
RB_CRC32C_HARDWARE RB_ALWAYS_INLINE uint64_t StepBlock(uint64_t state, const uint8_t* at,
                                                       size_t steps) {
  const size_t stride = steps * kStreamBytes;
  uint64_t state0 = state, state1 = 0, state2 = 0;
  for (const uint8_t* const end = at + stride; at != end; at += 16) {
    state0 = Step8(state0, LoadLittle64(at));
    state1 = Step8(state1, LoadLittle64(at + stride));
    state2 = Step8(state2, LoadLittle64(at + 2 * stride));
    state0 = Step8(state0, LoadLittle64(at + 8));
    state1 = Step8(state1, LoadLittle64(at + stride + 8));
    state2 = Step8(state2, LoadLittle64(at + 2 * stride + 8));
  }
  return Step8(0, MoveProduct(state0, kMove[2 * steps]) ^ MoveProduct(state1, kMove[steps])) ^
         state2;
}

}  // namespace

RB_CRC32C_HARDWARE uint32_t RawExtendArm(uint32_t state, const void* data, size_t size) {
  const auto* at = static_cast<const uint8_t*>(data);
  uint64_t wide = state;
  while (size >= kLongBytes) {
    const size_t steps = std::min(size / kStepBytes, kMaxSteps);
    wide = StepBlock(wide, at, steps);
    at += steps * kStepBytes;
    size -= steps * kStepBytes;
  }
  return static_cast<uint32_t>(StepSerial(wide, at, size));
}

}  // namespace ringboard::crc32c

#endif  // RB_ARM_SIMD
