// The only place that asks the processor what it can do, and the only place that can be told to
// pretend it can do less.
//
// A kernel room lists its implementations in a registry, best first:
//
//   constexpr cpu::Kernel<ExtendFn> kKernels[] = {
//       {"sse42", cpu::kSse42 | cpu::kPclmul, ExtendSse42},
//       {"portable", 0, ExtendPortable},
//   };
//   static const ExtendFn kExtend = cpu::Select(kKernels).function;   // resolved once
//
// The environment variable RINGBOARD_ISA (portable, sse42, avx2, avx512, avx512vbmi; portable, neon
// on ARM) lowers what Active() reports, for tests and for bug hunts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"

namespace ringboard::cpu {

enum Feature : uint32_t {
  kSse42 = 1u << 0,    // SSE4.2 and POPCNT
  kPclmul = 1u << 1,   // PCLMULQDQ
  kAvx2 = 1u << 2,     // AVX2, FMA and F16C
  kBmi2 = 1u << 3,     // BMI1 and BMI2
  kAvx512 = 1u << 4,   // AVX-512 F, BW, DQ and VL
  kVbmi = 1u << 5,     // AVX-512 VBMI and VBMI2
  kVpclmul = 1u << 6,  // VPCLMULQDQ
  kArmCrc = 1u << 7,   // ARMv8 CRC32
  kArmPmull = 1u << 8,
  kNeon = 1u << 9,
  kFastPdep = 1u << 10,  // BMI2 whose PDEP is one instruction, not microcode of hundreds of cycles
};

// What this processor (and its operating system's saved state) supports.
uint32_t Detected();

// Detected(), lowered by RINGBOARD_ISA if that is set.  Constant for the life of the process.
uint32_t Active();

// Not ok when RINGBOARD_ISA holds a name that is unknown or that this processor cannot honour.  The
// bindings raise it at import; Active() is Detected() in that case.
Status OverrideStatus();

// The name of the highest level that Active() reaches, for bug reports and benchmark headers.
const char* ActiveLevelName();

template <typename Function>
struct Kernel {
  const char* name;
  uint32_t required;
  Function function;

  bool RunsOn(uint32_t features) const { return (required & features) == required; }
};

// The first kernel that Active() can run.  The last of a registry must require nothing.
template <typename Function, size_t kCount>
const Kernel<Function>& Select(const Kernel<Function> (&kernels)[kCount]) {
  for (const Kernel<Function>& kernel : kernels) {
    if (kernel.RunsOn(Active())) return kernel;
  }
  return kernels[kCount - 1];
}

}  // namespace ringboard::cpu
