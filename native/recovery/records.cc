// See records.h.
#include "recovery/records.h"

#include "png/effort.h"
#include "writer/ring_record.h"

namespace ringboard::recovery {
namespace {

using writer::RecordKind;

template <typename Body>
const Body* BodyOf(const sync::Record& record) {
  return record.body_capacity() < sizeof(Body) ? nullptr
                                               : reinterpret_cast<const Body*>(record.body());
}

bool IsWholeImage(const writer::ImageBody& body, size_t capacity) {
  if (body.channels < 1 || body.channels > 4 || (body.bit_depth != 8 && body.bit_depth != 16) ||
      body.width == 0 || body.height == 0 ||
      body.effort > static_cast<uint8_t>(png::Effort::kSmall)) {
    return false;
  }
  const size_t offset = body.pixels_offset();
  return offset <= capacity && body.height <= (capacity - offset) / body.row_bytes();
}

}  // namespace

bool IsWhole(const sync::Record& record) {
  const size_t capacity = record.body_capacity();
  switch (writer::KindOf(record.label)) {
    case RecordKind::kScalar:
      return BodyOf<writer::ScalarBody>(record) != nullptr;
    case RecordKind::kLog: {
      const auto* body = BodyOf<writer::LogBody>(record);
      return body != nullptr && body->count <= (capacity - sizeof *body) / sizeof(writer::LogValue);
    }
    case RecordKind::kScalarSeries: {
      const auto* body = BodyOf<writer::ScalarSeriesBody>(record);
      const size_t each = body != nullptr && body->has_wall_times ? 24 : 16;
      return body != nullptr && body->count <= (capacity - sizeof *body) / each;
    }
    case RecordKind::kEvent: {
      const auto* body = BodyOf<writer::EventBody>(record);
      return body != nullptr && body->bytes <= capacity - sizeof *body;
    }
    case RecordKind::kFarEvent:
      return BodyOf<writer::FarEventBody>(record) != nullptr;
    case RecordKind::kImage: {
      const auto* body = BodyOf<writer::ImageBody>(record);
      return body != nullptr && IsWholeImage(*body, capacity);
    }
    case RecordKind::kFlush:
    case RecordKind::kSync:
    case RecordKind::kClose:
    case RecordKind::kDestroy:
      return true;
    case RecordKind::kAdopt:
      return BodyOf<writer::AdoptBody>(record) != nullptr;
  }
  return false;
}

}  // namespace ringboard::recovery
