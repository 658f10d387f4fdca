// See producers.h.
#include "writer/producers.h"

#include <cstring>
#include <new>

#include "png/encode.h"

namespace ringboard::writer {
namespace {

// Copies one piece of a record's body and returns where the next one goes.
uint8_t* Put(uint8_t* to, const void* from, size_t bytes) {
  if (bytes != 0) std::memcpy(to, from, bytes);
  return to + bytes;
}

template <typename Head>
uint8_t* PutHead(uint8_t* to, const Head& head) {
  return Put(to, &head, sizeof head);
}

wire::ImageShape ShapeOf(const png::Packing& packing) {
  return {packing.height, packing.width, packing.channels};
}

ImageBody ImageBodyOf(When when, std::string_view tag, const png::Packing& packing) {
  return {when.wall_time,
          when.step,
          packing.width,
          packing.height,
          packing.channels,
          packing.bit_depth,
          static_cast<uint8_t>(png::process_effort.load(std::memory_order_relaxed)),
          /*unused=*/0,
          static_cast<uint32_t>(tag.size())};
}

}  // namespace

bool TryEvent(Core* core, const Stream* stream, When when, const void* body, size_t body_bytes) {
  const sync::Slot slot = core->TryReserve(EventBytes(body_bytes));
  if (!slot) return false;
  Put(PutHead(slot.body(), EventBody{when.wall_time, when.step, body_bytes}), body, body_bytes);
  core->Commit(slot, RecordKind::kEvent, stream->id);
  return true;
}

bool TryFarEvent(Core* core, const Stream* stream, When when, ByteBuffer* body, uint64_t kept) {
  const sync::Slot slot = core->TryReserve(sizeof(FarEventBody));
  if (!slot) return false;
  const size_t size = body->size();
  PutHead(slot.body(), FarEventBody{when.wall_time, when.step, body->TakeMemory(), size, kept});
  core->Commit(slot, RecordKind::kFarEvent, stream->id);
  return true;
}

bool TryLog(Core* core, const Stream* stream, When when, const LogValue* values, size_t count) {
  const sync::Slot slot = core->TryReserve(LogBytes(count));
  if (!slot) return false;
  Put(PutHead(slot.body(), LogBody{when.wall_time, when.step, count}), values,
      count * sizeof(LogValue));
  core->Commit(slot, RecordKind::kLog, stream->id);
  return true;
}

size_t ScalarSeriesBytes(size_t count, bool has_wall_times) {
  return sizeof(ScalarSeriesBody) + count * 8 * (has_wall_times ? 3 : 2);
}

bool TryScalarSeries(Core* core, uint32_t series, double wall_time, const int64_t* steps,
                     const double* values, const double* wall_times, size_t count) {
  const bool has_wall_times = wall_times != nullptr;
  const sync::Slot slot = core->TryReserve(ScalarSeriesBytes(count, has_wall_times));
  if (!slot) return false;
  uint8_t* to = PutHead(slot.body(), ScalarSeriesBody{count, has_wall_times, wall_time});
  to = Put(to, steps, count * sizeof(int64_t));
  to = Put(to, values, count * sizeof(double));
  if (has_wall_times) Put(to, wall_times, count * sizeof(double));
  core->Commit(slot, RecordKind::kScalarSeries, series);
  return true;
}

size_t HistogramBytes(std::string_view tag, size_t buckets) {
  return EventBytes(wire::HistogramBodySize(tag, buckets));
}

bool TryHistogram(Core* core, const Stream* stream, When when, std::string_view tag,
                  const wire::HistogramStats& stats, const double* limits, const double* counts,
                  size_t buckets) {
  const size_t body_bytes = wire::HistogramBodySize(tag, buckets);
  const sync::Slot slot = core->TryReserve(EventBytes(body_bytes));
  if (!slot) return false;
  uint8_t* body = PutHead(slot.body(), EventBody{when.wall_time, when.step, body_bytes});
  wire::PutHistogramBody(body, tag, stats, {limits, buckets}, {counts, buckets});
  core->Commit(slot, RecordKind::kEvent, stream->id);
  return true;
}

size_t ImageBytes(std::string_view tag, const png::Packing& packing) {
  return ImageBodyOf({}, tag, packing).pixels_offset() + packing.bytes;
}

bool TryImage(Core* core, const Stream* stream, When when, std::string_view tag,
              const png::Planes& planes, const png::Packing& packing) {
  const ImageBody head = ImageBodyOf(when, tag, packing);
  const sync::Slot slot = core->TryReserve(head.pixels_offset() + packing.bytes);
  if (!slot) return false;
  Put(PutHead(slot.body(), head), tag.data(), tag.size());
  png::Pack(planes, packing, slot.body() + head.pixels_offset());
  core->Commit(slot, RecordKind::kImage, stream->id);
  return true;
}

Status EncodeImageBody(std::string_view tag, const png::Planes& planes, const png::Packing& packing,
                       ByteBuffer* body) {
  const Status no_memory = Status::OutOfMemory("no memory to encode an image of " +
                                               std::to_string(packing.bytes) + " bytes");
  ByteBuffer pixels, encoded;
  uint8_t* room = pixels.Reserve(packing.bytes);
  if (room == nullptr) return no_memory;
  png::Pack(planes, packing, room);
  const ImageBody shape = ImageBodyOf({}, tag, packing);
  png::Encoder encoder;
  const Status status = encoder.Encode(
      {room, packing.width, packing.height, packing.channels, packing.bit_depth, shape.row_bytes()},
      &encoded);
  if (!status.ok()) return status;
  const size_t head_bytes = wire::ImageBodyHeadSize(tag, ShapeOf(packing), encoded.size());
  uint8_t* to = body->Reserve(head_bytes + encoded.size());
  if (to == nullptr) return no_memory;
  uint8_t* end = wire::PutImageBodyHead(to, tag, ShapeOf(packing), encoded.size());
  wire::PutBytes(end, encoded.data(), encoded.size());
  body->Advance(head_bytes + encoded.size());
  return Status::Ok();
}

}  // namespace ringboard::writer
