// A run of an event file's bytes as columns, from which the very same bytes come back, whatever
// they are.
//
//   scalar events   a template each kind (shape.h), and the columns: which kind follows, wall
//   times,
//                   steps, values; their checksums and lengths are left out and made anew
//   other events    wall time and step in the columns; bodies in one of two streams, by size, so
//                   that neither scalars nor histograms wait for pictures to be unpacked
//   all else        as it is, in its place: damaged records, torn ones, those without a tag
//
// The columns stand one behind the other, so that like packs with like:
//
//   head     pieces, templates, widths, first wall time and step, then the kinds
//   order    for each piece its kind: 0 when the one follows that followed the last time, kind + 1
//            otherwise                                                          planes (column.h)
//   walls    for each event its difference from the event before, in units of the last bit
//   steps    for each event its difference as its kind's StepMode says
//   floats, doubles   the values
//   lengths  varints: of the stretches of anything else, of small bodies, of large ones
//   rest     the stretches
//
// Walls, steps and values stand grouped by kind, in file order within a kind.
//
// Decode trusts nothing: any bytes whatever end with an error or an output of the size asked for,
// in time and memory that are proportional to that size and the input's.
//
// Threads: all functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/byte_buffer.h"
#include "base/status.h"

namespace ringboard::archive {

// Of the original's bytes.  What a reader has to have memory for.
inline constexpr size_t kMaxBlockBytes = size_t{64} << 20;

using Bytes = std::span<const uint8_t>;

struct Encoded {
  ByteBuffer columns;
  ByteBuffer small_bodies, large_bodies;
  // Sorted, each once.
  std::vector<std::string> scalar_tags, small_tags, large_tags;
  // It holds something without a tag, which every reader may have to see.
  bool untagged = false;
};

// `bytes`: at most kMaxBlockBytes.
Status Encode(Bytes bytes, Encoded* encoded);

// A run of the original: where it stood in the block.
struct Run {
  size_t offset;
  size_t size;
};

// Appends the block of `size` bytes to `out`, or, without one or both streams of bodies, the runs
// of it that don't need them; all of it is one run.
Status Decode(Bytes columns, std::optional<Bytes> small_bodies, std::optional<Bytes> large_bodies,
              size_t size, ByteBuffer* out, std::vector<Run>* runs);

}  // namespace ringboard::archive
