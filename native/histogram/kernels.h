// The implementations behind Count, each in its own file, and the part that all of them share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/platform.h"
#include "histogram/histogram.h"

namespace ringboard::histogram {

void CountPortable(const void* data, Dtype dtype, size_t n, Histogram* out);
#if RB_X86_SIMD
void CountAvx2(const void* data, Dtype dtype, size_t n, Histogram* out);
#endif

// The 8-bit types, which no instruction set does better (bytes.cc).
void CountBytes(const uint8_t* data, Dtype dtype, size_t n, Histogram* out);

}  // namespace ringboard::histogram
