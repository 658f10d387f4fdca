// PNG's container: the signature and chunks (PNG 5), written straight into a growing buffer.
//
// A chunk's length is only known at its end, so Begin leaves room and End fills it in.  The CRC
// follows the data while it is still in the cache (Sum), not in a pass of its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_buffer.h"
#include "png/crc32.h"

namespace ringboard::png {

[[nodiscard]] bool AppendSignature(ByteBuffer* out);

class ChunkWriter {
 public:
  ChunkWriter(ByteBuffer* out, Crc32Fn crc32) : out_(out), crc32_(crc32) {}

  [[nodiscard]] bool Begin(const char type[4]);
  void Sum();  // takes what has been appended to the buffer so far into the CRC
  [[nodiscard]] bool End();
  [[nodiscard]] bool Write(const char type[4], const void* data, size_t count);

  size_t data_bytes() const { return out_->size() - start_ - kHeadBytes; }
  ByteBuffer* out() const { return out_; }

 private:
  static constexpr size_t kHeadBytes = 8;  // length and type

  ByteBuffer* out_;
  Crc32Fn crc32_;
  size_t start_ = 0;   // of the open chunk; an offset, as the buffer moves when it grows
  size_t summed_ = 0;  // the CRC covers [start_ + 4, summed_)
  uint32_t crc_ = 0;
};

// The chunks that carry one image's zlib stream, cut at stripe boundaries once they reach
// kCutBytes: IDAT, or for the later frames of an animation fdAT, each with the animation's next
// sequence number.
class DataChunks {
 public:
  // Far below the 2^31 - 1 that the format allows, so that ordinary tests cross it; 12 bytes each.
  static constexpr size_t kCutBytes = size_t{1} << 20;

  explicit DataChunks(ChunkWriter* chunk, uint32_t* next_sequence = nullptr)
      : chunk_(chunk), next_sequence_(next_sequence) {}

  [[nodiscard]] bool Begin();
  [[nodiscard]] bool StripeWritten();
  [[nodiscard]] bool End();
  ByteBuffer* out() const { return chunk_->out(); }

  // Between images.  The same image may be written once more behind its first version, with the
  // same sequence numbers; the smaller of both stays.
  struct Mark {
    size_t bytes;
    uint32_t sequence;
  };
  Mark Here() const { return {out()->size(), next_sequence_ == nullptr ? 0 : *next_sequence_}; }
  void NumberFrom(const Mark& mark) {
    if (next_sequence_ != nullptr) *next_sequence_ = mark.sequence;
  }
  void KeepSmaller(const Mark& start, const Mark& first_end);

 private:
  ChunkWriter* chunk_;
  uint32_t* next_sequence_;
};

}  // namespace ringboard::png
