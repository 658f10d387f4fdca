#include "cpu/features.h"

#include <cstdlib>

#include "test.h"

namespace ringboard::cpu {

TEST(ActiveNeverExceedsDetected) { CHECK_EQ(Active() & ~Detected(), 0u); }

TEST(SelectTakesTheFirstKernelThatRuns) {
  using Fn = int (*)();
  const Kernel<Fn> kernels[] = {
      {"impossible", 1u << 31, [] { return 1; }},
      {"portable", 0, [] { return 2; }},
      {"later", 0, [] { return 3; }},
  };
  CHECK_EQ(Select(kernels).function(), 2);
}

TEST(LevelNameIsTheOverride) {
  const char* forced = std::getenv("RINGBOARD_ISA");
  if (forced != nullptr && *forced != '\0') CHECK_EQ(std::string(ActiveLevelName()), forced);
  CHECK(*ActiveLevelName() != '\0');
}

}  // namespace ringboard::cpu
