// See batch.h.
#include "writer/batch.h"

#include "wire/event.h"
#include "wire/summary.h"

namespace ringboard::writer {
namespace {

template <typename Body>
const Body& BodyOf(const sync::Record& record) {
  return *reinterpret_cast<const Body*>(record.body());
}

void Drop(Stream* stream, uint64_t events) {
  stream->stats.dropped.fetch_add(events, std::memory_order_relaxed);
}

}  // namespace

void Batch::EncodeOther(const sync::Record& record) {
  const uint32_t id = IdOf(record.label);
  switch (KindOf(record.label)) {
    case RecordKind::kLog:
      return EncodeLog(record);
    case RecordKind::kScalarSeries:
      return EncodeScalarSeries(record);
    case RecordKind::kEvent: {
      const auto& body = BodyOf<EventBody>(record);
      return EncodeEvent(streams_->Get(id), body.wall_time, body.step,
                         record.body() + sizeof(EventBody), body.bytes);
    }
    case RecordKind::kFarEvent: {
      const auto& body = BodyOf<FarEventBody>(record);
      EncodeEvent(streams_->Get(id), body.wall_time, body.step, body.bytes, body.size);
      std::free(body.bytes);
      if (body.kept != 0) kept_.push_back(body.kept);
      return;
    }
    case RecordKind::kImage:
      return EncodeImage(record);
    default:
      return;  // scalars are encoded in batch.h; control records are the drain's
  }
}

void Batch::Recycle(Stream* stream) {
  stream->pending.Clear();
  if (spare_.capacity() < stream->pending.capacity()) spare_.Swap(stream->pending);
  stream->pending.Free();
}

uint8_t* Batch::MakeRoom(Stream* stream, size_t bytes, uint64_t events) {
  if (stream->failing() && stream->pending.size() + bytes > kMaxPendingBytes) {
    Drop(stream, events);
    stream->stats.lost_untold.fetch_add(events, std::memory_order_relaxed);
    return nullptr;
  }
  if (stream->pending.capacity() == 0) stream->pending.Swap(spare_);
  uint8_t* room = stream->pending.Reserve(bytes);
  if (room == nullptr) {
    Drop(stream, events);
    return nullptr;
  }
  stream->pending_events += events;
  MarkDirty(stream);
  return room;
}

void Batch::EncodeLog(const sync::Record& record) {
  Stream* stream = streams_->Get(IdOf(record.label));
  const auto& body = BodyOf<LogBody>(record);
  const auto* values = reinterpret_cast<const LogValue*>(record.body() + sizeof(LogBody));
  log_values_.clear();
  for (uint64_t i = 0; i < body.count; ++i) {
    log_values_.push_back({&series_->Get(values[i].series)->scalar, values[i].value});
  }
  uint8_t* to = Room(stream, wire::LogRecordMaxBytes(log_values_), 1);
  if (to == nullptr) return;
  Took(stream, to, wire::PutLogRecord(to, body.wall_time, body.step, log_values_));
}

void Batch::EncodeScalarSeries(const sync::Record& record) {
  const Series* series = series_->Get(IdOf(record.label));
  const auto& body = BodyOf<ScalarSeriesBody>(record);
  const auto* steps = reinterpret_cast<const int64_t*>(record.body() + sizeof(ScalarSeriesBody));
  const auto* values = reinterpret_cast<const double*>(steps + body.count);
  const double* wall_times = values + body.count;
  const size_t room_each = series->scalar.max_record_bytes();
  for (uint64_t i = 0; i < body.count; ++i) {
    uint8_t* to = Room(series->stream, room_each, 1);
    if (to == nullptr) continue;
    const double wall_time = body.has_wall_times ? wall_times[i] : body.wall_time;
    Took(series->stream, to, series->scalar.Encode(to, wall_time, steps[i], values[i]));
  }
}

void Batch::EncodeEvent(Stream* stream, double wall_time, int64_t step, const uint8_t* body,
                        size_t size) {
  uint8_t* to = Room(stream, wire::EventRecordSize(step, size), 1);
  if (to == nullptr) return;
  Took(stream, to, wire::PutEventRecord(to, wall_time, step, body, size));
}

void Batch::EncodeImage(const sync::Record& record) {
  Stream* stream = streams_->Get(IdOf(record.label));
  const auto& body = BodyOf<ImageBody>(record);
  png_.Clear();
  const png::Image image{record.body() + body.pixels_offset(),
                         body.width,
                         body.height,
                         body.channels,
                         body.bit_depth,
                         body.row_bytes()};
  // The shape was checked where the pixels were packed, so only memory can fail here.
  if (!png_encoder_.Encode(image, &png_, static_cast<png::Effort>(body.effort)).ok())
    return Drop(stream, 1);

  const std::string_view tag(reinterpret_cast<const char*>(record.body()) + sizeof(ImageBody),
                             body.tag_bytes);
  const wire::ImageShape shape{body.height, body.width, body.channels};
  const size_t head_bytes = wire::ImageBodyHeadSize(tag, shape, png_.size());
  uint8_t* to = Room(stream, wire::EventRecordSize(body.step, head_bytes + png_.size()), 1);
  if (to == nullptr) return;
  uint8_t* end = wire::PutEventHead(to + wire::kRecordHeaderBytes, body.wall_time, body.step);
  end = wire::PutImageBodyHead(end, tag, shape, png_.size());
  end = wire::PutBytes(end, png_.data(), png_.size());
  Took(stream, to, wire::FrameRecord(to, end));
}

}  // namespace ringboard::writer
