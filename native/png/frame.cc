// See frame.h.
#include "png/frame.h"

#include <string>

#include "base/endian.h"

namespace ringboard::png {
namespace {

// PNG 11.2.2, by channels.
constexpr uint8_t kColourTypes[5] = {0, 0, 4, 2, 6};

}  // namespace

Status Check(const Image& image) {
  if (image.pixels == nullptr) return Status::Invalid("the image has no pixels");
  if (image.width < 1 || image.height < 1 || image.width > kMaxDimension ||
      image.height > kMaxDimension) {
    return Status::Invalid("an image's width and height must be 1 to 2147483647, not " +
                           std::to_string(image.width) + " and " + std::to_string(image.height));
  }
  if (image.channels < 1 || image.channels > 4) {
    return Status::Invalid("an image has 1, 2, 3 or 4 channels, not " +
                           std::to_string(image.channels));
  }
  if (image.bit_depth != 8 && image.bit_depth != 16) {
    return Status::Invalid("an image's samples have 8 or 16 bits, not " +
                           std::to_string(image.bit_depth));
  }
  const uint64_t line_bytes = uint64_t{image.width} * image.pixel_bytes();  // below 2^34
  if (line_bytes > SIZE_MAX / 4 || image.row_bytes < line_bytes) {
    return Status::Invalid("an image's row of " + std::to_string(line_bytes) +
                           " bytes does not fit a stride of " + std::to_string(image.row_bytes));
  }
  // The stream has a byte more a line than the pixels; half of the address space is out of reach.
  if (image.row_bytes >= SIZE_MAX / 2 / image.height) {
    return Status::Invalid("an image of " + std::to_string(image.height) + " rows of " +
                           std::to_string(image.row_bytes) + " bytes exceeds the address space");
  }
  return Status::Ok();
}

bool AppendHeader(const Image& image, ChunkWriter* chunk) {
  uint8_t header[13] = {};  // compression, filter method, interlace: 0
  StoreBig32(header, image.width);
  StoreBig32(header + 4, image.height);
  header[8] = image.bit_depth;
  header[9] = kColourTypes[image.channels];
  return chunk->Write("IHDR", header, sizeof(header));
}

// No search is the best one for every picture: the quick ones go by pixels, the thorough one by
// bytes. So for the smallest file all are tried, of which the thorough one takes nearly all the
// time.
bool FrameEncoder::Encode(const Image& image, DataChunks* chunks, Effort effort) {
  if (effort != Effort::kSmall) return EncodeOnce(image, chunks, effort);
  const DataChunks::Mark start = chunks->Here();
  if (!EncodeOnce(image, chunks, Effort::kSpeed)) return false;
  for (const Effort other : {Effort::kBalanced, Effort::kSmall}) {
    const DataChunks::Mark end = chunks->Here();
    chunks->NumberFrom(start);
    if (!EncodeOnce(image, chunks, other)) return false;
    chunks->KeepSmaller(start, end);
  }
  return true;
}

bool FrameEncoder::EncodeOnce(const Image& image, DataChunks* chunks, Effort effort) {
  ByteBuffer* out = chunks->out();
  if (!reader_.Start(image) || !chunks->Begin() || !zlib_.Start(image, effort, out)) return false;
  regimes_.Start(effort);
  while (!reader_.done()) {
    const Stripe stripe = reader_.Next();
    if (!WriteStripe(stripe, image.pixel_bytes(), out)) return false;
    if (!stripe.last && !chunks->StripeWritten()) return false;
  }
  return zlib_.Finish(out) && chunks->End();
}

bool FrameEncoder::WriteStripe(const Stripe& stripe, size_t pixel_bytes, ByteBuffer* out) {
  Regime regime;
  if (!regimes_.Choose(stripe, pixel_bytes, &regime)) return false;
  // A scanline that goes on keeps the filter it began with.
  if (regime.coding == Regime::Coding::kStored &&
      (stripe.starts_row || long_row_filter_ == Filter::kNone)) {
    long_row_filter_ = Filter::kNone;
    return zlib_.Stored(stripe, out);
  }
  FilterStripe(kernels_, stripe, pixel_bytes, regime.filtered, &long_row_filter_,
               zlib_.stripe_bytes());
  if (regime.coding == Regime::Coding::kMatches) {
    return zlib_.Matches(stripe, regime.content, out);
  }
  return zlib_.Literals(stripe, out);
}

}  // namespace ringboard::png
