// Every table of kernels against a reference that goes pixel by pixel and shares no code with them.
#include "png/pixels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "pixels_reference.h"
#include "png/pixels_kernels.h"
#include "test.h"

namespace ringboard::png {
namespace {

using testing::GuardedBytes;
using testing::Random;

constexpr SampleType kAllTypes[] = {
    SampleType::kBool,    SampleType::kUint8,   SampleType::kInt8,     SampleType::kUint16,
    SampleType::kInt16,   SampleType::kInt32,   SampleType::kUint32,   SampleType::kInt64,
    SampleType::kUint64,  SampleType::kFloat16, SampleType::kBfloat16, SampleType::kFloat32,
    SampleType::kFloat64,
};
static_assert(std::size(kAllTypes) == kSampleTypes);

// ---- Samples that matter ----

// Values in and around 0…1, the bounds of every byte, and now and then any bits at all.
double InterestingValue(Random& random) {
  switch (random.Below(8)) {
    case 0:
      return static_cast<double>(random.Below(257)) / 255.0;
    case 1:
      return -static_cast<double>(random.Below(1000)) / 500.0;
    case 2:
      return static_cast<double>(random.Below(100000));
    case 3:
      return 0;
    case 4:
      return random.Below(2) ? INFINITY : NAN;
    default:
      return static_cast<double>(random.Below(1u << 20)) / (1u << 20);
  }
}

void FillSamples(SampleType type, Random& random, uint8_t* to, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to[i] = static_cast<uint8_t>(random.Next() >> 24);
  const size_t size = SampleBytes(type);
  for (size_t at = 0; at + size <= bytes; at += size) {
    const uint64_t dice = random.Below(4);
    if (dice == 0) continue;  // any bits
    const double value = InterestingValue(random);
    if (type == SampleType::kFloat32) {
      const float narrow = static_cast<float>(value);
      std::memcpy(to + at, &narrow, size);
    } else if (type == SampleType::kFloat64) {
      std::memcpy(to + at, &value, size);
    } else if (type == SampleType::kBfloat16) {
      const uint32_t bits = std::bit_cast<uint32_t>(static_cast<float>(value));
      std::memcpy(to + at, reinterpret_cast<const uint8_t*>(&bits) + 2, size);
    } else if (type == SampleType::kFloat16) {
      const uint16_t bits = static_cast<uint16_t>(random.Below(0x3c10));  // 0 to a little over 1
      std::memcpy(to + at, &bits, size);
    } else if (dice == 1) {
      std::memset(to + at, 0, size);  // integers: 0 is the one value that random bits hardly make
    }
  }
}

// ---- Layouts ----

using Steps = std::array<ptrdiff_t, 4>;

struct Layout {
  const char* name;
  // Strides of frame, channel, row and column, in samples, for these extents.
  Steps (*steps)(ptrdiff_t c, ptrdiff_t h, ptrdiff_t w);
  ptrdiff_t odd_bytes = 0;  // added to the column stride: samples of a packed record
};

constexpr Layout kLayouts[] = {
    {"NCHW",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {c * h * w, h * w, w, 1}; }},
    {"NHWC",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {c * h * w, 1, w * c, c}; }},
    {"NHCW",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {c * h * w, w, w * c, 1}; }},
    {"NCWH",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {c * h * w, h * w, 1, h}; }},
    {"WHCN", [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t) -> Steps { return {1, 3, 3 * c, 3 * c * h}; }},
    {"NHWC, a channel left out",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps {
       return {(c + 1) * h * w, 1, w * (c + 1), c + 1};
     }},
    {"NHWC, channels reversed",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {c * h * w, -1, w * c, c}; }},
    {"NHWC, mirrored",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {c * h * w, 1, w * c, -c}; }},
    {"NHWC, both reversed",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {c * h * w, -1, w * c, -c}; }},
    {"NCHW, mirrored",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {c * h * w, h * w, w, -1}; }},
    {"NCHW, upside down, frames backwards",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {-c * h * w, h * w, -w, 1}; }},
    {"NCHW, cropped",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps {
       return {c * h * (w + 5), h * (w + 5), w + 5, 1};
     }},
    {"NCHW, every second column",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps {
       return {c * h * 2 * w, h * 2 * w, 2 * w, 2};
     }},
    {"NHWC, every second column",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps {
       return {c * h * 2 * w, 1, w * c * 2, 2 * c};
     }},
    {"every fifth column",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps { return {c * h * 5 * w, 0, 5 * w, 5}; }},
    {"channels broadcast",
     [](ptrdiff_t, ptrdiff_t h, ptrdiff_t w) -> Steps { return {h * w, 0, w, 1}; }},
    {"columns broadcast",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t) -> Steps { return {c * h, h, 1, 0}; }},
    {"rows and frames broadcast",
     [](ptrdiff_t, ptrdiff_t, ptrdiff_t w) -> Steps { return {0, w, 0, 1}; }},
    {"all one sample", [](ptrdiff_t, ptrdiff_t, ptrdiff_t) -> Steps { return {}; }},
    {"odd record",
     [](ptrdiff_t c, ptrdiff_t h, ptrdiff_t w) -> Steps {
       return {c * h * w * 3, 1, w * c * 3, c};
     },
     1},
};

