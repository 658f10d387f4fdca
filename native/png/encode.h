// Images become PNG files.
//
//   pixels → StripeReader → regime: which filters, which search → filter rows → ZlibStream → chunks
//
// The file depends on the pixels and the effort alone: every instruction set writes the same bytes.
// Threads: an Encoder has one owner at a time; it keeps its scratch (about 0.9 MB at most) for
// reuse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/byte_buffer.h"
#include "base/status.h"
#include "png/effort.h"
#include "png/image.h"
#include "png/kernels.h"

namespace ringboard::png {

class FrameEncoder;

class Encoder {
 public:
  explicit Encoder(const Kernels& kernels = Kernels::Active());
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // Appends a whole PNG file to `out`; on failure `out` is as it was.
  Status Encode(const Image& image, ByteBuffer* out, Effort effort = process_effort);

 private:
  Kernels kernels_;
  std::unique_ptr<FrameEncoder> frame_;
};

}  // namespace ringboard::png
