// What lies in the ring: the label and the body of each kind of record.
//
//   label (40 bits, see sync/ring.h) = kind:8 | id:32
//
// A record refers to its tag and file by number, never by pointer (one kind excepted, which owns
// memory outside the ring), and what the writer thread makes of it depends on the record and the
// tables alone: encoding a record twice gives the same bytes.  What is changed here makes another
// segment::kVersion.
#pragma once

#include <cstdint>

#include "sync/ring.h"

namespace ringboard::writer {

enum class RecordKind : uint8_t {
  kScalar = 1,    // id: series.  ScalarBody
  kLog,           // id: stream.  LogBody, then `count` LogValue
  kScalarSeries,  // id: series.  ScalarSeriesBody, then steps, values and perhaps wall times
  kEvent,     // id: stream.  EventBody, then `bytes` bytes: the serialized fields behind the step
  kFarEvent,  // id: stream.  FarEventBody: an event too large for the ring
  kImage,     // id: stream.  ImageBody, then the tag, then (8-aligned) packed pixels
  kFlush,     // id: stream.  no body: write out what is pending now, whatever the back-off says
  kSync,      // id: stream.  no body: kFlush and fsync
  kClose,     // id: stream.  no body: kFlush and close the descriptor (a later record reopens it)
  kAdopt,     // id: stream.  AdoptBody: the new stream's open descriptor
  kDestroy,   // id: stream.  no body: kClose and forget the stream; no record of it may follow
};

constexpr uint64_t Label(RecordKind kind, uint32_t id) {
  return static_cast<uint64_t>(kind) << 32 | id;
}
constexpr RecordKind KindOf(uint64_t label) { return static_cast<RecordKind>(label >> 32); }
constexpr uint32_t IdOf(uint64_t label) { return static_cast<uint32_t>(label); }
static_assert(Label(RecordKind::kDestroy, UINT32_MAX) < sync::kReservedLabel);

struct ScalarBody {
  double wall_time;
  int64_t step;
  double value;
};
static_assert(sync::CellsFor(sizeof(ScalarBody)) == 1, "a scalar is one cell");

struct LogBody {
  double wall_time;
  int64_t step;
  uint64_t count;
};
struct LogValue {
  uint32_t series;
  float value;
};

struct ScalarSeriesBody {
  uint64_t count;
  uint64_t has_wall_times;
  double wall_time;  // of all, unless has_wall_times
};  // then int64_t steps[count], double values[count], and double wall_times[count] if
    // has_wall_times

struct EventBody {
  double wall_time;
  int64_t step;
  uint64_t bytes;
};

struct FarEventBody {
  double wall_time;
  int64_t step;
  uint8_t* bytes;  // malloc'ed; the writer thread frees it
  uint64_t size;
  uint64_t kept;  // the number of its copy in the segment; 0: there is none
};

struct ImageBody {
  double wall_time;
  int64_t step;
  uint32_t width, height;
  uint8_t channels, bit_depth;
  uint8_t effort;  // png::Effort
  uint8_t unused;
  uint32_t tag_bytes;

  size_t pixels_offset() const { return (sizeof(ImageBody) + tag_bytes + 7) / 8 * 8; }
  size_t row_bytes() const { return size_t{width} * channels * (bit_depth / 8); }
};
static_assert(sizeof(ImageBody) == 32);

struct AdoptBody {
  int64_t fd;
};

}  // namespace ringboard::writer
