// What of an event's body (the fields behind wall time and step) differs between two events of one
// kind: the numbers of its scalars.  They are holes of 4 or 8 bytes; all around them is the same
// each time and is kept once.
//
//   Event.summary ⊃ Summary.value ⊃ tag │ hole │ metadata …   any number of values, any field order
//
// So one parser takes add_scalar's events in all styles, those of other writers, and a log() of
// many tags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ringboard::archive {

struct Hole {
  uint32_t offset;
  uint8_t width;  // 4 or 8 bytes
};

enum class BodyKind : uint8_t {
  kUntagged,  // no summary, or none that was understood: every reader of a tag wants to see it
  kScalars,   // each of its values has a hole
  kOther,     // summaries of another kind; graphs
};

struct Shape {
  BodyKind kind = BodyKind::kUntagged;
  std::vector<Hole> holes;             // of kScalars, ascending
  std::vector<std::string_view> tags;  // into the body, or kGraphTag
};

// Nothing in `body` is trusted.
void ParseShape(const uint8_t* body, size_t size, Shape* shape);

}  // namespace ringboard::archive
