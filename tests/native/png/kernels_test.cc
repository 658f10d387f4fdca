// Every filter, cost, search and packing kernel against a slow reference written here.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "png/block_code.h"
#include "png/filter.h"
#include "png/huffman.h"
#include "png/kernels.h"
#include "png/literals.h"
#include "test.h"

namespace ringboard::png {
namespace {

using ringboard::testing::GuardedBytes;
using ringboard::testing::Random;

template <typename Function>
bool Runs(const cpu::Kernel<Function>& kernel) {
  return kernel.RunsOn(cpu::Detected());
}

// PNG 9.2 and 9.4, word for word.
uint8_t SlowResidual(Filter filter, int x, int a, int b, int c) {
  const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
  const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  const int predictions[kFilterCount] = {0, a, b, (a + b) / 2, paeth};
  return static_cast<uint8_t>(x - predictions[static_cast<size_t>(filter)]);
}

void CheckFilters(const uint8_t* row, const uint8_t* above, size_t pixel_bytes, size_t count) {
  uint32_t expected_costs[kFilterCount] = {};
  for (size_t f = 0; f < kFilterCount; ++f) {
    const auto filter = static_cast<Filter>(f);
    std::vector<uint8_t> expected(count), got(count + kOverrun);
    for (size_t i = 0; i < count; ++i) {
      expected[i] =
          SlowResidual(filter, row[i], row[i - pixel_bytes], above[i], above[i - pixel_bytes]);
      if (i / kCostBlock % (CostStride(count) / kCostBlock) == 0) {
        expected_costs[f] += ResidualCost(expected[i]);
      }
    }
    for (const auto& kernel : FilterRowKernels()) {
      if (!Runs(kernel)) continue;
      INFO("kernel ", kernel.name, ", filter ", f, ", count ", count, ", pixel bytes ",
           pixel_bytes);
      kernel.function(filter, row, above, pixel_bytes, count, got.data());
      CHECK(std::equal(expected.begin(), expected.end(), got.begin()));
    }
  }
  for (const auto& kernel : RowCostsKernels()) {
    if (!Runs(kernel)) continue;
    INFO("kernel ", kernel.name, ", count ", count, ", pixel bytes ", pixel_bytes);
    uint32_t costs[kFilterCount];
    kernel.function(row, above, pixel_bytes, count, costs);
    for (size_t f = 0; f < kFilterCount; ++f) CHECK_EQ(costs[f], expected_costs[f]);
  }
}

struct CodedText {
  std::vector<uint8_t> bytes;
  SymbolCounts counts = {};
  BlockCode code;

