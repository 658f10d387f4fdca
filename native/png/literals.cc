// See literals.h.
#include "png/literals.h"

#include <algorithm>

#include "base/platform.h"
#include "png/literals_inline.h"

namespace ringboard::png {
namespace {

constexpr cpu::Kernel<PackLiteralsFn> kPackLiteralsKernels[] = {
#if RB_X86_SIMD
    {"avx512", cpu::kAvx512 | cpu::kBmi2, PackLiteralsAvx512},
    {"bmi2", cpu::kBmi2, PackLiteralsBmi2},
#endif
    {"portable", 0, PackLiteralsPortable},
};

constexpr cpu::Kernel<FindZeroRunsFn> kFindZeroRunsKernels[] = {
#if RB_X86_SIMD
    {"avx2", cpu::kAvx2 | cpu::kBmi2, FindZeroRunsAvx2},
#endif
    {"portable", 0, FindZeroRunsPortable},
};

constexpr cpu::Kernel<FindRangeFn> kFindRangeKernels[] = {
#if RB_X86_SIMD
    {"avx2", cpu::kAvx2, FindRangeAvx2},
#endif
    {"portable", 0, FindRangePortable},
};

// Neighbouring bytes are often equal; counted in one table, each would wait for the last one's
// store.
struct FourCounts {
  uint32_t part[4][256] = {};

  RB_ALWAYS_INLINE void AddWord(uint64_t word) {
    ++part[0][word & 0xff];
    ++part[1][word >> 8 & 0xff];
    ++part[2][word >> 16 & 0xff];
    ++part[3][word >> 24 & 0xff];
    ++part[0][word >> 32 & 0xff];
    ++part[1][word >> 40 & 0xff];
    ++part[2][word >> 48 & 0xff];
    ++part[3][word >> 56];
  }
  RB_ALWAYS_INLINE void Add(const uint8_t* bytes, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) AddWord(LoadLittle64(bytes + i));
    for (; i < count; ++i) ++part[0][bytes[i]];
  }
  void AddTo(uint32_t counts[256]) const {
    for (size_t b = 0; b < 256; ++b) counts[b] += part[0][b] + part[1][b] + part[2][b] + part[3][b];
  }
};

}  // namespace

void PackLiteralsPortable(const uint8_t* bytes, size_t count, const LiteralTable& table,
                          BitWriter* writer) {
  PackScalar(bytes, count, table, writer);
}

void CountBytes(const uint8_t* bytes, size_t count, uint32_t counts[256]) {
  // Short inputs: clearing and adding up the extra tables would cost more than it saves.
  constexpr size_t kFewBytes = 512;
  if (count < kFewBytes) {
    for (size_t i = 0; i < count; ++i) ++counts[bytes[i]];
    return;
  }
  FourCounts four;
  four.Add(bytes, count);
  four.AddTo(counts);
}

void CountSampledBytes(const uint8_t* bytes, size_t count, uint32_t counts[256]) {
  FourCounts four;
  for (size_t period = 0; period * kSamplePeriod < count; ++period) {
    const size_t start = std::min(count, SampleGroupStart(period));
    four.Add(bytes + start, std::min(kSampleGroup, count - start));
  }
  four.AddTo(counts);
}

SignedRange FindRangePortable(const uint8_t* bytes, size_t count) {
  SignedRange range = {INT8_MAX, INT8_MIN};
  for (size_t i = 0; i < count; ++i) {
    const auto value = static_cast<int8_t>(bytes[i]);
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  return range;
}

size_t FindZeroRunsPortable(const uint8_t* bytes, size_t count, ZeroRun* runs) {
  size_t found = 0;
  // A long enough run that starts at or behind i covers i + kMinZeroRun - 1 unless it starts behind
  // that, so one probe in kMinZeroRun bytes sees every run.
  for (size_t i = 0; i + kMinZeroRun <= count;) {
    size_t end = i + kMinZeroRun - 1;
    if (bytes[end] != 0) {
      i = end + 1;
      continue;
    }
    size_t start = end;
    while (start > i && bytes[start - 1] == 0) --start;
    ++end;
    while (end + 8 <= count && LoadLittle64(bytes + end) == 0) end += 8;
    while (end < count && bytes[end] == 0) ++end;
    if (end - start >= kMinZeroRun) {
      runs[found++] = {static_cast<uint32_t>(start), static_cast<uint32_t>(end - start)};
    }
    i = end;
  }
  return found;
}

std::span<const cpu::Kernel<PackLiteralsFn>> PackLiteralsKernels() { return kPackLiteralsKernels; }
std::span<const cpu::Kernel<FindRangeFn>> FindRangeKernels() { return kFindRangeKernels; }
std::span<const cpu::Kernel<FindZeroRunsFn>> FindZeroRunsKernels() { return kFindZeroRunsKernels; }

}  // namespace ringboard::png
