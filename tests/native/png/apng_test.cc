// Animations, chunk by chunk: each frame comes back bit for bit through the tests' own decoder, the
// numbers count, and every instruction set writes the same file.
#include "png/apng.h"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "decoder.h"
#include "png/chunk.h"
#include "png/effort.h"
#include "test.h"

namespace ringboard::png {
namespace {

using ringboard::testing::Random;
using testing::Decode;
using testing::Decoded;
using testing::SlowCrc32;

using Bytes = std::vector<uint8_t>;

uint32_t Big32(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3];
}

struct Chunk {
  std::string type;
  Bytes data;
};

// Signature, lengths and CRCs; an empty result is a failure.
std::vector<Chunk> Walk(const ByteBuffer& file) {
  std::vector<Chunk> chunks;
  CHECK(file.size() > 8 && std::memcmp(file.data(), "\x89PNG\r\n\x1a\n", 8) == 0);
  for (size_t at = 8; at < file.size();) {
    const uint8_t* head = file.data() + at;
    const size_t room = file.size() - at;
    if (room < 12 || Big32(head) > room - 12) {
      CHECK(!"a torn chunk");
      return {};
    }
    const size_t length = Big32(head);
    CHECK_EQ(Big32(head + 8 + length), SlowCrc32(head + 4, length + 4));
    chunks.push_back({std::string(head + 4, head + 8), Bytes(head + 8, head + 8 + length)});
    at += length + 12;
  }
  return chunks;
}

void AppendChunk(const std::string& type, const Bytes& data, Bytes* file) {
  const auto put_big = [file](uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
      file->push_back(static_cast<uint8_t>(value >> shift));
  };
  put_big(static_cast<uint32_t>(data.size()));
  const size_t start = file->size();
  file->insert(file->end(), type.begin(), type.end());
  file->insert(file->end(), data.begin(), data.end());
  put_big(SlowCrc32(file->data() + start, file->size() - start));
}

struct Frame {
  Bytes control;
  Decoded decoded;
  size_t data_chunks = 0;
};

// A frame alone is a PNG file once its data stand in one IDAT.
Decoded DecodeAlone(const Bytes& header, const Bytes& data) {
  static constexpr uint8_t kSignature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  Bytes file(kSignature, kSignature + 8);
  AppendChunk("IHDR", header, &file);
  AppendChunk("IDAT", data, &file);
  AppendChunk("IEND", {}, &file);
  return Decode(file.data(), file.size());
}

struct Parsed {
  Bytes control;  // acTL
  std::vector<Frame> frames;
};

Parsed Parse(const ByteBuffer& file) {
  const std::vector<Chunk> chunks = Walk(file);
  Parsed parsed;
  if (chunks.size() < 5 || chunks[0].type != "IHDR" || chunks[1].type != "acTL" ||
      chunks[2].type != "fcTL" || chunks.back().type != "IEND") {
    CHECK(!"the order of the first chunks and the last");
    return parsed;
  }
  parsed.control = chunks[1].data;
  uint32_t sequence = 0;
  Bytes data;
  for (size_t i = 2; i + 1 < chunks.size(); ++i) {
    const auto& [type, body] = chunks[i];
    if (type == "fcTL") {
      CHECK_EQ(body.size(), size_t{26});
      CHECK_EQ(Big32(body.data()), sequence++);
      parsed.frames.push_back({body, {}, 0});
      data.clear();
    } else {
      const bool first = parsed.frames.size() == 1;
      CHECK_EQ(type, std::string(first ? "IDAT" : "fdAT"));
      if (!first) CHECK_EQ(Big32(body.data()), sequence++);
      data.insert(data.end(), body.begin() + (first ? 0 : 4), body.end());
      ++parsed.frames.back().data_chunks;
    }
    const std::string& next = chunks[i + 1].type;
    if (type != "fcTL" && (next == "fcTL" || next == "IEND")) {
      parsed.frames.back().decoded = DecodeAlone(chunks[0].data, data);
    }
  }
  return parsed;
}

struct Clip {
  uint32_t width, height;
  uint8_t channels, bit_depth;
  size_t frames;
  size_t padding = 0;

