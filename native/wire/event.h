// An Event is its head (wall time, step) and one body field.  The head is all that differs between
// two events of one kind, so it has its own functions; bodies come ready-made from a template or a
// caller.
#pragma once

#include "wire/fields.h"
#include "wire/proto.h"
#include "wire/record.h"

namespace ringboard::wire {

// Wall time (9 bytes) and step (key and up to 10 bytes).
inline constexpr size_t kMaxEventHeadBytes = 9 + 1 + kMaxVarintBytes;

constexpr size_t EventHeadSize(int64_t step) {
  return kDoubleFieldSize + (step == 0 ? 0 : VarintFieldSize(static_cast<uint64_t>(step)));
}

// proto3 leaves out a step of 0.  A negative step is a 10-byte varint, as int64 is on the wire.
inline uint8_t* PutEventHead(uint8_t* to, double wall_time, int64_t step) {
  to = PutDoubleField(to, event::kWallTime, wall_time);
  return step == 0 ? to : PutVarintField(to, event::kStep, static_cast<uint64_t>(step));
}

// The whole record of an event whose body (the fields behind the step, serialized) is at hand.
constexpr size_t EventRecordSize(int64_t step, size_t body_bytes) {
  return kRecordOverhead + EventHeadSize(step) + body_bytes;
}
inline uint8_t* PutEventRecord(uint8_t* record, double wall_time, int64_t step, const void* body,
                               size_t body_bytes) {
  uint8_t* end = PutEventHead(record + kRecordHeaderBytes, wall_time, step);
  return FrameRecord(record, PutBytes(end, body, body_bytes));
}

}  // namespace ringboard::wire
