// See stripe.h.
#include "png/stripe.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/endian.h"

namespace ringboard::png {
namespace {

constexpr size_t kLeftPad = 16;  // at least kMaxPixelBytes of zeros
constexpr size_t kScratchBytes = 4 * StripeReader::kStripeBytes;
static_assert(kLeftPad >= kMaxPixelBytes);

void CopyBigEndian16(const uint8_t* from, size_t count, uint8_t* to) {
  for (size_t i = 0; i + 2 <= count; i += 2) {
    uint16_t sample;
    std::memcpy(&sample, from + i, sizeof(sample));
    StoreBig16(to + i, sample);
  }
}

}  // namespace

bool StripeReader::Start(const Image& image) {
  image_ = image;
  row_ = 0;
  offset_ = 0;
  const size_t pixel_bytes = image.pixel_bytes();
  line_bytes_ = image.width * pixel_bytes;
  segment_bytes_ = std::min(line_bytes_, kStripeBytes / pixel_bytes * pixel_bytes);
  pitch_ = kLeftPad + segment_bytes_ + kOverrun;
  // Narrow scanlines are mostly padding; the scratch stays small by taking fewer of them.
  // A small image is cut too, as each stripe has a code of its own: 1 % for a photograph of 224 x
  // 224.
  const size_t bytes =
      line_bytes_ * image.height < 2 * kStripeBytes ? kStripeBytes / 2 : kStripeBytes;
  max_rows_ = segment_bytes_ < line_bytes_
                  ? 1
                  : std::clamp<size_t>(std::min(bytes / (line_bytes_ + 1), kScratchBytes / pitch_),
                                       1, image.height);
  scratch_.Clear();
  return scratch_.Reserve((max_rows_ + 1) * pitch_) != nullptr;
}

// A piece of one scanline, with what stands left of it; zeros stand left of the first pixel.
void StripeReader::Load(uint32_t row, size_t offset, size_t count, uint8_t* to) const {
  const uint8_t* from = image_.pixels + row * image_.row_bytes + offset;
  const size_t left = offset == 0 ? 0 : kMaxPixelBytes;
  std::memset(to - kLeftPad, 0, kLeftPad);
  if (image_.bit_depth == 16 && std::endian::native == std::endian::little) {
    CopyBigEndian16(from - left, left + count, to - left);
  } else {
    std::memcpy(to - left, from - left, left + count);
  }
}

Stripe StripeReader::Next() {
  uint8_t* above = scratch_.data() + kLeftPad;
  const size_t count = std::min(segment_bytes_, line_bytes_ - offset_);
  const size_t rows = std::min<size_t>(max_rows_, image_.height - row_);
  if (row_ == 0) {
    std::memset(above - kLeftPad, 0, pitch_);
  } else {
    Load(row_ - 1, offset_, count, above);
  }
  for (size_t i = 0; i < rows; ++i) {
    Load(row_ + static_cast<uint32_t>(i), offset_, count, above + (i + 1) * pitch_);
  }
  Stripe stripe = {above + pitch_, pitch_, rows, count, offset_ == 0, false};
  offset_ += count;
  if (offset_ == line_bytes_) {
    offset_ = 0;
    row_ += static_cast<uint32_t>(rows);
  }
  stripe.last = done();
  return stripe;
}

}  // namespace ringboard::png
