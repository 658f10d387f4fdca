// How much time an image may cost, for how small a file.
//
// Threads: the process's effort may be set at any time; an image is encoded with what it was at its
// start.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace ringboard::png {

enum class Effort : uint8_t {
  kSpeed,     // no match search: figures and digit grids several times as fast, and larger
  kBalanced,  // a quick search where content repeats
  kSmall,     // the smallest of both and of a thorough search everywhere but in noise
};

inline std::atomic<Effort> process_effort{Effort::kBalanced};

// By name; false: there is no such effort.
inline bool SetProcessEffort(std::string_view name) {
  if (name == "speed") {
    process_effort = Effort::kSpeed;
  } else if (name == "balanced") {
    process_effort = Effort::kBalanced;
  } else if (name == "small") {
    process_effort = Effort::kSmall;
  } else {
    return false;
  }
  return true;
}

}  // namespace ringboard::png