// The bytes that `planes` may touch, as offsets from its data.
struct Reach {
  ptrdiff_t low = 0, high = 0;
};
Reach ReachOf(const Planes& planes) {
  Reach reach;
  const auto extend = [&reach](uint32_t extent, ptrdiff_t stride) {
    const ptrdiff_t last = static_cast<ptrdiff_t>(extent - 1) * stride;
    reach.low += std::min<ptrdiff_t>(0, last);
    reach.high += std::max<ptrdiff_t>(0, last);
  };
  extend(planes.frames, planes.frame_stride);
  extend(planes.channels, planes.channel_stride);
  extend(planes.height, planes.row_stride);
  extend(planes.width, planes.column_stride);
  reach.high += static_cast<ptrdiff_t>(SampleBytes(planes.type));
  return reach;
}

Planes MakePlanes(SampleType type, const Layout& layout, uint32_t n, uint32_t c, uint32_t h,
                  uint32_t w) {
  const auto size = static_cast<ptrdiff_t>(SampleBytes(type));
  const auto steps = layout.steps(c, h, w);
  return {nullptr,
          type,
          n,
          c,
          h,
          w,
          steps[0] * size,
          steps[1] * size,
          steps[2] * size,
          steps[3] * size + layout.odd_bytes};
}

// Input and output against their guard pages, once at the front and once at the back.
void CheckPacks(const PixelKernels& kernels, Planes planes, uint32_t grid_columns, GuardedBytes& in,
                GuardedBytes& out, Random& random) {
  Packing packing;
  REQUIRE(PackedShape(planes, grid_columns, &packing).ok());
  const Reach reach = ReachOf(planes);
  const auto in_bytes = static_cast<size_t>(reach.high - reach.low);
  REQUIRE(in_bytes <= in.capacity() && packing.bytes + 64 <= out.capacity());
  for (const bool at_end : {true, false}) {
    INFO(at_end ? "at the end" : "at the start");
    uint8_t* const first = at_end ? in.AtEnd(in_bytes) : in.AtStart();
    uint8_t* const to = at_end ? out.AtEnd(packing.bytes) : out.AtStart();
    uint8_t* const beyond = at_end ? to - 64 : to + packing.bytes;  // the side without a guard
    FillSamples(planes.type, random, first, in_bytes);
    std::memset(to, 0xa5, packing.bytes);
    std::memset(beyond, 0x5a, 64);
    planes.data = first - reach.low;
    PackWith(kernels, planes, packing, to);
    const std::vector<uint8_t> expected = ReferencePixels(planes, grid_columns);
    REQUIRE(expected.size() == packing.bytes);
    CHECK(std::equal(expected.begin(), expected.end(), to));
    CHECK(std::all_of(beyond, beyond + 64, [](uint8_t byte) { return byte == 0x5a; }));
  }
}

std::vector<PixelKernel> RunnableKernels() {
  std::vector<PixelKernel> runnable;
  for (const PixelKernel& kernel : PixelKernelRegistry()) {
    if (kernel.RunsOn(cpu::Detected())) runnable.push_back(kernel);
  }
  return runnable;
}

