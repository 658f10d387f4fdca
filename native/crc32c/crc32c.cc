// The registry and the dispatch.  See crc32c.h.
#include "crc32c/crc32c.h"

#include "crc32c/hardware_steps.h"
#include "crc32c/kernels.h"

namespace ringboard::crc32c {
namespace {

constexpr cpu::Kernel<RawExtendFn> kKernels[] = {
#if RB_X86_SIMD
    {"avx512_vpclmul", hardware::kRequired | cpu::kAvx512 | cpu::kVpclmul, RawExtendAvx512},
    {"sse42", hardware::kRequired, RawExtendSse42},
#endif
#if RB_ARM_SIMD
    {"arm", hardware::kRequired, RawExtendArm},
#endif
    {"portable", 0, RawExtendPortable},
};

}  // namespace

uint32_t RawExtend(uint32_t state, const void* data, size_t size) {
  // A static inside the function, so that a call from another file's static initialiser is safe
  // too. It costs one predicted test a call.
  static const RawExtendFn extend = cpu::Select(kKernels).function;
  return extend(state, data, size);
}

uint32_t Extend(uint32_t crc, const void* data, size_t size) {
  return ~RawExtend(~crc, data, size);
}

std::span<const cpu::Kernel<RawExtendFn>> kernels() { return kKernels; }

const char* ActiveKernelName() { return cpu::Select(kKernels).name; }

}  // namespace ringboard::crc32c
