// See pixels.h.  How an image is walked is decided here, once an image; what happens within a row
// is a kernel (pixels_kernels.h).
#include "png/pixels.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "png/pixels_kernels.h"

namespace ringboard::png {
namespace {

constexpr uint64_t kMaxSide = 0x7fffffff;  // PNG (ISO/IEC 15948) 11.2.2: width and height

// 8-bit rows are made in blocks that stay in the first-level cache between quantize and interleave.
constexpr size_t kBlockPixels = 512;
constexpr unsigned kMaxChannels = 4;

// A transposed image (CWH), whose neighbours in a row are far apart, is made in strips so narrow
// that a row's cache lines and pages are still at hand for the next row: about 0.35 instead of
// 0.06 GB/s at 3840 x 2160 float32.  Measured 8 to 128 on a busy machine: 32 and 64 led, in turns.
constexpr size_t kStripPixels = 32;

struct RowPlan;
using PackRowFn = void (*)(const RowPlan&, const uint8_t* from, size_t count, uint8_t* out);

// What is the same for every row of an image.
struct RowPlan {
  PackRowFn pack_row;
  const PixelKernels* kernels;
  QuantizeFn quantize;                      // nullptr: samples keep their values
  size_t sample_bytes, pixel_bytes;         // of the input; of the output
  unsigned planes, channels;                // of the input; of the output
  ptrdiff_t column_stride, channel_stride;  // in bytes
  ptrdiff_t column_step, channel_step;      // in samples, rounded: only PackWindows goes by them
};

const uint8_t* At(const uint8_t* from, size_t index, ptrdiff_t stride) {
  return from + static_cast<ptrdiff_t>(index) * stride;
}

// ---- One row: `count` pixels that start with the sample at `from` ----

template <size_t kBytes>
void GatherSized(const uint8_t* from, ptrdiff_t stride, size_t count, uint8_t* RB_RESTRICT to) {
  for (size_t i = 0; i < count; ++i) std::memcpy(to + i * kBytes, At(from, i, stride), kBytes);
}

void Gather(const uint8_t* from, ptrdiff_t stride, size_t size, size_t count, uint8_t* to) {
  if (size == 1) return GatherSized<1>(from, stride, count, to);
  if (size == 2) return GatherSized<2>(from, stride, count, to);
  if (size == 4) return GatherSized<4>(from, stride, count, to);
  return GatherSized<8>(from, stride, count, to);
}

// Samples lie as the output's do: HWC.
void PackRun(const RowPlan& plan, const uint8_t* from, size_t count, uint8_t* out) {
  const size_t samples = count * plan.channels;
  if (plan.quantize != nullptr) return plan.quantize(from, samples, out);
  std::memcpy(out, from, samples * plan.sample_bytes);
}

// Four pixels lie within 16 samples: RGBA without its A, BGR, mirrored rows.
void PackWindows(const RowPlan& plan, const uint8_t* from, size_t count, uint8_t* out) {
  const auto rearrange = plan.kernels->rearrange;
  const ptrdiff_t column_step = plan.column_step, channel_step = plan.channel_step;
  if (plan.quantize == nullptr) {
    return rearrange(from, column_step, channel_step, plan.channels, count, out);
  }
  // Every sample from the lowest to the highest is quantized, those between the wanted ones too: at
  // most five times as many, in whole vectors.
  const ptrdiff_t channels_reach = static_cast<ptrdiff_t>(plan.channels - 1) * channel_step;
  uint8_t block[kWindowBytes / 3 * kBlockPixels + kWindowBytes];
  while (count > 0) {
    const size_t pixels = std::min(count, kBlockPixels);
    const ptrdiff_t columns_reach = static_cast<ptrdiff_t>(pixels - 1) * column_step;
    const ptrdiff_t lowest =
        std::min<ptrdiff_t>(columns_reach, 0) + std::min<ptrdiff_t>(channels_reach, 0);
    const ptrdiff_t samples = std::abs(columns_reach) + std::abs(channels_reach) + 1;
    plan.quantize(from + lowest * static_cast<ptrdiff_t>(plan.sample_bytes),
                  static_cast<size_t>(samples), block);
    rearrange(block - lowest, column_step, channel_step, plan.channels, pixels, out);
    from = At(from, pixels, plan.column_stride);
    out += pixels * plan.channels;
    count -= pixels;
  }
}

// A channel at a time: CHW, and all that fits nowhere else, whose samples are gathered first.
void PackPlanes(const RowPlan& plan, const uint8_t* from, size_t count, uint8_t* out) {
  const bool gathers = plan.column_stride != static_cast<ptrdiff_t>(plan.sample_bytes);
  uint8_t gathered[kBlockPixels * sizeof(uint64_t)];
  uint8_t blocks[kMaxChannels][kBlockPixels];
  const uint8_t* bytes[kMaxChannels];
  while (count > 0) {
    const size_t pixels = std::min(count, kBlockPixels);
    for (unsigned c = 0; c < plan.planes; ++c) {
      const uint8_t* samples = At(from, c, plan.channel_stride);
      if (gathers) {
        uint8_t* to = plan.quantize != nullptr ? gathered : blocks[c];
        Gather(samples, plan.column_stride, plan.sample_bytes, pixels, to);
        samples = to;
      }
      if (plan.quantize != nullptr) {
        plan.quantize(samples, pixels, blocks[c]);
        samples = blocks[c];
      }
      bytes[c] = samples;
    }
    if (plan.planes == 1) bytes[1] = bytes[2] = bytes[0];
    plan.kernels->interleave(bytes, plan.channels, pixels, out);
    from = At(from, pixels, plan.column_stride);
    out += pixels * plan.channels;
    count -= pixels;
  }
}

// 16-bit images (depth maps, microscopes) are rare enough for one plain loop.
template <unsigned kChannels>
void PackWords(const RowPlan& plan, const uint8_t* from, size_t count, uint8_t* RB_RESTRICT out) {
  constexpr size_t kWord = sizeof(uint16_t);
  for (size_t x = 0; x < count; ++x, out += kChannels * kWord) {
    const uint8_t* pixel = At(from, x, plan.column_stride);
    for (unsigned c = 0; c < kChannels; ++c) {
      std::memcpy(out + c * kWord, At(pixel, c, plan.channel_stride), kWord);
    }
  }
}

PackRowFn ChooseRow(const RowPlan& plan, unsigned bit_depth) {
  const auto size = static_cast<ptrdiff_t>(plan.sample_bytes);
  const auto channels = static_cast<ptrdiff_t>(plan.channels);
  if (plan.channel_stride == size && plan.column_stride == channels * size) return PackRun;
  if (bit_depth == 16) {
    return channels == 2 ? PackWords<2> : channels == 3 ? PackWords<3> : PackWords<4>;
  }
  if (plan.column_stride == size) return PackPlanes;
  const bool whole = plan.column_stride % size == 0 && plan.channel_stride % size == 0;
  const ptrdiff_t reach =
      3 * std::abs(plan.column_step) + (channels - 1) * std::abs(plan.channel_step);
  return whole && reach < kWindowBytes ? PackWindows : PackPlanes;
}

RowPlan MakePlan(const PixelKernels& kernels, const Planes& planes, const Packing& packing,
                 ptrdiff_t column_stride) {
  RowPlan plan{};
  plan.kernels = &kernels;
  plan.quantize = kernels.quantize[static_cast<size_t>(planes.type)];
  plan.sample_bytes = SampleBytes(planes.type);
  plan.pixel_bytes = size_t{packing.channels} * packing.bit_depth / 8;
  plan.planes = planes.channels;
  plan.channels = packing.channels;
  plan.column_stride = column_stride;
  plan.channel_stride = planes.channels == 1 ? 0 : planes.channel_stride;  // 0 triples a lone plane
  plan.column_step = plan.column_stride / static_cast<ptrdiff_t>(plan.sample_bytes);
  plan.channel_step = plan.channel_stride / static_cast<ptrdiff_t>(plan.sample_bytes);
  plan.pack_row = ChooseRow(plan, packing.bit_depth);
  return plan;
}

// ---- One frame ----

struct Rows {
  size_t count, pixels;  // rows, and pixels of each
  ptrdiff_t row_stride, column_stride;
};

// Rows that follow each other on both sides are one long row.  Strides of extents of 1 are replaced
// or multiplied by 0, as they may hold anything.
Rows RowsOf(const Planes& planes, bool follow_in_output) {
  const ptrdiff_t column_stride = planes.width == 1 ? 0 : planes.column_stride;
  const ptrdiff_t row_span = column_stride * static_cast<ptrdiff_t>(planes.width);
  const size_t pixels = size_t{planes.height} * planes.width;
  if (planes.height > 1 && follow_in_output) {
    if (planes.width == 1) return {1, pixels, 0, planes.row_stride};
    if (planes.row_stride == row_span) return {1, pixels, 0, column_stride};
  }
  return {planes.height, planes.width, planes.row_stride, column_stride};
}

void PackFrame(const RowPlan& plan, const Rows& rows, const uint8_t* from, size_t row_bytes,
               uint8_t* out) {
  const bool transposed =
      rows.count > 1 && std::abs(rows.row_stride) < std::abs(rows.column_stride);
  const size_t strip = transposed ? kStripPixels : rows.pixels;
  for (size_t x = 0; x < rows.pixels; x += strip) {
    const size_t pixels = std::min(strip, rows.pixels - x);
    const uint8_t* row = At(from, x, rows.column_stride);
    for (size_t y = 0; y < rows.count; ++y) {
      plan.pack_row(plan, At(row, y, rows.row_stride), pixels,
                    out + y * row_bytes + x * plan.pixel_bytes);
    }
  }
}

// ---- The grid ----

struct Grid {
  size_t columns, cells_last_row;        // frames in a row; in the last row, 0 if it is full
  size_t row_bytes;                      // of the output
  size_t cell_width_bytes, cell_height;  // of one frame in it, in bytes and in rows
};

Grid GridOf(const Planes& planes, const Packing& packing) {
  Grid grid;
  grid.columns = packing.width / planes.width;
  grid.cells_last_row = planes.frames % grid.columns;
  grid.row_bytes = packing.bytes / packing.height;
  grid.cell_width_bytes = grid.row_bytes / grid.columns;
  grid.cell_height = planes.height;
  return grid;
}

void BlankUnusedCells(const Grid& grid, const Packing& packing, uint8_t* out) {
  if (grid.cells_last_row == 0) return;
  const size_t used = grid.cells_last_row * grid.cell_width_bytes;
  for (size_t y = packing.height - grid.cell_height; y < packing.height; ++y) {
    std::memset(out + y * grid.row_bytes + used, 0, grid.row_bytes - used);
  }
}

std::string Extents(const Planes& planes) {
  return std::to_string(planes.frames) + " frames of " + std::to_string(planes.channels) + " x " +
         std::to_string(planes.height) + " x " + std::to_string(planes.width) +
         " (channels x height x width)";
}

// ---- Dispatch ----

constexpr PixelKernel kRegistry[] = {
#if RB_X86_SIMD
    {"avx2", cpu::kAvx2, &kAvx2Pixels},
#endif
    {"portable", 0, &kPortablePixels},
};

const PixelKernel& ActiveKernel() {
  static const PixelKernel& active = cpu::Select(kRegistry);
  return active;
}

}  // namespace

Status PackedShape(const Planes& planes, uint32_t grid_columns, Packing* packing) {
  *packing = {};
  if (planes.frames == 0 || planes.height == 0 || planes.width == 0 || grid_columns == 0) {
    return Status::Invalid("the image is empty: " + Extents(planes));
  }
  if (planes.channels < 1 || planes.channels > kMaxChannels) {
    return Status::Invalid("an image has 1 to 4 channels: " + Extents(planes));
  }
  const uint64_t columns = std::min(planes.frames, grid_columns);
  const uint64_t rows = (planes.frames + columns - 1) / columns;
  const uint64_t width = columns * planes.width;  // factors below 2^32 cannot overflow
  const uint64_t height = rows * planes.height;
  const unsigned channels = planes.channels == 1 ? 3 : planes.channels;
  const unsigned bit_depth = planes.type == SampleType::kUint16 ? 16 : 8;
  const uint64_t pixel_bytes = channels * bit_depth / 8;
  if (width > kMaxSide || height > kMaxSide || width * height > PTRDIFF_MAX / pixel_bytes) {
    return Status::Invalid("the image is too large: " + Extents(planes));
  }
  packing->width = static_cast<uint32_t>(width);
  packing->height = static_cast<uint32_t>(height);
  packing->channels = static_cast<uint8_t>(channels);
  packing->bit_depth = static_cast<uint8_t>(bit_depth);
  packing->bytes = static_cast<size_t>(width * height * pixel_bytes);
  return Status::Ok();
}

void PackWith(const PixelKernels& kernels, const Planes& planes, const Packing& packing,
              uint8_t* out) {
  const Grid grid = GridOf(planes, packing);
  const Rows rows = RowsOf(planes, grid.columns == 1);
  const RowPlan plan = MakePlan(kernels, planes, packing, rows.column_stride);
  for (size_t frame = 0; frame < planes.frames; ++frame) {
    const size_t grid_row = frame / grid.columns, grid_column = frame % grid.columns;
    PackFrame(
        plan, rows, At(planes.data, frame, planes.frame_stride), grid.row_bytes,
        out + grid_row * grid.cell_height * grid.row_bytes + grid_column * grid.cell_width_bytes);
  }
  BlankUnusedCells(grid, packing, out);
}

std::span<const PixelKernel> PixelKernelRegistry() { return kRegistry; }

void Pack(const Planes& planes, const Packing& packing, uint8_t* out) {
  PackWith(*ActiveKernel().function, planes, packing, out);
}

const char* ActivePixelKernels() { return ActiveKernel().name; }

}  // namespace ringboard::png
