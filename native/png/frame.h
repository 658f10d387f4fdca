// One image's zlib stream, in whatever chunks carry it: IDAT in a PNG file, fdAT in an animation.
//
// Threads: one owner at a time.
#pragma once

#include "base/byte_buffer.h"
#include "base/status.h"
#include "png/chunk.h"
#include "png/deflate.h"
#include "png/image.h"
#include "png/regime.h"
#include "png/stripe.h"

namespace ringboard::png {

// What is wrong with `image`, if anything is.
Status Check(const Image& image);

// Appends IHDR for `image`.
[[nodiscard]] bool AppendHeader(const Image& image, ChunkWriter* chunk);

class FrameEncoder {
 public:
  explicit FrameEncoder(const Kernels& kernels)
      : kernels_(kernels), regimes_(kernels), zlib_(kernels) {}

  // `image` has passed Check.  False: no memory; what has been appended is then of no use.
  [[nodiscard]] bool Encode(const Image& image, DataChunks* chunks, Effort effort = process_effort);

 private:
  [[nodiscard]] bool EncodeOnce(const Image& image, DataChunks* chunks, Effort effort);
  [[nodiscard]] bool WriteStripe(const Stripe& stripe, size_t pixel_bytes, ByteBuffer* out);

  Kernels kernels_;
  StripeReader reader_;
  RegimeChooser regimes_;
  ZlibStream zlib_;
  Filter long_row_filter_ = Filter::kNone;  // of a scanline that spans stripes
};

}  // namespace ringboard::png
