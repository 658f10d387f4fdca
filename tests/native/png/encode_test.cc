// Whole files through the tests' own decoder: every kind of image, content and size comes back bit
// for bit, and is the same file on every instruction set.
#include "png/encode.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "decoder.h"
#include "png/effort.h"
#include "png/stripe.h"
#include "test.h"

namespace ringboard::png {
namespace {

using ringboard::testing::GuardedBytes;
using ringboard::testing::Random;
using testing::Decode;
using testing::Decoded;

// Feature sets to force: each registry's every entry is chosen by one of them.
std::vector<uint32_t> Levels() {
  std::vector<uint32_t> levels = {0, cpu::kSse42 | cpu::kPclmul,
                                  cpu::kSse42 | cpu::kPclmul | cpu::kAvx2 | cpu::kBmi2, ~0u};
  for (uint32_t& level : levels) level &= cpu::Detected();
  return levels;
}

struct Picture {
  uint32_t width, height;
  uint8_t channels, bit_depth;
  size_t padding = 0;  // bytes behind each row
};

size_t LineBytes(const Picture& p) { return size_t{p.width} * p.channels * (p.bit_depth / 8); }

// Encodes on every level, decodes, compares.  `pixels` is in rows of LineBytes + padding.
Decoded RoundTripWith(Effort effort, const Picture& p, const uint8_t* pixels) {
  process_effort = effort;
  const size_t stride = LineBytes(p) + p.padding;
  const Image image = {pixels, p.width, p.height, p.channels, p.bit_depth, stride};
  ByteBuffer first;
  Decoded decoded;
  static std::vector<std::unique_ptr<Encoder>> encoders = [] {
    std::vector<std::unique_ptr<Encoder>> made;
    for (uint32_t level : Levels()) made.push_back(std::make_unique<Encoder>(Kernels::For(level)));
    return made;
  }();
  for (size_t level = 0; level < encoders.size(); ++level) {
    ByteBuffer out;
    const Status status = encoders[level]->Encode(image, &out);
    CHECK(status.ok());
    if (level == 0) {
      first.Swap(out);
      decoded = Decode(first.data(), first.size());
    } else {
      INFO("level ", level);
      CHECK(out.size() == first.size() && std::memcmp(out.data(), first.data(), out.size()) == 0);
    }
  }
  CHECK_EQ(decoded.error, std::string());
  CHECK_EQ(decoded.width, p.width);
  CHECK_EQ(decoded.height, p.height);
  CHECK_EQ(decoded.channels, unsigned{p.channels});
  CHECK_EQ(decoded.bit_depth, unsigned{p.bit_depth});
  if (!decoded.error.empty()) return decoded;
  std::vector<uint8_t> expected;
  for (size_t y = 0; y < p.height; ++y) {
    const uint8_t* row = pixels + y * stride;
    expected.insert(expected.end(), row, row + LineBytes(p));
  }
  if (p.bit_depth == 16 && std::endian::native == std::endian::little) {
    for (size_t i = 0; i + 1 < expected.size(); i += 2) std::swap(expected[i], expected[i + 1]);
  }
  CHECK(decoded.samples == expected);
  // Never much larger than the pixels themselves.
  const size_t stream = (LineBytes(p) + 1) * p.height;
  CHECK(first.size() <= stream + stream / 2000 + 100);
  decoded.file_bytes = first.size();
  return decoded;
}

// With every effort; a thorough search of large images would take too long under sanitizers.
Decoded RoundTrip(const Picture& p, const uint8_t* pixels) {
  constexpr size_t kSmallImage = 64 * 1024;
  RoundTripWith(Effort::kSpeed, p, pixels);
  if (LineBytes(p) * p.height < kSmallImage) RoundTripWith(Effort::kSmall, p, pixels);
  return RoundTripWith(Effort::kBalanced, p, pixels);
}

using Content = uint8_t (*)(size_t x, size_t y, size_t channel, Random& random);
constexpr Content kContents[] = {
    [](size_t, size_t, size_t, Random& random) {
      return static_cast<uint8_t>(random.Next() >> 33);
    },
    [](size_t, size_t, size_t, Random&) { return uint8_t{77}; },
    [](size_t x, size_t y, size_t c, Random&) { return static_cast<uint8_t>(2 * x + y + 40 * c); },
    [](size_t x, size_t y, size_t c, Random& random) {
      return static_cast<uint8_t>(x / 2 + y / 3 + 40 * c + random.Below(5));
    },
    [](size_t, size_t, size_t, Random& random) {  // sparse
      return static_cast<uint8_t>(random.Below(30) == 0 ? random.Next() >> 40 : 0);
    },
    [](size_t x, size_t y, size_t, Random&) { return static_cast<uint8_t>(x % 7 * (y % 5) * 9); },
    [](size_t x, size_t y, size_t, Random&) {  // the same in each channel
      return static_cast<uint8_t>((x * 2654435761u ^ y * 40503u) >> 13);
    },
    [](size_t x, size_t y, size_t c, Random& random) {  // a chart: lines on white, alpha constant
      if (c == 3 || y % 24 != 0) return uint8_t{255};
      return static_cast<uint8_t>(x % 40 < 20 ? 30 : random.Below(3));
    },
    [](size_t x, size_t y, size_t, Random& random) {  // bands of noise and of nothing
      return static_cast<uint8_t>(y / 37 % 2 == 0 ? random.Next() >> 20 : x / 50);
    },
};

std::vector<uint8_t> Paint(const Picture& p, Content content, uint64_t seed) {
  Random random(seed);
  const size_t sample = p.bit_depth / 8;
  std::vector<uint8_t> pixels((LineBytes(p) + p.padding) * p.height, 0xa5);
  for (size_t y = 0; y < p.height; ++y) {
    for (size_t i = 0; i < LineBytes(p); ++i) {
      const size_t x = i / sample / p.channels, channel = i / sample % p.channels;
      pixels[y * (LineBytes(p) + p.padding) + i] = content(x, y, channel, random);
    }
  }
  return pixels;
}

}  // namespace

TEST(SmallImagesOfEveryKind) {
  Random random(31);
  for (const uint8_t depth : {8, 16}) {
    for (const uint8_t channels : {1, 2, 3, 4}) {
      for (size_t c = 0; c < std::size(kContents); ++c) {
        for (int round = 0; round < 12; ++round) {
          Picture p = {static_cast<uint32_t>(1 + random.Below(40)),
                       static_cast<uint32_t>(1 + random.Below(40)), channels, depth,
                       random.Below(2) * random.Below(50)};
          if (round == 0) p.width = p.height = 1;
          if (round == 1) p.width = 1;
          if (round == 2) p.height = 1;
          INFO(p.width, " x ", p.height, " x ", channels, ", depth ", depth, ", content ", c);
          RoundTrip(p, Paint(p, kContents[c], random.Next()).data());
        }
      }
    }
  }
}

TEST(ImagesOfManyStripes) {
  Random random(32);
  for (const uint8_t depth : {8, 16}) {
    for (const uint8_t channels : {1, 2, 3, 4}) {
      for (size_t c = 0; c < std::size(kContents); ++c) {
        const Picture p = {static_cast<uint32_t>(200 + random.Below(300)),
                           static_cast<uint32_t>(200 + random.Below(200)), channels, depth,
                           random.Below(9)};
        INFO(p.width, " x ", p.height, " x ", channels, ", depth ", depth, ", content ", c);
        RoundTrip(p, Paint(p, kContents[c], random.Next()).data());
      }
    }
  }
}

// Around the sizes at which stripes, stored blocks and scanlines are cut.
TEST(ScanlinesAroundTheStripeSize) {
  for (size_t c : {0u, 1u, 3u, 8u}) {
    for (const uint8_t channels : {1, 3}) {
      for (size_t bytes : {kMaxStoredBytes - 1, kMaxStoredBytes, kMaxStoredBytes + 1,
                           StripeReader::kStripeBytes - 1, StripeReader::kStripeBytes,
                           StripeReader::kStripeBytes + 1, 3 * StripeReader::kStripeBytes + 5}) {
        const Picture p = {static_cast<uint32_t>(bytes / channels), 3, channels, 8, 1};
        INFO("width ", p.width, ", channels ", channels, ", content ", c);
        RoundTrip(p, Paint(p, kContents[c], bytes).data());
      }
    }
  }
}

TEST(TallThinAndWideLowImages) {
  for (const uint8_t depth : {8, 16}) {
    for (const Picture& p : {Picture{1, 70001, 1, depth}, Picture{1, 20000, 4, depth},
                             Picture{150001, 1, 1, depth}, Picture{100003, 2, 4, depth}}) {
      for (size_t c : {0u, 2u, 5u}) {
        INFO(p.width, " x ", p.height, ", depth ", depth, ", content ", c);
        RoundTrip(p, Paint(p, kContents[c], 7).data());
      }
    }
  }
}

TEST(LargeNoiseNeedsSeveralDataChunks) {
  const Picture p = {1000, 1200, 3, 8};
  const Decoded decoded = RoundTrip(p, Paint(p, kContents[0], 33).data());
  CHECK(decoded.data_chunks > 2);
  CHECK(decoded.stored_blocks > 50);
  CHECK_EQ(decoded.dynamic_blocks, size_t{0});
}

TEST(EffortsTradeTimeForSize) {
  for (size_t c = 0; c < std::size(kContents); ++c) {
    INFO("content ", c);
    const Picture p = {300, 260, 3, 8};  // two stripes and more
    const std::vector<uint8_t> pixels = Paint(p, kContents[c], 42);
    const Decoded speed = RoundTripWith(Effort::kSpeed, p, pixels.data());
    const Decoded balanced = RoundTripWith(Effort::kBalanced, p, pixels.data());
    const Decoded small = RoundTripWith(Effort::kSmall, p, pixels.data());
    CHECK(speed.farthest_match <= 1);
    CHECK(small.file_bytes <= balanced.file_bytes);
    CHECK(small.file_bytes <= speed.file_bytes);
    if (c == 5) CHECK(3 * small.file_bytes < 2 * speed.file_bytes);
  }
  process_effort = Effort::kBalanced;
}

// Several data chunks, and the same with each search: the thorough one, which comes last, only
// loses.
TEST(TheSmallestOfAllEffortsIsWhole) {
  const Picture p = {1100, 700, 3, 8};
  std::vector<uint8_t> pixels = Paint(p, kContents[0], 45);
  for (size_t i = 0; i < pixels.size(); i += 3) pixels[i + 1] = pixels[i + 2] = pixels[i];
  for (size_t i = 0; i < pixels.size() / 2; ++i) pixels[i] = static_cast<uint8_t>(i * i >> 9);
  const Decoded balanced = RoundTripWith(Effort::kBalanced, p, pixels.data());
  const Decoded small = RoundTripWith(Effort::kSmall, p, pixels.data());
  CHECK(small.data_chunks > 1);
  CHECK(small.file_bytes <= balanced.file_bytes);
  process_effort = Effort::kBalanced;
}

TEST(EachKindOfContentGetsItsCoding) {
  const Picture p = {400, 300, 3, 8};
  const Decoded smooth = RoundTrip(p, Paint(p, kContents[3], 34).data());
  CHECK(smooth.dynamic_blocks > 0 && smooth.farthest_match <= 1);
  CHECK_EQ(smooth.filters[0], size_t{0});
  CHECK(smooth.filters[3] > smooth.filters[4]);  // noise on a gradient: the average predicts best
  const Decoded chart = RoundTrip(p, Paint(p, kContents[7], 35).data());
  CHECK_EQ(chart.longest_match, size_t{258});
  const Decoded periodic = RoundTrip(p, Paint(p, kContents[5], 36).data());
  CHECK(periodic.farthest_match > 1);
}

// Grey in RGB has a search of its own, which also has to meet colour above and below its stripes.
TEST(GreyInRgb) {
  const auto scattered = [](size_t n) { return static_cast<uint8_t>(n * 2654435761u >> 11); };
  using Grey = std::function<uint8_t(size_t, size_t)>;
  const Grey greys[] = {
      [&](size_t x, size_t y) { return scattered(x * 7919 + y); },          // noise
      [&](size_t x, size_t y) { return scattered(x / 8 * 31 + y / 8); },    // enlarged
      [&](size_t x, size_t y) { return scattered(x % 90 * 31 + y / 50); },  // repeats along a line
      [&](size_t x, size_t y) { return x % 28 < 9 ? 0 : scattered(x + y); },  // shifted lines, gaps
      [&](size_t x, size_t y) { return static_cast<uint8_t>(x / 2 + y + scattered(x * y) % 4); },
  };
  Random random(43);
  for (size_t g = 0; g < std::size(greys); ++g) {
    for (uint32_t width : {1u, 5u, 28u, 242u, 257u, 11000u}) {
      const uint32_t tall = 2 * StripeReader::kStripeBytes / (3 * width) + 40;
      for (uint32_t height : {std::min(400u, tall), 512 / width + 1}) {
        for (const bool banded : {false, true}) {
          const Picture p = {width, height, 3, 8, random.Below(4)};
          INFO(width, " x ", height, ", content ", g, banded ? ", banded" : "");
          const size_t stride = LineBytes(p) + p.padding;
          std::vector<uint8_t> pixels(stride * height, 0x5a);
          for (size_t i = 0; i < size_t{width} * height; ++i) {
            const size_t x = i % width, y = i / width;
            for (size_t c = 0; c < 3; ++c) {
              const bool coloured = banded && y * 5 / height % 2 == 1;
              pixels[y * stride + 3 * x + c] =
                  static_cast<uint8_t>(greys[g](x, y) + (coloured ? 50 * c : 0));
            }
          }
          RoundTripWith(Effort::kBalanced, p, pixels.data());
        }
      }
    }
  }
}

// Nothing but long matches; a quick search that only knew the last place of each key would need
// half as many bytes again as the thorough one.
TEST(LabelMapsAndCleanGradientsAreSmallAtOnce) {
  const Picture p = {400, 400, 3, 8};
  for (const bool labels : {true, false}) {
    std::vector<uint8_t> pixels(LineBytes(p) * p.height);
    for (size_t i = 0; i < pixels.size(); ++i) {
      const size_t x = i / 3 % p.width, y = i / 3 / p.width, c = i % 3;
      const double radius = std::hypot(static_cast<double>(x) - 150, static_cast<double>(y) - 200);
      const size_t label = (static_cast<size_t>(radius) / 60 + x * y / 9000) % 4;
      const size_t shade = c == 0 ? x / 2 : c == 1 ? y / 2 : (x + y) / 4;
      pixels[i] = static_cast<uint8_t>(labels ? label * 70 + c * 11 : shade);
    }
    const Decoded balanced = RoundTripWith(Effort::kBalanced, p, pixels.data());
    const Decoded small = RoundTripWith(Effort::kSmall, p, pixels.data());
    process_effort = Effort::kBalanced;
    INFO(balanced.file_bytes, " and ", small.file_bytes);
    CHECK(balanced.file_bytes < small.file_bytes + small.file_bytes * 2 / 5);
  }
}

TEST(GreyNoiseInRgbCostsLittleMoreThanGreyNoise) {
  const Picture p = {300, 300, 3, 8};
  std::vector<uint8_t> pixels(LineBytes(p) * p.height);
  Random random(44);
  for (size_t i = 0; i < pixels.size(); i += 3) {
    pixels[i] = pixels[i + 1] = pixels[i + 2] = static_cast<uint8_t>(random.Next() >> 40);
  }
  const Decoded decoded = RoundTrip(p, pixels.data());
  CHECK(decoded.file_bytes < pixels.size() / 3 * 13 / 8);  // 13 bits a pixel
}

// Its margins are zero runs, which need no search; only the photograph must count in the choice.
TEST(APhotographOnWhiteIsWrittenWithoutASearch) {
  const Picture p = {600, 400, 3, 8};
  std::vector<uint8_t> pixels = Paint(p, kContents[3], 40);
  for (size_t y = 0; y < p.height; ++y) {
    for (size_t x = 0; x < p.width; ++x) {
      const bool inside = y >= 60 && y < 340 && x >= 120 && x < 480;
      for (size_t c = 0; c < 3 && !inside; ++c) pixels[(y * p.width + x) * 3 + c] = 255;
    }
  }
  CHECK(RoundTrip(p, pixels.data()).farthest_match <= 1);
}

TEST(AFlatImageIsRunsAlone) {
  const Picture p = {512, 512, 3, 8};
  const Decoded flat = RoundTrip(p, Paint(p, kContents[1], 41).data());
  CHECK_EQ(flat.farthest_match, size_t{1});
  CHECK(flat.filters[static_cast<size_t>(Filter::kUp)] == p.height - 1);
}

// A scanline is read to its last byte and not one further, in front neither.
TEST(PixelsBetweenGuardPages) {
  GuardedBytes memory(200000);
  Random random(37);
  for (const uint8_t depth : {8, 16}) {
    for (const uint8_t channels : {1, 2, 3, 4}) {
      for (const Picture& p :
           {Picture{13, 9, channels, depth}, Picture{301, 40, channels, depth},
            Picture{1, 1, channels, depth}, Picture{12000, 2, channels, depth}}) {
        for (size_t c : {0u, 3u, 7u}) {
          const std::vector<uint8_t> pixels = Paint(p, kContents[c], random.Next());
          for (uint8_t* at : {memory.AtEnd(pixels.size()), memory.AtStart()}) {
            std::copy(pixels.begin(), pixels.end(), at);
            RoundTrip(p, at);
          }
        }
      }
    }
  }
}

// What an encoder has seen before must not show in the file.
TEST(OneEncoderWritesWhatAFreshOneWrites) {
  Random random(38);
  Encoder used;
  for (int round = 0; round < 60; ++round) {
    const Picture p = {static_cast<uint32_t>(1 + random.Below(300)),
                       static_cast<uint32_t>(1 + random.Below(300)),
                       static_cast<uint8_t>(1 + random.Below(4)), 8};
    const std::vector<uint8_t> pixels =
        Paint(p, kContents[random.Below(std::size(kContents))], random.Next());
    const Image image = {pixels.data(), p.width, p.height, p.channels, 8, LineBytes(p)};
    Encoder fresh;
    ByteBuffer a, b;
    CHECK(a.Append("before", 6));
    CHECK(used.Encode(image, &a).ok());
    CHECK(fresh.Encode(image, &b).ok());
    CHECK(a.size() == b.size() + 6 && std::memcmp(a.data() + 6, b.data(), b.size()) == 0);
  }
}

TEST(UnusableImagesAreRefused) {
  const uint8_t pixel[64] = {};
  const Image good = {pixel, 2, 2, 3, 8, 6};
  const std::function<void(Image&)> faults[] = {[](Image& i) { i.pixels = nullptr; },
                                                [](Image& i) { i.width = 0; },
                                                [](Image& i) { i.height = 0; },
                                                [](Image& i) { i.width = 0x80000000; },
                                                [](Image& i) { i.height = 0xffffffff; },
                                                [](Image& i) { i.channels = 0; },
                                                [](Image& i) { i.channels = 5; },
                                                [](Image& i) { i.bit_depth = 1; },
                                                [](Image& i) { i.bit_depth = 32; },
                                                [](Image& i) { i.row_bytes = 5; },
                                                [](Image& i) { i.row_bytes = SIZE_MAX / 2; },
                                                [](Image& i) { i.row_bytes = SIZE_MAX; }};
  Encoder encoder;
  ByteBuffer out;
  CHECK(out.Append("x", 1));
  for (const auto& fault : faults) {
    Image image = good;
    fault(image);
    const Status status = encoder.Encode(image, &out);
    CHECK(status.code() == StatusCode::kInvalid);
    CHECK(!status.message().empty());
    CHECK_EQ(out.size(), size_t{1});
  }
  CHECK(encoder.Encode(good, &out).ok());
}

TEST(TheDecoderIsStrict) {
  const Picture p = {30, 20, 3, 8};
  const std::vector<uint8_t> pixels = Paint(p, kContents[3], 39);
  Encoder encoder;
  ByteBuffer out;
  CHECK(encoder.Encode({pixels.data(), 30, 20, 3, 8, 90}, &out).ok());
  CHECK_EQ(Decode(out.data(), out.size()).error, std::string());
  for (size_t i = 0; i < out.size(); ++i) {  // every byte matters
    out.data()[i] ^= 0x10;
    CHECK(!Decode(out.data(), out.size()).error.empty());
    out.data()[i] ^= 0x10;
  }
}

}  // namespace ringboard::png