Planes Dense(SampleType type, const uint8_t* data, uint32_t width) {
  const auto size = static_cast<ptrdiff_t>(SampleBytes(type));
  return {data, type, 1, 1, 1, width, 0, 0, 0, size};
}

}  // namespace

// ---- Values ----

// From numpy 2.4: (x.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)
TEST(PackKnowsTheValuesThatNumpyGave) {
  const float floats[] = {0.0f,   -0.0f,        0.5f,         0.1f,     0.9999999f, 1.0f,
                          1.5f,   -1.0f,        3e38f,        INFINITY, -INFINITY,  NAN,
                          1e-45f, 0.003921568f, 0.003921569f, 0.7f};
  const uint8_t bytes[] = {0, 0, 127, 25, 254, 255, 255, 0, 255, 255, 0, 0, 0, 0, 1, 178};
  for (const PixelKernel& kernel : RunnableKernels()) {
    INFO(kernel.name);
    uint8_t out[std::size(floats)];
    kernel.function->quantize[static_cast<size_t>(SampleType::kFloat32)](
        reinterpret_cast<const uint8_t*>(floats), std::size(floats), out);
    for (size_t i = 0; i < std::size(floats); ++i) {
      INFO(floats[i]);
      CHECK_EQ(out[i], bytes[i]);
    }
  }
}

TEST(QuantizeRoundsAsFloat32DoesAroundEveryByteBoundary) {
  std::vector<float> floats;
  for (int k = -1; k <= 257; ++k) {
    const float centre = static_cast<float>(k / 255.0);
    float value = centre;
    for (int i = 0; i < 200; ++i) value = std::nextafter(value, -INFINITY);
    for (int i = 0; i < 400; ++i) {
      floats.push_back(value);
      value = std::nextafter(value, INFINITY);
    }
  }
  Random random(1);
  for (int i = 0; i < 1 << 20; ++i) {
    floats.push_back(std::bit_cast<float>(static_cast<uint32_t>(random.Next() >> 32)));
  }
  std::vector<double> doubles(floats.begin(), floats.end());
  for (double& value : doubles) {  // to where only rounding to float32 first gives the right byte
    value += value * (static_cast<double>(random.Below(1001)) - 500.0) * 1e-10;
  }
  const auto check = [](const PixelKernel& kernel, SampleType type, const auto& values) {
    std::vector<uint8_t> out(values.size());
    const auto* samples = reinterpret_cast<const uint8_t*>(values.data());
    kernel.function->quantize[static_cast<size_t>(type)](samples, values.size(), out.data());
    for (size_t i = 0; i < values.size(); ++i) {
      const uint16_t expected = ReferenceSample(type, samples + i * SampleBytes(type));
      if (out[i] != expected) testing::Fail(__FILE__, __LINE__, testing::Join(values[i]));
    }
  };
  for (const PixelKernel& kernel : RunnableKernels()) {
    INFO(kernel.name);
    check(kernel, SampleType::kFloat32, floats);
    check(kernel, SampleType::kFloat64, doubles);
  }
}

TEST(QuantizeKnowsAllHalvesAndBfloats) {
  std::vector<uint16_t> bits(65536);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint16_t>(i);
  const auto* samples = reinterpret_cast<const uint8_t*>(bits.data());
  for (const PixelKernel& kernel : RunnableKernels()) {
    for (const SampleType type : {SampleType::kFloat16, SampleType::kBfloat16}) {
      INFO(kernel.name, ", type ", type);
      std::vector<uint8_t> out(bits.size());
      kernel.function->quantize[static_cast<size_t>(type)](samples, bits.size(), out.data());
      for (size_t i = 0; i < bits.size(); ++i) {
        if (out[i] != ReferenceSample(type, samples + 2 * i)) CHECK_EQ(i, size_t{0});
      }
    }
  }
}

