// What lies in shared memory for those who come after a process's death: one directory a process,
// with these files.
//
//   ring        Header, then the ring's cells (sync/ring.h); locked as long as the process lives
//   names       which stream and which tag each number in the ring means (names.h)
//   spill.<id>  what a stream has pending because its file can't be written: SpillHead, then bytes
//   begun       Intents of a recovery, noted before it appends to a file: the file's size says
//               nothing any more if that recovery dies
//   far.<n>     the body of an event that is too large for the ring
//
// How far each file has been written is not kept: the file's own size says it.  What must be kept
// is where in its file the bytes begin that the records from Marks.durable on will become.  That is
// the file's size for all streams but those that the current batch writes to; for these an Intent
// is stored before the first of their bytes can be written.
#pragma once

#include <atomic>
#include <cstdint>

#include "sync/ring.h"

namespace ringboard::segment {

inline constexpr char kMagic[8] = {'r', 'i', 'n', 'g', 'b', 'r', 'd', '\n'};
// Of this layout and of what lies in the ring (writer/ring_record.h).  Another version's segments
// are left to it.
inline constexpr uint32_t kVersion = 1;

inline constexpr char kRingFile[] = "ring";
inline constexpr char kUnnamedRingFile[] = "new";  // until it is locked and filled in
inline constexpr char kNamesFile[] = "names";
inline constexpr char kBegunFile[] = "begun";

// "In the current batch, the first byte for this stream is to stand at `offset`": of the stream
// (StreamName::base) in the header, of the file in `begun`.
struct Intent {
  uint32_t stream;
  uint32_t unused;
  int64_t offset;
};

inline constexpr uint32_t kMaxIntents = 1000;

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t header_bytes;
  uint64_t ring_bytes;
  int64_t process;
  // Set when something could not be kept here: what is recovered may then have gaps.
  std::atomic<uint32_t> incomplete;
  // The intents count only as long as `batch` equals marks.durable.
  std::atomic<uint32_t> intents;
  std::atomic<uint64_t> batch;
  alignas(sync::kCacheLineBytes) sync::Marks marks;
  alignas(sync::kCacheLineBytes) Intent intent[kMaxIntents];
};

inline constexpr uint32_t kPageBytes = 4096;
inline constexpr uint32_t kHeaderBytes =
    (sizeof(Header) + kPageBytes - 1) / kPageBytes * kPageBytes;
static_assert(std::atomic<uint64_t>::is_always_lock_free);

struct SpillHead {
  // Where in the stream (StreamName::base) the first byte behind this belongs: what is pending when
  // a stream goes on in another file stays here.
  int64_t offset;
};

}  // namespace ringboard::segment
