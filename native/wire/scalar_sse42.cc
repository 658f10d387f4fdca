// See scalar_fold_x86.h.  Here masks and shifts spread a step into groups of 7 bits.
#include "wire/scalar_fold_x86.h"

#if RB_X86_SIMD

namespace ringboard::wire {

RB_TARGET("sse4.2,pclmul")
uint8_t* ScalarEncoders::EncodeSse42(const ScalarTemplate& scalar, uint8_t* to, double wall_time,
                                     int64_t signed_step, double value) {
  const uint64_t step = static_cast<uint64_t>(signed_step);
  if (step >= kShortStepEnd) [[unlikely]] {  // negative steps too
    return EncodePortable(scalar, to, wall_time, signed_step, value);
  }
  const uint64_t groups = (step & 0x7f) | (step & 0x3f80) << 1 | (step & 0x1fc000) << 2 |
                          (step & 0xfe00000) << 3 | (step & 0x7f0000000) << 4;
  return ScalarFold::Encode(scalar, to, wall_time, step, groups, value);
}

}  // namespace ringboard::wire

#endif  // RB_X86_SIMD
