// A zlib stream (RFC 1950), written stripe by stripe, each in the way that suits it.
//
// Ownership: the stream's scratch is reused from image to image; it appends to the caller's buffer.
// Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_buffer.h"
#include "png/bit_writer.h"
#include "png/block_code.h"
#include "png/kernels.h"
#include "png/matches.h"
#include "png/stripe.h"

namespace ringboard::png {

class ZlibStream {
 public:
  explicit ZlibStream(const Kernels& kernels) : kernels_(kernels) {}

  // All of these: false = no memory.
  [[nodiscard]] bool Start(const Image& image, Effort effort, ByteBuffer* out);

  // Where the caller puts the next stripe's filtered bytes: StripeReader::kMaxFilteredBytes +
  // kOverrun.
  uint8_t* stripe_bytes() { return window_.data() + history_; }
  // Then one of these; of the stripe, they only need its measures.
  [[nodiscard]] bool Literals(const Stripe& stripe, ByteBuffer* out);
  [[nodiscard]] bool Matches(const Stripe& stripe, const Content& content, ByteBuffer* out);
  // Or the scanlines as they are, each behind a filter byte of None; no window needed.
  [[nodiscard]] bool Stored(const Stripe& stripe, ByteBuffer* out);

  [[nodiscard]] bool Finish(ByteBuffer* out);

 private:
  void CountLiterals(const uint8_t* bytes, size_t count, std::span<const ZeroRun> runs);
  void CountBetweenRuns(const uint8_t* bytes, size_t count, std::span<const ZeroRun> runs);
  [[nodiscard]] bool StoreBytes(const uint8_t* bytes, size_t count, bool last, ByteBuffer* out);
  [[nodiscard]] bool FlushMatches(bool last, ByteBuffer* out);
  void KeepHistory(size_t count);
  void Commit(const BitWriter& writer, ByteBuffer* out);

  Kernels kernels_;
  PendingBits pending_;
  uint32_t adler_ = kAdlerStart;

  ByteBuffer window_;  // history_ bytes that matches may reach, then the stripe
  size_t history_ = 0;
  ByteBuffer zero_runs_;
  SymbolCounts counts_;
  BlockCode code_;
  Matcher matcher_;
  MatchedBlock matched_;
  size_t stream_bytes_ = 0, pixel_bytes_ = 0, scanline_bytes_ = 0;
  Effort effort_ = Effort::kBalanced;
  bool matcher_started_ = false;
};

}  // namespace ringboard::png