  size_t line_bytes() const { return size_t{width} * channels * (bit_depth / 8); }
  size_t row_bytes() const { return line_bytes() + padding; }
};

Image FrameOf(const Clip& clip, const Bytes& pixels) {
  return {pixels.data(), clip.width, clip.height, clip.channels, clip.bit_depth, clip.row_bytes()};
}

// From a gradient that moves (kind 0) to noise (kind 1) to a constant (kind 2).
std::vector<Bytes> Paint(const Clip& clip, unsigned kind, uint64_t seed) {
  Random random(seed);
  std::vector<Bytes> frames(clip.frames, Bytes(clip.row_bytes() * clip.height));
  for (size_t t = 0; t < clip.frames; ++t) {
    for (size_t i = 0; i < frames[t].size(); ++i) {
      const size_t ramp = i / 3 + 5 * t;
      frames[t][i] = static_cast<uint8_t>(kind == 0 ? ramp : kind == 1 ? random.Next() >> 40 : 9);
    }
  }
  return frames;
}

Bytes Samples(const Clip& clip, const Bytes& pixels) {
  Bytes samples;
  for (size_t y = 0; y < clip.height; ++y) {
    const auto row = pixels.begin() + static_cast<ptrdiff_t>(y * clip.row_bytes());
    samples.insert(samples.end(), row, row + static_cast<ptrdiff_t>(clip.line_bytes()));
  }
  if (clip.bit_depth == 16 && std::endian::native == std::endian::little) {
    for (size_t i = 0; i + 1 < samples.size(); i += 2) std::swap(samples[i], samples[i + 1]);
  }
  return samples;
}

void Encode(AnimationEncoder* encoder, const Clip& clip, const std::vector<Bytes>& frames,
            ByteBuffer* out) {
  CHECK(encoder->Begin({static_cast<uint32_t>(clip.frames), 0, 1, 24}).ok());
  for (const Bytes& pixels : frames) CHECK(encoder->Add(FrameOf(clip, pixels), out).ok());
  CHECK(encoder->End(out).ok());
}

Parsed RoundTrip(const Clip& clip, const std::vector<Bytes>& frames) {
  static AnimationEncoder best;
  ByteBuffer file, portable_file;
  Encode(&best, clip, frames, &file);
  AnimationEncoder portable(Kernels::For(0));
  Encode(&portable, clip, frames, &portable_file);
  CHECK(file.size() == portable_file.size() &&
        std::memcmp(file.data(), portable_file.data(), file.size()) == 0);

  Parsed parsed = Parse(file);
  CHECK_EQ(parsed.frames.size(), clip.frames);
  for (size_t t = 0; t < std::min(parsed.frames.size(), clip.frames); ++t) {
    INFO("frame ", t);
    const Frame& frame = parsed.frames[t];
    CHECK_EQ(frame.decoded.error, std::string());
    CHECK_EQ(frame.decoded.width, clip.width);
    CHECK_EQ(frame.decoded.channels, unsigned{clip.channels});
    CHECK_EQ(frame.decoded.bit_depth, unsigned{clip.bit_depth});
    CHECK(frame.decoded.samples == Samples(clip, frames[t]));
  }
  return parsed;
}

TEST(AnimationsOfEveryChannelCountAndDepth) {
  for (unsigned channels = 1; channels <= 4; ++channels) {
    for (unsigned bit_depth : {8u, 16u}) {
      for (unsigned kind = 0; kind < 3; ++kind) {
        const Clip clip = {37, 23, static_cast<uint8_t>(channels), static_cast<uint8_t>(bit_depth),
                           3};
        INFO("channels ", channels, ", bits ", bit_depth, ", kind ", kind);
        RoundTrip(clip, Paint(clip, kind, channels + kind));
      }
    }
  }
}

TEST(AnimationsOfManySizesAndLengths) {
  Random random(5);
  for (int i = 0; i < 40; ++i) {
    Clip clip = {};
    clip.width = static_cast<uint32_t>(1 + random.Below(90));
    clip.height = static_cast<uint32_t>(1 + random.Below(90));
    clip.channels = static_cast<uint8_t>(1 + random.Below(4));
    clip.bit_depth = random.Below(4) == 0 ? 16 : 8;
    clip.frames = 1 + random.Below(6);
    clip.padding = random.Below(2) * random.Below(9);
    INFO("round ", i);
    RoundTrip(clip, Paint(clip, static_cast<unsigned>(random.Below(3)), random.Next()));
  }
}

TEST(AnimationControlAndFrameControlSayWhatTheyShould) {
  const Clip clip = {5, 4, 3, 8, 2};
  const std::vector<Bytes> frames = Paint(clip, 0, 1);
  AnimationEncoder encoder;
  ByteBuffer file;
  REQUIRE(encoder.Begin({2, 7, 0x0102, 0x0304}).ok());
  for (const Bytes& pixels : frames) REQUIRE(encoder.Add(FrameOf(clip, pixels), &file).ok());
  REQUIRE(encoder.End(&file).ok());
  const Parsed parsed = Parse(file);
  CHECK(parsed.control == (Bytes{0, 0, 0, 2, 0, 0, 0, 7}));
  REQUIRE(parsed.frames.size() == 2);
  CHECK(parsed.frames[0].control ==
        (Bytes{0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0}));
  CHECK(parsed.frames[1].control ==
        (Bytes{0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0}));
}

TEST(FramesAboveTheChunkLimitAreCutAndCounted) {
  const Clip clip = {800, 700, 3, 8, 3};  // noise: 1.68 MB a frame
  const Parsed parsed = RoundTrip(clip, Paint(clip, 1, 3));
  for (const Frame& frame : parsed.frames) CHECK(frame.data_chunks >= 2);
}

// Each frame is then written several times over, with numbers of which only the last ones count.
TEST(TheSmallestFramesAreCutAndCountedToo) {
  process_effort = Effort::kSmall;
  for (const int content : {0, 1}) {
    const Clip clip = {content == 1 ? 800u : 60u, content == 1 ? 500u : 40u, 3, 8, 3};
    RoundTrip(clip, Paint(clip, content, 3));
  }
  process_effort = Effort::kBalanced;
}

TEST(AnAnimationEncoderStartsAfresh) {
  AnimationEncoder encoder;
  const Clip large = {60, 50, 4, 16, 2}, small = {3, 2, 1, 8, 4};
  for (const Clip& clip : {large, small, large}) {
    ByteBuffer file;
    Encode(&encoder, clip, Paint(clip, 0, 8), &file);
    CHECK_EQ(Parse(file).frames.size(), clip.frames);
  }
}

TEST(AnAnimationRefusesWhatIsWrongAndStaysUsable) {
  const Clip clip = {6, 5, 3, 8, 2};
  const std::vector<Bytes> frames = Paint(clip, 0, 1);
  const Image frame = FrameOf(clip, frames[0]);
  AnimationEncoder encoder;
  ByteBuffer file;
  CHECK(!encoder.Add(frame, &file).ok());  // before Begin
  CHECK(!encoder.End(&file).ok());
  CHECK(!encoder.Begin({0, 0, 1, 1}).ok());
  CHECK(!encoder.Begin({0x80000000u, 0, 1, 1}).ok());
  CHECK(!encoder.Begin({1, 0, 1, 0}).ok());
  REQUIRE(encoder.Begin({2, 0, 1, 1}).ok());
  CHECK(!encoder.End(&file).ok());
  CHECK_EQ(file.size(), size_t{0});
  REQUIRE(encoder.Add(frame, &file).ok());
  const size_t size = file.size();
  Image other = frame;
  other.height = 4;
  CHECK(!encoder.Add(other, &file).ok());
  other = frame;
  other.channels = 1;
  CHECK(!encoder.Add(other, &file).ok());
  other = frame;
  other.pixels = nullptr;
  CHECK(!encoder.Add(other, &file).ok());
  CHECK(!encoder.End(&file).ok());
  CHECK_EQ(file.size(), size);
  REQUIRE(encoder.Add(FrameOf(clip, frames[1]), &file).ok());
  CHECK(!encoder.Add(frame, &file).ok());  // one too many
  REQUIRE(encoder.End(&file).ok());
  CHECK(!encoder.End(&file).ok());
  CHECK_EQ(Parse(file).frames.size(), size_t{2});
}

}  // namespace
}  // namespace ringboard::png
