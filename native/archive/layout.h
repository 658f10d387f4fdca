// What Encode and Decode agree upon; block.h draws it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "archive/column.h"
#include "wire/event.h"

namespace ringboard::archive {

// Of a piece.  The templates follow, in the order of their first events.
inline constexpr uint32_t kRest = 0, kSmallBody = 1, kLargeBody = 2, kFirstTemplate = 3;

// Histograms stay below, pictures and sound above.
inline constexpr size_t kLargeBodyBytes = 16 << 10;

inline constexpr size_t kLeastEventBytes = wire::kRecordOverhead + wire::kDoubleFieldSize;

// What the step of an event is the difference from.
enum class StepMode : uint8_t {
  kFile,    // the event before
  kKind,    // the event of its kind before
  kStride,  // that one, and one more difference like the last: nothing when logged at a fixed pace
};
inline constexpr int kStepModes = 3;

// The step that the next event of a kind is expected to have.
struct StepGuess {
  bool seen = false;
  uint64_t last = 0, stride = 0;

  uint64_t Next(StepMode mode, uint64_t before_in_file) const {
    if (mode == StepMode::kFile || !seen) return before_in_file;
    return mode == StepMode::kKind ? last : last + stride;
  }
  void See(uint64_t step) {
    stride = seen ? step - last : 0;
    last = step;
    seen = true;
  }
};

// Guesses each piece's kind: the one that followed its predecessor's kind the last time; at first,
// the one with the next number, as templates are numbered in the order they come.
class OrderGuess {
 public:
  explicit OrderGuess(size_t kinds) : next_(kinds) {
    for (size_t kind = 0; kind < kinds; ++kind) next_[kind] = static_cast<uint32_t>(kind + 1);
  }
  uint32_t Next() const { return next_[last_]; }
  void See(uint32_t kind) {
    next_[last_] = kind;
    last_ = kind;
  }

 private:
  std::vector<uint32_t> next_;
  uint32_t last_ = kRest;
};

}  // namespace ringboard::archive