  CodedText(size_t count, uint64_t seed, int shape) {
    Random random(seed);
    for (size_t i = 0; i < count; ++i) {
      uint64_t r = random.Next();
      uint8_t byte = static_cast<uint8_t>(r >> 40);
      if (shape == 1) byte = static_cast<uint8_t>(static_cast<int>(r % 17) - 8);         // narrow
      if (shape == 2) byte = static_cast<uint8_t>(std::countr_zero(r | 1u << 20) * 13);  // skewed
      bytes.push_back(byte);
    }
    bytes.resize(count + kOverrun);
    CountBytes(bytes.data(), count, counts.literal);
    counts.literal[kEndOfBlock] = 1;
    if (shape == 3) {  // long codes for what occurs: too long for groups of eight
      for (unsigned i = 0; i < 256; ++i)
        counts.literal[i] = counts.literal[i] != 0 ? 1 : 100000 / 256;
    }
    code.Build(counts);
  }
};

}  // namespace

TEST(FiltersAtAllLengths) {
  // The contract lets kernels read kOverrun bytes behind and kMaxPixelBytes before: exactly those.
  Random random(21);
  for (const size_t pixel_bytes : {1u, 2u, 3u, 4u, 6u, 8u}) {
    for (size_t count = 1; count <= 200; ++count) {
      const size_t whole = kMaxPixelBytes + count + kOverrun;
      static GuardedBytes rows(4096), aboves(4096);
      uint8_t *row = rows.AtEnd(whole), *above = aboves.AtEnd(whole);
      const uint64_t span = random.Below(2) == 0 ? 256 : 5;  // ties and extremes both
      for (size_t i = 0; i < whole; ++i) {
        row[i] = static_cast<uint8_t>(random.Below(span) * (span == 5 ? 63 : 1));
        above[i] = static_cast<uint8_t>(random.Below(span) * (span == 5 ? 63 : 1));
      }
      CheckFilters(row + kMaxPixelBytes, above + kMaxPixelBytes, pixel_bytes, count);
    }
  }
}

TEST(FiltersOfLongLines) {
  Random random(22);
  std::vector<uint8_t> row(4096), above(4096);
  for (auto* bytes : {&row, &above}) {
    for (uint8_t& byte : *bytes) byte = static_cast<uint8_t>(random.Next() >> 50);
  }
  for (size_t count : {kLongLine - 1, kLongLine, kLongLine + 1, size_t{831}, size_t{832},
                       size_t{833}, size_t{895}, size_t{896}, size_t{897}, size_t{3000}}) {
    CheckFilters(row.data() + 8, above.data() + 8, 3, count);
  }
}

TEST(FiltersOfEveryTriple) {
  // All a, b, c (x is only subtracted from) by rows of 256 that hold every value.
  std::vector<uint8_t> row(8 + 512 + kOverrun), above(8 + 512 + kOverrun);
  for (int b = 0; b < 256; b += 3) {
    for (int c = 0; c < 256; c += 5) {
      // Pixels of one byte: a's neighbour left of x varies, b and c alternate above.
      for (size_t i = 0; i < 512; ++i) {
        row[8 + i] = static_cast<uint8_t>(i / 2);
        above[8 + i] = static_cast<uint8_t>(i % 2 == 0 ? c : b);
      }
      for (const auto& kernel : FilterRowKernels()) {
        if (!Runs(kernel)) continue;
        uint8_t got[512 + kOverrun];
        kernel.function(Filter::kPaeth, row.data() + 8, above.data() + 8, 1, 512, got);
        bool same = true;
        for (size_t i = 0; i < 512; ++i) {
          same &= got[i] ==
                  SlowResidual(Filter::kPaeth, row[8 + i], row[7 + i], above[8 + i], above[7 + i]);
        }
        CHECK(same);
      }
    }
  }
}

TEST(HuffmanCodesAreCompleteLimitedAndGood) {
  Random random(23);
  for (int round = 0; round < 3000; ++round) {
    const unsigned symbols = 2 + static_cast<unsigned>(random.Below(kLiteralSymbols - 1));
    const unsigned limit = symbols <= 128 && round % 2 != 0 ? 7 : kMaxLiteralBits;
    std::vector<uint32_t> counts(symbols);
    uint32_t a = 1, b = 1;
    for (unsigned i = 0; i < symbols; ++i) {
      switch (round % 5) {
        case 0:
          counts[i] = static_cast<uint32_t>(random.Below(100));
          break;
        case 1:
          counts[i] = random.Below(8) == 0 ? static_cast<uint32_t>(random.Below(5000)) : 0;
          break;
        case 2:
          counts[i] = i < 28 ? a : 0;
          break;  // Fibonacci: the deepest tree there is
        case 3:
          counts[i] = random.Below(50) == 0 ? 1 : 0;
          break;
        case 4:
          counts[i] = 1u << random.Below(13);
          break;
      }
      const uint32_t sum = a + b;
      a = b;
      b = i < 28 ? sum : b;
    }
    std::vector<uint8_t> lengths(symbols);
    BuildCodeLengths(counts.data(), symbols, limit, lengths.data());
    INFO("round ", round, ", symbols ", symbols);
    uint64_t space = 0;
    bool covered = true, monotone = true;
    for (unsigned i = 0; i < symbols; ++i) {
      if (lengths[i] != 0) space += uint64_t{1} << (limit - lengths[i]);
      covered &= lengths[i] <= limit && (counts[i] == 0 || lengths[i] != 0);
      for (unsigned j = 0; j < i && counts[i] != 0; ++j) {
        if (counts[j] > counts[i]) monotone &= lengths[j] <= lengths[i];
      }
    }
    CHECK(covered);
    CHECK(monotone);
    CHECK_EQ(space, uint64_t{1} << limit);
  }
}

TEST(ZeroRunsAreMaximal) {
  Random random(24);
  GuardedBytes memory(2048);
  for (int round = 0; round < 4000; ++round) {
    const size_t count = random.Below(400);
    uint8_t* bytes = memory.AtEnd(count + kOverrun);
    for (size_t i = 0; i < count + kOverrun;) {  // zeros behind the end must not count
      const size_t run = 1 + random.Below(round % 3 == 0 ? 20 : 150);
      const uint8_t value = random.Below(2) == 0 ? 0 : 9;
      for (size_t k = 0; k < run && i < count + kOverrun; ++k) bytes[i++] = value;
    }
    std::vector<ZeroRun> expected;
    for (size_t i = 0; i < count;) {
      size_t end = i;
      while (end < count && bytes[end] == 0) ++end;
      if (end - i >= kMinZeroRun) {
        expected.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(end - i)});
      }
      i = end + 1;
    }
    for (const auto& kernel : FindZeroRunsKernels()) {
      if (!Runs(kernel)) continue;
      INFO("kernel ", kernel.name, ", round ", round, ", count ", count);
      std::vector<ZeroRun> runs(MaxZeroRuns(count));
      runs.resize(kernel.function(bytes, count, runs.data()));
      CHECK(std::equal(runs.begin(), runs.end(), expected.begin(), expected.end(),
                       [](const ZeroRun& a, const ZeroRun& b) {
                         return a.start == b.start && a.length == b.length;
                       }));
    }
  }
}

