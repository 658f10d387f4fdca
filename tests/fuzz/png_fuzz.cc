// Any pixels of any shape, at any effort, come back from the PNG file through a decoder that shares
// nothing with the encoder; the file is the same on every instruction set, and never much larger
// than the pixels.
#include <algorithm>
#include <bit>
#include <memory>

#include "fuzz.h"
#include "png/decoder.h"
#include "png/effort.h"
#include "png/encode.h"

namespace ringboard::png {
namespace {

using fuzz::Input;

// Feature sets among which each registry's every entry is chosen.
std::vector<uint32_t> Levels() {
  std::vector<uint32_t> levels = {0, cpu::kSse42 | cpu::kPclmul,
                                  cpu::kSse42 | cpu::kPclmul | cpu::kAvx2 | cpu::kBmi2, ~0u};
  for (uint32_t& level : levels) level &= cpu::Detected();
  return levels;
}

// Kept from input to input, as the writer thread keeps its own from image to image.
std::vector<std::unique_ptr<Encoder>>& Encoders() {
  static std::vector<std::unique_ptr<Encoder>> encoders = [] {
    std::vector<std::unique_ptr<Encoder>> made;
    for (const uint32_t level : Levels()) {
      made.push_back(std::make_unique<Encoder>(Kernels::For(level)));
    }
    return made;
  }();
  return encoders;
}

// The input's own bytes over and over, with changes at regular places so that repetitions are of
// all lengths: runs, long matches, gradients and what is almost noise.
std::vector<uint8_t> Paint(size_t count, Input& input) {
  const uint8_t ramp = input.Coin() ? input.Any<uint8_t>() : 0;
  const size_t every = input.Between(1, 5000);
  const size_t noise_from = input.Coin() ? input.Below(count + 1) : count;
  std::vector<uint8_t> pixels = input.Stretch(count);
  uint32_t state = 1;
  for (size_t i = 0; i < count; ++i) {
    pixels[i] = static_cast<uint8_t>(pixels[i] + i / every * ramp);
    if (i < noise_from) continue;
    state = state * 1664525 + 1013904223;
    pixels[i] = static_cast<uint8_t>(pixels[i] ^ (state >> 24));
  }
  return pixels;
}

std::vector<uint8_t> WithoutPadding(const Image& image) {
  const size_t line = image.width * image.pixel_bytes();
  std::vector<uint8_t> samples;
  for (size_t y = 0; y < image.height; ++y) {
    const uint8_t* row = image.pixels + y * image.row_bytes;
    samples.insert(samples.end(), row, row + line);
  }
  if (image.bit_depth == 16 && std::endian::native == std::endian::little) {
    for (size_t i = 0; i + 1 < samples.size(); i += 2) std::swap(samples[i], samples[i + 1]);
  }
  return samples;
}

}  // namespace
}  // namespace ringboard::png

namespace ringboard {

FUZZ_TARGET(Input& input) {
  using namespace png;
  // A stripe is 96 KB: now and then an image of two.
  const size_t most_bytes = input.Below(32) == 0 ? 150'000 : 6'000;
  process_effort = static_cast<Effort>(input.Below(3));
  Image image = {};
  image.channels = static_cast<uint8_t>(input.Between(1, 4));
  image.bit_depth = input.Coin() ? 16 : 8;
  const size_t most_pixels = most_bytes / image.pixel_bytes();
  image.width = static_cast<uint32_t>(input.Between(1, input.Coin() ? 64 : most_pixels));
  image.height = static_cast<uint32_t>(input.Between(1, most_pixels / image.width + 1));
  const size_t line = image.width * image.pixel_bytes();
  image.row_bytes = line + (input.Coin() ? 0 : input.Below(40));
  // The last row ends with its pixels, whatever the stride.
  const std::vector<uint8_t> pixels = Paint((image.height - 1) * image.row_bytes + line, input);
  image.pixels = pixels.data();
  INFO(image.width, " x ", image.height, " x ", int{image.channels}, ", depth ",
       int{image.bit_depth}, ", stride ", image.row_bytes);

  ByteBuffer first;
  for (const auto& encoder : Encoders()) {
    ByteBuffer out;
    const Status status = encoder->Encode(image, &out);
    CHECK(status.ok());
    if (first.empty()) {
      first.Swap(out);
      continue;
    }
    CHECK(out.size() == first.size() && std::memcmp(out.data(), first.data(), out.size()) == 0);
  }
  const png::testing::Decoded decoded = png::testing::Decode(first.data(), first.size());
  CHECK_EQ(decoded.error, std::string());
  CHECK_EQ(decoded.width, image.width);
  CHECK_EQ(decoded.height, image.height);
  CHECK_EQ(decoded.channels, unsigned{image.channels});
  CHECK_EQ(decoded.bit_depth, unsigned{image.bit_depth});
  CHECK(decoded.samples == WithoutPadding(image));
  const size_t stream_bytes = (line + 1) * image.height;
  CHECK(first.size() <= stream_bytes + stream_bytes / 2000 + 100);
}

}  // namespace ringboard