TEST(IntegersAreWhiteFromOneUp) {
  const int64_t wide[] = {INT64_MIN, -1, 0, 1, 2, 255, INT64_MAX};
  const uint64_t wide_unsigned[] = {0, 1, 1ull << 63, UINT64_MAX};
  const uint8_t bools[] = {0, 1, 2, 255};
  uint8_t out[3 * 7];
  const auto pack = [&out](SampleType type, const void* samples, uint32_t count) {
    const Planes planes = Dense(type, static_cast<const uint8_t*>(samples), count);
    Packing packing;
    if (!PackedShape(planes, kGridColumns, &packing).ok()) return std::string("refused");
    Pack(planes, packing, out);
    std::string white;
    for (uint32_t i = 0; i < count; ++i) white += out[3 * i] == 255 ? '1' : out[3 * i] ? '?' : '0';
    return white;
  };
  CHECK_EQ(pack(SampleType::kInt64, wide, 7), "0001111");
  CHECK_EQ(pack(SampleType::kUint64, wide_unsigned, 4), "0111");
  CHECK_EQ(pack(SampleType::kBool, bools, 4), "0111");
}

// ---- Layouts ----

TEST(PackMatchesTheReferenceForEveryTypeLayoutAndWidth) {
  constexpr uint64_t kSeed = 20240607;
  Random random(kSeed);
  GuardedBytes in(1 << 20), out(1 << 16);
  for (const PixelKernel& kernel : RunnableKernels()) {
    for (const Layout& layout : kLayouts) {
      for (const SampleType type : kAllTypes) {
        for (uint32_t width = 1; width <= 100; width += width < 36 ? 1 : 1 + random.Below(9)) {
          const auto channels = static_cast<uint32_t>(1 + random.Below(4));
          const auto height = static_cast<uint32_t>(1 + random.Below(3));
          const auto frames = static_cast<uint32_t>(1 + random.Below(3));
          const auto columns = static_cast<uint32_t>(1 + random.Below(3));
          INFO(kernel.name, ", ", layout.name, ", type ", type, ", ", frames, "x", channels, "x",
               height, "x", width, " in ", columns, " columns, seed ", kSeed);
          CheckPacks(*kernel.function, MakePlanes(type, layout, frames, channels, height, width),
                     columns, in, out, random);
        }
      }
    }
  }
}

TEST(PackMatchesTheReferenceForEveryWidthOfTheFastPaths) {
  Random random(7);
  GuardedBytes in(1 << 16), out(1 << 16);
  for (const PixelKernel& kernel : RunnableKernels()) {
    for (const Layout& layout : kLayouts) {
      for (const SampleType type : {SampleType::kUint8, SampleType::kFloat32}) {
        for (uint32_t channels = 1; channels <= 4; ++channels) {
          for (uint32_t width = 1; width <= 100; ++width) {
            INFO(kernel.name, ", ", layout.name, ", type ", type, ", ", channels, "x", width);
            CheckPacks(*kernel.function, MakePlanes(type, layout, 1, channels, 1, width), 8, in,
                       out, random);
          }
        }
      }
    }
  }
}

TEST(PackCrossesItsBlocks) {
  Random random(8);
  GuardedBytes in(1 << 18), out(1 << 15);
  for (const PixelKernel& kernel : RunnableKernels()) {
    for (const Layout& layout : kLayouts) {
      for (const SampleType type : kAllTypes) {
        for (const uint32_t width : {511u, 512u, 513u, 1024u, 1100u}) {
          for (uint32_t channels = 1; channels <= 4; ++channels) {
            INFO(kernel.name, ", ", layout.name, ", type ", type, ", ", channels, "x", width);
            CheckPacks(*kernel.function, MakePlanes(type, layout, 1, channels, 1, width), 8, in,
                       out, random);
          }
        }
      }
    }
  }
}

TEST(StridesOfExtentsOfOneAreNotLookedAt) {
  const uint8_t samples[] = {1, 2, 3, 4, 5, 6};
  constexpr ptrdiff_t kAnything = PTRDIFF_MAX;  // what numpy's debug build puts there
  Packing packing;
  uint8_t out[18];
  const Planes column{samples, SampleType::kUint8, 1, 1, 6, 1, kAnything, kAnything, 1, kAnything};
  REQUIRE(PackedShape(column, 8, &packing).ok());
  Pack(column, packing, out);
  CHECK_EQ(out[17], 6);
  const Planes row{samples, SampleType::kUint8, 1, 3, 1, 2, kAnything, 2, kAnything, 1};
  REQUIRE(PackedShape(row, 8, &packing).ok());
  Pack(row, packing, out);
  CHECK(std::memcmp(out, "\1\3\5\2\4\6", 6) == 0);
  const Planes frames{samples, SampleType::kUint8, 2, 3, 1, 1, 3, 1, kAnything, kAnything};
  REQUIRE(PackedShape(frames, 8, &packing).ok());
  Pack(frames, packing, out);
  CHECK(std::memcmp(out, "\1\2\3\4\5\6", 6) == 0);
}

