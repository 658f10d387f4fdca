// What a block of filtered bytes consists of when nothing but runs of zeros is matched: the fast
// way for photographs and other content whose repetitions a match search would not pay for.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/features.h"
#include "png/bit_writer.h"

namespace ringboard::png {

// A literal's code in the low 12 bits, its length above.
using LiteralTable = uint16_t[256];
inline constexpr unsigned kLiteralLengthShift = 12;
inline constexpr unsigned kLiteralCodeMask = (1u << kLiteralLengthShift) - 1;

// Writes the codes of `count` bytes.  `bytes` is readable 64 bytes beyond the count.
// The memory behind the writer holds 2 · count + BitWriter::kSlackBytes bytes.
using PackLiteralsFn = void (*)(const uint8_t* bytes, size_t count, const LiteralTable& table,
                                BitWriter* writer);
std::span<const cpu::Kernel<PackLiteralsFn>> PackLiteralsKernels();

// counts[b] += how often b occurs.
void CountBytes(const uint8_t* bytes, size_t count, uint32_t counts[256]);

// A sample of a text: of each period of kSamplePeriod bytes one group of kSampleGroup.  Which one
// varies without a pattern, or it would meet the same column in each scanline of some widths.
inline constexpr size_t kSampleGroup = 64, kSampleEvery = 8;
inline constexpr size_t kSamplePeriod = kSampleGroup * kSampleEvery;
constexpr size_t SampleGroupStart(size_t period) {
  const uint32_t scattered = static_cast<uint32_t>(period) * 0x9e3779b1u >> 29;
  return period * kSamplePeriod + scattered * kSampleGroup;
}
// Adds to counts what the sample of `bytes` holds.
void CountSampledBytes(const uint8_t* bytes, size_t count, uint32_t counts[256]);

// The lowest and the highest of at least one byte, taken as signed: what residuals near zero span.
struct SignedRange {
  int8_t low, high;
};
using FindRangeFn = SignedRange (*)(const uint8_t* bytes, size_t count);
std::span<const cpu::Kernel<FindRangeFn>> FindRangeKernels();

SignedRange FindRangePortable(const uint8_t* bytes, size_t count);
SignedRange FindRangeAvx2(const uint8_t* bytes, size_t count);

// A maximal run of at least kMinZeroRun zeros.  Shorter ones gain little as matches and cut the
// literals in pieces: 8 instead of 16 makes photographs 0.4 % smaller and a sixth slower.
struct ZeroRun {
  uint32_t start, length;
};
inline constexpr size_t kMinZeroRun = 16;
constexpr size_t MaxZeroRuns(size_t count) { return count / kMinZeroRun + 1; }

// `runs` holds MaxZeroRuns(count); returns how many there are.  `bytes` is readable 64 bytes
// beyond.
using FindZeroRunsFn = size_t (*)(const uint8_t* bytes, size_t count, ZeroRun* runs);
std::span<const cpu::Kernel<FindZeroRunsFn>> FindZeroRunsKernels();

size_t FindZeroRunsPortable(const uint8_t* bytes, size_t count, ZeroRun* runs);
size_t FindZeroRunsAvx2(const uint8_t* bytes, size_t count, ZeroRun* runs);

void PackLiteralsPortable(const uint8_t* bytes, size_t count, const LiteralTable& table,
                          BitWriter* writer);
void PackLiteralsBmi2(const uint8_t* bytes, size_t count, const LiteralTable& table,
                      BitWriter* writer);
void PackLiteralsAvx512(const uint8_t* bytes, size_t count, const LiteralTable& table,
                        BitWriter* writer);

}  // namespace ringboard::png
