// The inner loops of pixels.cc, one table an instruction set.  For pixels*.cc, its test and its
// bench.
//
// Each loop takes a run of one row and is exact: it reads only the samples it was given, writes
// only the bytes it was asked for, and every table gives the bytes that kPortablePixels gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/platform.h"
#include "cpu/features.h"
#include "png/pixels.h"

namespace ringboard::png {

// The samples that C++ has no type for.
struct Bool {
  uint8_t byte;
};
struct Float16 {
  uint16_t bits;
};
struct Bfloat16 {
  uint16_t bits;
};

// `count` contiguous samples of one type → `count` bytes.
using QuantizeFn = void (*)(const uint8_t* samples, size_t count, uint8_t* out);

// A pixel shuffle fits 16 bytes: four pixels of a row, taken together, lie that close.
inline constexpr ptrdiff_t kWindowBytes = 16;

struct PixelKernels {
  // By SampleType.  nullptr for kUint8 and kUint16, which keep their values.
  QuantizeFn quantize[kSampleTypes];

  // out[x * channels + c] = planes[c][x], for channels 2 to 4.  Planes may be one and the same.
  void (*interleave)(const uint8_t* const planes[], unsigned channels, size_t count, uint8_t* out);

  // out[x * channels + c] = from[x * column_step + c * channel_step], for channels 2 to 4.
  // 3 |column_step| + (channels - 1) |channel_step| < kWindowBytes.  May read any byte between the
  // lowest and the highest that the formula names.
  void (*rearrange)(const uint8_t* from, ptrdiff_t column_step, ptrdiff_t channel_step,
                    unsigned channels, size_t count, uint8_t* out);
};

// The specification, also for the ends of runs and for the types that an ISA's table leaves to it.
template <typename Sample>
void QuantizePortable(const uint8_t* samples, size_t count, uint8_t* out);

extern const PixelKernels kPortablePixels;
#if RB_X86_SIMD
extern const PixelKernels kAvx2Pixels;  // cpu::kAvx2
#endif

// Best first; the last runs everywhere.
using PixelKernel = cpu::Kernel<const PixelKernels*>;
std::span<const PixelKernel> PixelKernelRegistry();

// Pack with a table of the caller's choice.
void PackWith(const PixelKernels& kernels, const Planes& planes, const Packing& packing,
              uint8_t* out);

}  // namespace ringboard::png
