// Samples of any type, behind any strides, become the pixels that going sample by sample gives, and
// no byte outside of the result is written.
#include <algorithm>
#include <memory>

#include "fuzz.h"
#include "png/pixels_kernels.h"
#include "png/pixels_reference.h"

namespace ringboard::png {
namespace {

using fuzz::Input;

// Packed, as most arrays are, or anything.
ptrdiff_t AnyStride(Input& input, ptrdiff_t packed) {
  constexpr int kMost = 40;
  if (input.Below(4) != 0) return input.Coin() ? packed : -packed;
  return static_cast<ptrdiff_t>(input.Below(2 * kMost + 1)) - kMost;
}

struct Span {
  ptrdiff_t lowest = 0, highest = 0;
  void Reach(uint32_t extent, ptrdiff_t stride) {
    const ptrdiff_t distance = static_cast<ptrdiff_t>(extent - 1) * stride;
    (distance < 0 ? lowest : highest) += distance;
  }
};

Planes AnyPlanes(Input& input) {
  Planes planes = {};
  planes.type = static_cast<SampleType>(input.Below(kSampleTypes));
  planes.frames = static_cast<uint32_t>(input.Below(4) == 0 ? input.Between(1, 10) : 1);
  planes.channels = static_cast<uint32_t>(input.Between(1, 4));
  planes.height = static_cast<uint32_t>(input.Between(1, 6));
  planes.width = static_cast<uint32_t>(input.Between(1, 70));
  const auto sample = static_cast<ptrdiff_t>(SampleBytes(planes.type));
  const auto channels = static_cast<ptrdiff_t>(planes.channels);
  const ptrdiff_t height = planes.height, width = planes.width;
  if (input.Coin()) {  // channels last
    planes.channel_stride = AnyStride(input, sample);
    planes.column_stride = AnyStride(input, channels * sample);
    planes.row_stride = AnyStride(input, width * channels * sample);
  } else {
    planes.column_stride = AnyStride(input, sample);
    planes.row_stride = AnyStride(input, width * sample);
    planes.channel_stride = AnyStride(input, height * width * sample);
  }
  planes.frame_stride = AnyStride(input, height * width * channels * sample);
  return planes;
}

}  // namespace
}  // namespace ringboard::png

namespace ringboard {

FUZZ_TARGET(Input& input) {
  using namespace png;
  Planes planes = AnyPlanes(input);
  const auto grid_columns = static_cast<uint32_t>(input.Between(1, 10));
  Span span;
  span.Reach(planes.frames, planes.frame_stride);
  span.Reach(planes.channels, planes.channel_stride);
  span.Reach(planes.height, planes.row_stride);
  span.Reach(planes.width, planes.column_stride);
  const size_t before = static_cast<size_t>(-span.lowest);
  const size_t bytes = before + static_cast<size_t>(span.highest) + SampleBytes(planes.type);
  const std::vector<uint8_t> samples = input.Stretch(bytes);
  planes.data = samples.data() + before;

  Packing packing;
  const Status status = PackedShape(planes, grid_columns, &packing);
  CHECK(status.ok());
  const std::vector<uint8_t> wanted = ReferencePixels(planes, grid_columns);
  CHECK_EQ(packing.bytes, wanted.size());
  for (const PixelKernel& kernel : PixelKernelRegistry()) {
    if (!kernel.RunsOn(cpu::Detected())) continue;
    INFO(kernel.name, " ", std::string(kDtypeNames[static_cast<size_t>(planes.type)]), " ",
         planes.frames, " x ", planes.channels, " x ", planes.height, " x ", planes.width);
    std::vector<uint8_t> out(packing.bytes, 0xa5);
    PackWith(*kernel.function, planes, packing, out.data());
    CHECK(out == wanted);
  }
}

}  // namespace ringboard
