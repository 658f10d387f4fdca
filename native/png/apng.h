// Animated PNG files: the chunks acTL, fcTL and fdAT (PNG, third edition, 11.3.6).
//
//   signature  IHDR  acTL  { fcTL  IDAT… }  { fcTL  fdAT… }…  IEND
//
// Every frame is a whole picture that replaces the one before; the first is also what a reader
// without animation shows.  Memory: one frame's scratch (encode.h), and the file itself in the
// caller's buffer. Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/byte_buffer.h"
#include "base/status.h"
#include "png/image.h"
#include "png/kernels.h"

namespace ringboard::png {

class FrameEncoder;

struct Animation {
  uint32_t frames;  // exactly as many are added; 1 … 2^31 - 1
  uint32_t plays;   // 0: for ever
  // How long each frame stays: numerator / denominator seconds.
  uint16_t delay_numerator, delay_denominator;
};

class AnimationEncoder {
 public:
  explicit AnimationEncoder(const Kernels& kernels = Kernels::Active());
  ~AnimationEncoder();
  AnimationEncoder(const AnimationEncoder&) = delete;
  AnimationEncoder& operator=(const AnimationEncoder&) = delete;

  // Begin once a file, then Add once a frame, then End.  On failure `out` is as it was before the
  // call, and the call may be made again.
  Status Begin(const Animation& animation);
  // All frames are of the first one's width, height, channels and bit depth.
  Status Add(const Image& image, ByteBuffer* out);
  Status End(ByteBuffer* out);

 private:
  Status CheckFrame(const Image& image) const;
  [[nodiscard]] bool AppendFrame(const Image& image, uint32_t* sequence, ByteBuffer* out);

  Kernels kernels_;
  std::unique_ptr<FrameEncoder> frame_;
  Animation animation_ = {};
  Image first_ = {};  // its shape; the pixels are gone
  uint32_t added_ = 0;
  uint32_t next_sequence_ = 0;  // of fcTL and fdAT chunks together
};

}  // namespace ringboard::png
