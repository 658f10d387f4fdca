// From ring records to bytes: encodes each record into its stream's pending buffer and remembers
// which streams have something to write.
//
// Threads: the writer thread's own.
#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_buffer.h"
#include "png/encode.h"
#include "segment/segment.h"
#include "sync/ring.h"
#include "writer/id_table.h"
#include "writer/ring_record.h"
#include "writer/stream.h"

namespace ringboard::writer {

class Batch {
 public:
  // A stream whose file can't be written keeps this much, then drops new events and counts them.
  static constexpr size_t kMaxPendingBytes = size_t{64} << 20;

  // `segment` is told where each stream's part of a batch begins; it may be null.
  Batch(const IdTable<Stream>* streams, const IdTable<Series>* series, segment::Segment* segment)
      : streams_(streams), series_(series), segment_(segment) {}

  void Begin() {
    if (segment_ != nullptr) segment_->BeginBatch();
  }
  // Whether one more record can be taken.
  bool HasRoom(size_t most_bytes) const {
    return bytes_ < most_bytes && (segment_ == nullptr || segment_->CanIntend());
  }

  // Encodes a record that holds events (not a control record).
  void Encode(const sync::Record& record) {
    if (KindOf(record.label) == RecordKind::kScalar) [[likely]] {
      EncodeScalar(record);
    } else {
      EncodeOther(record);
    }
  }

  // An event whose serialized fields behind the step are `body`.
  void EncodeEvent(Stream* stream, double wall_time, int64_t step, const uint8_t* body,
                   size_t size);

  void MarkDirty(Stream* stream) {
    if (stream->dirty) return;
    stream->dirty = true;
    dirty_.push_back(stream);
    if (segment_ != nullptr) {
      segment_->Intend(stream->id, stream->end());
    }
  }
  std::vector<Stream*>& dirty() { return dirty_; }
  size_t bytes() const { return bytes_; }
  void ResetBytes() { bytes_ = 0; }
  // The copies (FarEventBody::kept) of what has been encoded.
  std::vector<uint64_t>& kept() { return kept_; }

  // Gives the buffer of a stream that has been written out to the next stream that needs one.
  void Recycle(Stream* stream);

 private:
  void EncodeScalar(const sync::Record& record) {
    const Series* series = series_->Get(IdOf(record.label));
    const auto& body = *reinterpret_cast<const ScalarBody*>(record.body());
    uint8_t* to = Room(series->stream, series->scalar.max_record_bytes(), 1);
    if (to == nullptr) [[unlikely]]
      return;
    Took(series->stream, to, series->scalar.Encode(to, body.wall_time, body.step, body.value));
  }
  void EncodeOther(const sync::Record& record);
  void EncodeLog(const sync::Record& record);
  void EncodeScalarSeries(const sync::Record& record);
  void EncodeImage(const sync::Record& record);

  // Room for `bytes` in the stream's buffer for `events` events, or nullptr: they are then dropped
  // and counted.
  uint8_t* Room(Stream* stream, size_t bytes, uint64_t events) {
    ByteBuffer& pending = stream->pending;
    // Nearly always: a healthy stream, not the first of its batch, its buffer large enough.
    if (stream->dirty && !stream->failing() && bytes <= pending.capacity() - pending.size())
        [[likely]] {
      stream->pending_events += events;
      return pending.data() + pending.size();
    }
    return MakeRoom(stream, bytes, events);
  }
  uint8_t* MakeRoom(Stream* stream, size_t bytes, uint64_t events);
  void Took(Stream* stream, const uint8_t* from, const uint8_t* to) {
    stream->pending.Advance(static_cast<size_t>(to - from));
    bytes_ += static_cast<size_t>(to - from);
  }

  const IdTable<Stream>* const streams_;
  const IdTable<Series>* const series_;
  segment::Segment* const segment_;
  std::vector<uint64_t> kept_;
  std::vector<Stream*> dirty_;
  size_t bytes_ = 0;
  ByteBuffer spare_;
  ByteBuffer png_;
  png::Encoder png_encoder_;
  std::vector<wire::TaggedValue> log_values_;
};

}  // namespace ringboard::writer
