// What a caller's thread does for each kind of event but the plain scalar (that is
// Core::TryScalar): size the record, reserve it, fill it in place, commit.
//
// A Try… that returns false found the ring full and did nothing; core->WaitForRoom(bytes) and try
// again. The …Bytes functions say what to wait for, and whether it goes through the ring at all.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/byte_buffer.h"
#include "base/status.h"
#include "png/pixels.h"
#include "wire/summary.h"
#include "writer/core.h"

namespace ringboard::writer {

struct When {
  double wall_time;
  int64_t step;
};

// An event whose serialized fields behind the step are at hand.
inline size_t EventBytes(size_t body_bytes) { return sizeof(EventBody) + body_bytes; }
bool TryEvent(Core* core, const Stream* stream, When when, const void* body, size_t body_bytes);

// The same for a body that is too large for the ring.  Takes the buffer's bytes when it returns
// true; they lie on the heap until they are written, so the caller should then wait
// (Core::WaitUntilDone).  `kept` is what Core::KeepFar made of the same bytes.
bool TryFarEvent(Core* core, const Stream* stream, When when, ByteBuffer* body, uint64_t kept);

// One event with many simple values, their series all of this stream.
inline size_t LogBytes(size_t count) { return sizeof(LogBody) + count * sizeof(LogValue); }
bool TryLog(Core* core, const Stream* stream, When when, const LogValue* values, size_t count);

// `count` events of one series.  wall_times may be null: then all have when.wall_time.
size_t ScalarSeriesBytes(size_t count, bool has_wall_times);
bool TryScalarSeries(Core* core, uint32_t series, double wall_time, const int64_t* steps,
                     const double* values, const double* wall_times, size_t count);

// A histogram event; limits and counts have `buckets` elements each.
size_t HistogramBytes(std::string_view tag, size_t buckets);
bool TryHistogram(Core* core, const Stream* stream, When when, std::string_view tag,
                  const wire::HistogramStats& stats, const double* limits, const double* counts,
                  size_t buckets);

// An image event; the pixels are packed into the ring and encoded on the writer thread.
size_t ImageBytes(std::string_view tag, const png::Packing& packing);
bool TryImage(Core* core, const Stream* stream, When when, std::string_view tag,
              const png::Planes& planes, const png::Packing& packing);
// For one that is too large for the ring: packed and encoded here, its body put into `body`.
Status EncodeImageBody(std::string_view tag, const png::Planes& planes, const png::Packing& packing,
                       ByteBuffer* body);

}  // namespace ringboard::writer
