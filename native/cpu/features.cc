// See features.h.  CPUID is read through the compiler's own builtins, which also check that the
// operating system saves the wide registers.
#include "cpu/features.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "base/platform.h"

#if RB_ARM_SIMD && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace ringboard::cpu {
namespace {

struct Level {
  const char* name;
  uint32_t features;  // all that may be used at this level
};

#if RB_X86_64
constexpr uint32_t kUpToSse42 = kSse42 | kPclmul;
constexpr uint32_t kUpToAvx2 = kUpToSse42 | kAvx2 | kBmi2 | kFastPdep;
constexpr uint32_t kUpToAvx512 = kUpToAvx2 | kAvx512;
constexpr uint32_t kUpToVbmi = kUpToAvx512 | kVbmi | kVpclmul;
constexpr Level kLevels[] = {{"portable", 0},
                             {"sse42", kUpToSse42},
                             {"avx2", kUpToAvx2},
                             {"avx512", kUpToAvx512},
                             {"avx512vbmi", kUpToVbmi}};
#elif RB_AARCH64
constexpr Level kLevels[] = {{"portable", 0}, {"neon", kNeon | kArmCrc | kArmPmull}};
#else
constexpr Level kLevels[] = {{"portable", 0}};
#endif

uint32_t Detect() {
  uint32_t features = 0;
#if RB_X86_SIMD
  __builtin_cpu_init();
  auto add = [&features](bool present, Feature feature) {
    if (present) features |= feature;
  };
  add(__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt"), kSse42);
  add(__builtin_cpu_supports("pclmul"), kPclmul);
  // Every AVX2 processor has F16C, and the builtin has no name for it in older compilers.
  add(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), kAvx2);
  add(__builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"), kBmi2);
  add((features & kBmi2) != 0 && !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2") &&
          !__builtin_cpu_is("bdver4"),
      kFastPdep);
  add(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"),
      kAvx512);
  add(__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2"), kVbmi);
  add(__builtin_cpu_supports("vpclmulqdq"), kVpclmul);
#elif RB_ARM_SIMD && defined(__linux__)
  // Bit numbers of the kernel's HWCAP word for AArch64.
  constexpr unsigned long kHwcapAsimd = 1ul << 1, kHwcapPmull = 1ul << 4, kHwcapCrc32 = 1ul << 7;
  const unsigned long hwcap = getauxval(AT_HWCAP);
  if (hwcap & kHwcapAsimd) features |= kNeon;
  if (hwcap & kHwcapPmull) features |= kArmPmull;
  if (hwcap & kHwcapCrc32) features |= kArmCrc;
#elif RB_ARM_SIMD && defined(__APPLE__)
  features = kNeon | kArmPmull | kArmCrc;  // every Apple silicon processor has all three
#endif
  return features;
}

struct Override {
  uint32_t active;
  Status status;
};

Override ReadOverride() {
  const char* name = std::getenv("RINGBOARD_ISA");
  if (name == nullptr || *name == '\0') return {Detected(), Status::Ok()};
  std::string known;
  for (const Level& level : kLevels) {
    if (std::strcmp(name, level.name) == 0) {
      const uint32_t missing = level.features & ~Detected();
      if (missing == 0) return {level.features, Status::Ok()};
      return {Detected(), Status::Invalid(std::string("RINGBOARD_ISA=") + name +
                                          ": this processor lacks it; unset the variable or name a "
                                          "lower level")};
    }
    known += std::string(known.empty() ? "" : ", ") + level.name;
  }
  return {Detected(), Status::Invalid(std::string("RINGBOARD_ISA=") + name +
                                      " is not a level known here; expected one of " + known)};
}

const Override& TheOverride() {
  static const Override override = ReadOverride();
  return override;
}

}  // namespace

uint32_t Detected() {
  static const uint32_t detected = Detect();
  return detected;
}

uint32_t Active() { return TheOverride().active; }

Status OverrideStatus() { return TheOverride().status; }

const char* ActiveLevelName() {
  const char* name = "portable";
  for (const Level& level : kLevels) {
    if ((level.features & Active()) == level.features) name = level.name;
  }
  return name;
}

}  // namespace ringboard::cpu
