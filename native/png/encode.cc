// See encode.h.
#include "png/encode.h"

#include <new>

#include "png/chunk.h"
#include "png/frame.h"

namespace ringboard::png {

Encoder::Encoder(const Kernels& kernels) : kernels_(kernels) {}
Encoder::~Encoder() = default;

Status Encoder::Encode(const Image& image, ByteBuffer* out, Effort effort) {
  if (Status status = Check(image); !status.ok()) return status;
  if (frame_ == nullptr) frame_.reset(new (std::nothrow) FrameEncoder(kernels_));

  const size_t before = out->size();
  ChunkWriter chunk(out, kernels_.crc32.function);
  DataChunks data(&chunk);
  if (frame_ == nullptr || !AppendSignature(out) || !AppendHeader(image, &chunk) ||
      !frame_->Encode(image, &data, effort) || !chunk.Write("IEND", nullptr, 0)) {
    out->Truncate(before);
    return Status::OutOfMemory("no memory for a PNG file");
  }
  return Status::Ok();
}

}  // namespace ringboard::png
