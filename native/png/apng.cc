// See apng.h.
#include "png/apng.h"

#include <new>
#include <string>

#include "base/endian.h"
#include "png/chunk.h"
#include "png/format.h"
#include "png/frame.h"

namespace ringboard::png {
namespace {

// fcTL's dispose_op and blend_op: the frame stays until the next one, which overwrites it, alpha
// included.
constexpr uint8_t kDisposeNone = 0, kBlendSource = 0;

[[nodiscard]] bool AppendAnimationControl(const Animation& animation, ChunkWriter* chunk) {
  uint8_t control[8];
  StoreBig32(control, animation.frames);
  StoreBig32(control + 4, animation.plays);
  return chunk->Write("acTL", control, sizeof(control));
}

[[nodiscard]] bool AppendFrameControl(const Animation& animation, const Image& image,
                                      uint32_t sequence, ChunkWriter* chunk) {
  uint8_t control[26] = {};  // offsets: 0
  StoreBig32(control, sequence);
  StoreBig32(control + 4, image.width);
  StoreBig32(control + 8, image.height);
  StoreBig16(control + 20, animation.delay_numerator);
  StoreBig16(control + 22, animation.delay_denominator);
  control[24] = kDisposeNone;
  control[25] = kBlendSource;
  return chunk->Write("fcTL", control, sizeof(control));
}

bool SameShape(const Image& a, const Image& b) {
  return a.width == b.width && a.height == b.height && a.channels == b.channels &&
         a.bit_depth == b.bit_depth;
}

std::string Shape(const Image& image) {
  return std::to_string(image.width) + " x " + std::to_string(image.height) + " pixels of " +
         std::to_string(image.channels) + " channels and " + std::to_string(image.bit_depth) +
         " bits";
}

}  // namespace

AnimationEncoder::AnimationEncoder(const Kernels& kernels) : kernels_(kernels) {}
AnimationEncoder::~AnimationEncoder() = default;

Status AnimationEncoder::Begin(const Animation& animation) {
  if (animation.frames < 1 || animation.frames > kMaxDimension ||
      animation.plays > kMaxDimension) {  // all of PNG's numbers end at 2^31 - 1 (7.1)
    return Status::Invalid("an animation has 1 to 2147483647 frames, not " +
                           std::to_string(animation.frames));
  }
  if (animation.delay_denominator == 0) {
    return Status::Invalid("the denominator of an animation's delay is 0");
  }
  animation_ = animation;
  added_ = next_sequence_ = 0;
  return Status::Ok();
}

Status AnimationEncoder::CheckFrame(const Image& image) const {
  if (added_ == animation_.frames) {
    return Status::Invalid("all " + std::to_string(added_) + " frames have been added");
  }
  if (Status status = Check(image); !status.ok()) return status;
  if (added_ != 0 && !SameShape(image, first_)) {
    return Status::Invalid("a frame of " + Shape(image) + " in an animation of " + Shape(first_));
  }
  return Status::Ok();
}

Status AnimationEncoder::Add(const Image& image, ByteBuffer* out) {
  if (Status status = CheckFrame(image); !status.ok()) return status;
  if (frame_ == nullptr) frame_.reset(new (std::nothrow) FrameEncoder(kernels_));
  const size_t before = out->size();
  uint32_t sequence = next_sequence_;
  if (frame_ == nullptr || !AppendFrame(image, &sequence, out)) {
    out->Truncate(before);
    return Status::OutOfMemory("no memory for a frame of an animation");
  }
  next_sequence_ = sequence;
  first_ = image;
  first_.pixels = nullptr;
  ++added_;
  return Status::Ok();
}

bool AnimationEncoder::AppendFrame(const Image& image, uint32_t* sequence, ByteBuffer* out) {
  ChunkWriter chunk(out, kernels_.crc32.function);
  const bool is_first = added_ == 0;
  if (is_first && (!AppendSignature(out) || !AppendHeader(image, &chunk) ||
                   !AppendAnimationControl(animation_, &chunk))) {
    return false;
  }
  if (!AppendFrameControl(animation_, image, (*sequence)++, &chunk)) return false;
  DataChunks data(&chunk, is_first ? nullptr : sequence);
  return frame_->Encode(image, &data);
}

Status AnimationEncoder::End(ByteBuffer* out) {
  if (added_ == 0 || added_ != animation_.frames) {
    return Status::Invalid("an animation of " + std::to_string(animation_.frames) +
                           " frames ends after " + std::to_string(added_));
  }
  const size_t before = out->size();
  ChunkWriter chunk(out, kernels_.crc32.function);
  if (!chunk.Write("IEND", nullptr, 0)) {
    out->Truncate(before);
    return Status::OutOfMemory("no memory for the end of an animation");
  }
  animation_ = {};  // what is added next needs a Begin
  added_ = 0;
  return Status::Ok();
}

}  // namespace ringboard::png
