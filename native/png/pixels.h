// From anybody's array to the bytes a PNG encoder wants: interleaved rows, 8 or 16 bits a sample.
//
// The pixels are those that torch.utils.tensorboard makes (summary.image, _utils.make_grid):
//   uint8              as it is
//   everything else    float32(x) * 255 in float32, clipped to 0…255, truncated; NaN becomes 0.
//                      So a bool or an integer is white from 1 up and black otherwise.
//   one channel        tripled to RGB
//   several frames     a grid, row-major, no border, unused cells zero
// and two things that torch refuses: uint16 keeps its 16 bits, and 2 (grey + alpha) and 4 channels
// may stand in a grid.
//
// A layout (CHW, NHWC, a slice, a flip, a broadcast) is nothing but strides, so there is one entry
// for all of them, and the destination is written directly: the image is never copied in between.
//
// Threads: no state; any thread may call anything.
// Ownership: none is taken.  The input and the output must not overlap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/dtype.h"
#include "base/status.h"

namespace ringboard::png {

using SampleType = Dtype;
inline constexpr size_t kSampleTypes = kDtypeNames.size();

constexpr size_t SampleBytes(SampleType type) { return DtypeBytes(type); }

// Where the samples are.  Samples are in native byte order and need no alignment; strides are in
// bytes and may be negative, zero or no multiple of the sample.  The stride of an extent of 1 is
// not looked at (numpy puts anything there).  An image in HW has channels = 1; a single image has
// frames = 1.
struct Planes {
  const uint8_t* data;  // sample (0, 0, 0, 0); with negative strides not the lowest address
  SampleType type;
  uint32_t frames, channels, height, width;
  ptrdiff_t frame_stride, channel_stride, row_stride, column_stride;
};

// What Pack writes: `height` rows of `width` pixels without gaps between them, `bytes` in all.
struct Packing {
  uint32_t width = 0, height = 0;
  uint8_t channels = 0;   // 2, 3 or 4
  uint8_t bit_depth = 0;  // 8, or 16 for kUint16: samples are then native-endian
  size_t bytes = 0;
};

inline constexpr uint32_t kGridColumns = 8;  // torch's make_grid

// The shape of `planes` once packed, in a grid of min(frames, grid_columns) columns.  Not ok, and
// `packing` empty, when there is no pixel, when channels are not 1 to 4, or when a PNG or this
// process's memory could not hold the result.
Status PackedShape(const Planes& planes, uint32_t grid_columns, Packing* packing);

// Writes `packing.bytes` bytes to `out`, and no other, from `planes`; `packing` is what PackedShape
// said of the same planes.  `out` needs no alignment.
void Pack(const Planes& planes, const Packing& packing, uint8_t* out);

// The kernels that Pack uses on this processor, for bug reports and benchmark headers.
const char* ActivePixelKernels();

}  // namespace ringboard::png