TEST(RangesAreThoseOfSignedBytes) {
  Random random(25);
  GuardedBytes memory(512);
  for (size_t count = 1; count <= 300; ++count) {
    uint8_t* bytes = memory.AtEnd(count);
    for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(random.Below(20) - 10);
    bytes[random.Below(count)] = static_cast<uint8_t>(random.Next());
    for (const auto& kernel : FindRangeKernels()) {
      if (!Runs(kernel)) continue;
      INFO("kernel ", kernel.name, ", count ", count);
      const SignedRange expected = FindRangePortable(bytes, count),
                        got = kernel.function(bytes, count);
      CHECK_EQ(int{got.low}, int{expected.low});
      CHECK_EQ(int{got.high}, int{expected.high});
    }
  }
}

TEST(PackedLiteralsAreTheCodesInOrder) {
  for (int shape = 0; shape < 4; ++shape) {
    for (size_t count :
         {0u, 1u, 3u, 7u, 8u, 9u, 31u, 32u, 33u, 63u, 64u, 95u, 257u, 1000u, 5000u}) {
      const CodedText text(count, 26 + count, shape);
      for (unsigned pending = 0; pending < 8; ++pending) {
        std::vector<uint8_t> expected;
        uint64_t held = (1u << pending) - 1;
        unsigned bits = pending;
        for (size_t i = 0; i < count; ++i) {
          const unsigned entry = text.code.literal_table()[text.bytes[i]];
          CHECK(entry >> kLiteralLengthShift != 0);
          held |= uint64_t{entry & kLiteralCodeMask} << bits;
          for (bits += entry >> kLiteralLengthShift; bits >= 8; bits -= 8, held >>= 8) {
            expected.push_back(static_cast<uint8_t>(held));
          }
        }
        for (const auto& kernel : PackLiteralsKernels()) {
          if (!Runs(kernel)) continue;
          INFO("kernel ", kernel.name, ", shape ", shape, ", count ", count);
          std::vector<uint8_t> got(2 * count + 2 * BitWriter::kSlackBytes);
          BitWriter writer(got.data(), {(1u << pending) - 1, pending});
          kernel.function(text.bytes.data(), count, text.code.literal_table(), &writer);
          CHECK_EQ(static_cast<size_t>(writer.next() - got.data()), expected.size());
          CHECK(std::equal(expected.begin(), expected.end(), got.begin()));
          CHECK_EQ(writer.pending().count, bits);
          CHECK_EQ(writer.pending().bits, held);
        }
      }
    }
  }
}

TEST(SampledCountsAreThoseOfTheSample) {
  Random random(27);
  for (size_t count : {1u, 255u, 256u, 1024u, 1025u, 5000u, 66000u}) {
    std::vector<uint8_t> bytes(count);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next() >> 58);
    uint32_t expected[256] = {}, got[256] = {};
    for (size_t i = 0; i < count; ++i) {
      const size_t group = SampleGroupStart(i / kSamplePeriod);
      if (i >= group && i < group + kSampleGroup) ++expected[bytes[i]];
    }
    CountSampledBytes(bytes.data(), count, got);
    CHECK(std::equal(expected, expected + 256, got));
  }
}

TEST(AProcessorWithoutExtensionsGetsPortableKernels) {
  const Kernels kernels = Kernels::For(0);
  CHECK_EQ(std::string(kernels.crc32.name), "portable");
  CHECK_EQ(std::string(kernels.pack_literals.name), "portable");
  CHECK_EQ(std::string(kernels.filter_row.name), "portable");
}

}  // namespace ringboard::png
