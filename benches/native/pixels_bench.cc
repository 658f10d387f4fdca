// How fast does an image of any layout and type become the interleaved bytes that the PNG encoder
// reads?
//
// Workload: 512 x 512 RGB (in the second-level cache at best), 3840 x 2160 RGB (in memory), and a
// grid of 64 digits of 28 x 28.  Speeds are gigabytes of OUTPUT a second, the median of the rounds.
// Rivals: the portable kernels (the same walk, no vectors); memcpy of as many bytes as the input
// has, which is what merely handing the array on would cost.  numpy's own pipeline is timed in
// Python. Left out: the PNG encoder. Every kernel's output is compared with the portable one's
// before its clock starts.
//
//   make -C native bench && build/native/release/pixels_bench
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "png/pixels.h"
#include "png/pixels_kernels.h"

namespace ringboard::png {
namespace {

struct Case {
  const char* name;
  SampleType type;
  uint32_t frames, channels, height, width;
  // Strides of frame, channel, row and column, in samples.
  ptrdiff_t frame, channel, row, column;
};

Case Chw(const char* name, SampleType type, uint32_t c, uint32_t h, uint32_t w, uint32_t n = 1) {
  const ptrdiff_t plane = static_cast<ptrdiff_t>(h) * w;
  return {name, type, n, c, h, w, plane * c, plane, w, 1};
}
Case Hwc(const char* name, SampleType type, uint32_t c, uint32_t h, uint32_t w, uint32_t stored) {
  const ptrdiff_t step = stored;
  return {name, type, 1, c, h, w, 0, 1, w * step, step};
}

double NanosecondsOf(size_t rounds, auto&& work) {
  std::vector<double> times;
  for (size_t i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    times.push_back(taken.count());
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

// Floats of all kinds lie in 0…1, as pictures do.
void FillSample(SampleType type, size_t at, uint8_t* to) {
  const uint64_t bits = at * 0x9e3779b97f4a7c15u >> 32;
  const float value = static_cast<float>(bits % 1000) / 999.0f;
  const double wide = value;
  const auto half = static_cast<uint16_t>(bits % 0x3c01);  // 0x3c00 is 1
  const size_t size = SampleBytes(type);
  if (type == SampleType::kFloat32) return void(std::memcpy(to, &value, size));
  if (type == SampleType::kFloat64) return void(std::memcpy(to, &wide, size));
  if (type == SampleType::kFloat16) return void(std::memcpy(to, &half, size));
  if (type == SampleType::kBfloat16) {
    const auto high = static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16);
    return void(std::memcpy(to, &high, size));
  }
  for (size_t i = 0; i < size; ++i) to[i] = static_cast<uint8_t>(bits >> 8 * (i % 4));
}

void Measure(const Case& shape) {
  const auto size = static_cast<ptrdiff_t>(SampleBytes(shape.type));
  Planes planes{nullptr,          shape.type,         shape.frames,       shape.channels,
                shape.height,     shape.width,        shape.frame * size, shape.channel * size,
                shape.row * size, shape.column * size};
  // Room for the left-out channel too.
  std::vector<uint8_t> in(size_t{shape.frames} * 4 * shape.height * shape.width * size);
  for (size_t at = 0; at + size <= in.size(); at += size) FillSample(shape.type, at, &in[at]);
  planes.data = in.data();
  Packing packing;
  if (!PackedShape(planes, kGridColumns, &packing).ok()) std::abort();
  std::vector<uint8_t> expected(packing.bytes), out(packing.bytes);
  PackWith(kPortablePixels, planes, packing, expected.data());

  const size_t in_bytes = size_t{shape.frames} * shape.channels * shape.height * shape.width * size;
  const size_t rounds = std::clamp<size_t>(100'000'000 / in_bytes, 5, 2000);
  std::printf("%-34s", shape.name);
  for (const PixelKernel& kernel : PixelKernelRegistry()) {
    if (!kernel.RunsOn(cpu::Detected())) continue;
    std::fill(out.begin(), out.end(), 0xa5);
    PackWith(*kernel.function, planes, packing, out.data());
    if (out != expected) {
      std::printf("  %s: WRONG, not timed\n", kernel.name);
      std::exit(1);
    }
    const double ns =
        NanosecondsOf(rounds, [&] { PackWith(*kernel.function, planes, packing, out.data()); });
    std::printf("  %s %6.2f GB/s", kernel.name, static_cast<double>(packing.bytes) / ns);
  }
  std::vector<uint8_t> copy(in_bytes, 1);
  const double copy_ns = NanosecondsOf(rounds, [&] {
    std::memcpy(copy.data(), in.data(), in_bytes);
    asm volatile("" : : "r"(copy.data()) : "memory");
  });
  std::printf("  copying the input %6.2f GB/s, %.2f of output\n",
              static_cast<double>(in_bytes) / copy_ns,
              static_cast<double>(packing.bytes) / copy_ns);
}

}  // namespace
}  // namespace ringboard::png

int main() {
  using namespace ringboard::png;
  std::printf("level %s, pixel kernels %s, compiler %s\n", ringboard::cpu::ActiveLevelName(),
              ActivePixelKernels(), __VERSION__);
  for (const auto& [h, w] : {std::pair{512u, 512u}, std::pair{2160u, 3840u}}) {
    std::printf("-- %u x %u\n", w, h);
    Measure(Chw("uint8 CHW 3", SampleType::kUint8, 3, h, w));
    Measure(Chw("uint8 CHW 4", SampleType::kUint8, 4, h, w));
    Measure(Chw("uint8 HW, tripled", SampleType::kUint8, 1, h, w));
    Measure(Hwc("uint8 HWC 3", SampleType::kUint8, 3, h, w, 3));
    Measure(Hwc("uint8 HWC 4 without the fourth", SampleType::kUint8, 3, h, w, 4));
    Measure(Chw("float32 CHW 3", SampleType::kFloat32, 3, h, w));
    Measure(Chw("float32 HW, tripled", SampleType::kFloat32, 1, h, w));
    Measure(Hwc("float32 HWC 3", SampleType::kFloat32, 3, h, w, 3));
    Measure(Hwc("float32 HWC 4 without the fourth", SampleType::kFloat32, 3, h, w, 4));
    Measure(Chw("float16 CHW 3", SampleType::kFloat16, 3, h, w));
    Measure(Chw("bfloat16 CHW 3", SampleType::kBfloat16, 3, h, w));
    Measure(Chw("float64 CHW 3", SampleType::kFloat64, 3, h, w));
    Measure(Chw("bool HW, tripled", SampleType::kBool, 1, h, w));
    Measure(Chw("int64 CHW 3", SampleType::kInt64, 3, h, w));
    Measure(Chw("uint16 HW, tripled", SampleType::kUint16, 1, h, w));
    Measure(Chw("uint16 CHW 3", SampleType::kUint16, 3, h, w));
    // CWH: a row's neighbours are a column apart.
    Measure({"float32 CWH 3 (gathered)", SampleType::kFloat32, 1, 3, h, w, 0,
             static_cast<ptrdiff_t>(h) * w, 1, h});
  }
  std::printf("-- 64 of 28 x 28\n");
  Measure(Chw("uint8 NCHW 1, tripled", SampleType::kUint8, 1, 28, 28, 64));
  Measure(Chw("float32 NCHW 1, tripled", SampleType::kFloat32, 1, 28, 28, 64));
  Measure(Chw("float32 NCHW 3", SampleType::kFloat32, 3, 28, 28, 64));
}