// ---- Shapes ----

TEST(GridIsTorchsGrid) {
  struct Expected {
    uint32_t frames, columns, rows;
  };
  for (const Expected& grid : {Expected{1, 1, 1},
                               {2, 2, 1},
                               {7, 7, 1},
                               {8, 8, 1},
                               {9, 8, 2},
                               {16, 8, 2},
                               {17, 8, 3},
                               {64, 8, 8}}) {
    const Planes planes{nullptr, SampleType::kFloat32, grid.frames, 1, 5, 7, 0, 0, 0, 4};
    Packing packing;
    REQUIRE(PackedShape(planes, kGridColumns, &packing).ok());
    CHECK_EQ(packing.width, grid.columns * 7);
    CHECK_EQ(packing.height, grid.rows * 5);
    CHECK_EQ(packing.channels, 3);
    CHECK_EQ(packing.bit_depth, 8);
    CHECK_EQ(packing.bytes, size_t{packing.width} * packing.height * 3);
  }
}

TEST(GridsOfManyFramesMatchTheReference) {
  Random random(9);
  GuardedBytes in(1 << 18), out(1 << 18);
  for (const PixelKernel& kernel : RunnableKernels()) {
    for (const Layout& layout : kLayouts) {
      for (const uint32_t frames : {1u, 5u, 8u, 9u, 23u}) {
        for (const SampleType type :
             {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32}) {
          for (uint32_t channels = 1; channels <= 4; ++channels) {
            INFO(kernel.name, ", ", layout.name, ", type ", type, ", ", frames, "x", channels);
            CheckPacks(*kernel.function, MakePlanes(type, layout, frames, channels, 6, 9), 8, in,
                       out, random);
          }
        }
      }
    }
  }
}

TEST(ShapesThatCannotBeAreRefused) {
  const auto refused = [](uint32_t n, uint32_t c, uint32_t h, uint32_t w, uint32_t columns) {
    const Planes planes{nullptr, SampleType::kUint16, n, c, h, w, 0, 0, 0, 0};
    Packing packing{1, 1, 1, 1, 1};
    const Status status = PackedShape(planes, columns, &packing);
    return status.code() == StatusCode::kInvalid && !status.message().empty() && packing.bytes == 0;
  };
  CHECK(refused(0, 3, 4, 4, 8));
  CHECK(refused(1, 3, 0, 4, 8));
  CHECK(refused(1, 3, 4, 0, 8));
  CHECK(refused(1, 3, 4, 4, 0));
  CHECK(refused(1, 0, 4, 4, 8));
  CHECK(refused(1, 5, 4, 4, 8));
  CHECK(refused(1, 3, 1, 0x80000000u, 8));
  CHECK(refused(8, 3, 1, 0x20000000u, 8));            // too wide only as a grid
  CHECK(refused(0xffffffffu, 3, 0xffffffffu, 1, 1));  // rows * height is nearly 2^64
  CHECK(refused(1, 4, 0x7fffffffu, 0x7fffffffu, 8));  // sides fit; 2^65 bytes
  CHECK(refused(0xffffffffu, 3, 1, 1, 1));
  CHECK(!refused(1, 1, 1, 0x7fffffffu, 8));
}

TEST(PackUsesTheActiveKernels) {
  const PixelKernel* expected = nullptr;
  for (const PixelKernel& kernel : PixelKernelRegistry()) {
    if (expected == nullptr && kernel.RunsOn(cpu::Active())) expected = &kernel;
  }
  REQUIRE(expected != nullptr);
  CHECK_EQ(std::string(ActivePixelKernels()), std::string(expected->name));
  CHECK_EQ(PixelKernelRegistry().back().required, 0u);
}

}  // namespace ringboard::png
