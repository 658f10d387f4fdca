// See column.h.
#include "archive/column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace ringboard::archive {
namespace {

// Entropies of fewer values say little, and are not worth the tables.
constexpr size_t kFewest = 32;
// And of more, these from the middle tell as much.
constexpr size_t kSampled = 1024;

std::span<const uint64_t> Sample(std::span<const uint64_t> numbers) {
  const size_t count = std::min(numbers.size(), kSampled);
  return numbers.subspan((numbers.size() - count) / 2, count);
}

// count·log2(count), which is what an entropy is made of.
class LogTable {
 public:
  static const LogTable& Get() {
    static const LogTable table;
    return table;
  }
  double operator[](size_t count) const { return products_[count]; }

 private:
  LogTable() {
    for (size_t count = 1; count <= kSampled; ++count) {
      products_[count] = static_cast<double>(count) * std::log2(static_cast<double>(count));
    }
  }
  std::array<double, kSampled + 1> products_{};
};

constexpr uint64_t LowBytes(uint64_t number, int width) {
  return width == 8 ? number : number & ((uint64_t{1} << (8 * width)) - 1);
}

// Floats as integers in the order of their values: those with the sign set run backwards.
constexpr uint64_t Ordered(uint64_t bits, int width) {
  const uint64_t sign = uint64_t{1} << (8 * width - 1);
  return LowBytes((bits & sign) != 0 ? ~bits : bits | sign, width);
}
constexpr uint64_t Unordered(uint64_t ordered, int width) {
  const uint64_t sign = uint64_t{1} << (8 * width - 1);
  return LowBytes((ordered & sign) != 0 ? ordered ^ sign : ~ordered, width);
}

// Differences wrap at the width of the values, so that each has a fold of no more bytes.
constexpr uint64_t Fold(uint64_t difference, int width) {
  const int unused = 64 - 8 * width;
  const auto extended = static_cast<uint64_t>(static_cast<int64_t>(difference << unused) >> unused);
  return LowBytes(ZigZag(extended), width);
}

}  // namespace

uint64_t EncodeValue(Coding coding, int width, uint64_t bits, uint64_t before) {
  switch (coding) {
    case Coding::kBits:
      break;
    case Coding::kRotated:
      return LowBytes(bits << 1 | bits >> (8 * width - 1), width);
    case Coding::kDelta:
      return Fold(Ordered(bits, width) - Ordered(before, width), width);
    case Coding::kXor:
      return bits ^ before;
  }
  return bits;
}

uint64_t DecodeValue(Coding coding, int width, uint64_t coded, uint64_t before) {
  switch (coding) {
    case Coding::kBits:
      break;
    case Coding::kRotated:
      return LowBytes(coded >> 1 | coded << (8 * width - 1), width);
    case Coding::kDelta:
      return Unordered(LowBytes(Ordered(before, width) + UnZigZag(coded), width), width);
    case Coding::kXor:
      return coded ^ before;
  }
  return coded;
}

double SampledBytes(std::span<const uint64_t> numbers, int width) {
  const std::span<const uint64_t> sample = Sample(numbers);
  const LogTable& logs = LogTable::Get();
  double bits = 0;
  for (int plane = 0; plane < width; ++plane) {
    std::array<uint16_t, 256> counts{};
    for (uint64_t number : sample) ++counts[number >> (8 * plane) & 0xff];
    bits += logs[sample.size()];
    for (uint16_t count : counts) bits -= logs[count];
  }
  return bits / 8;
}

Coding ChooseCoding(std::span<const uint64_t> bits, int width) {
  if (bits.size() < kFewest) return Coding::kBits;
  const std::span<const uint64_t> sample = Sample(bits);
  std::array<uint64_t, kSampled> coded;
  double least = HUGE_VAL;
  auto best = Coding::kBits;
  for (int index = 0; index < kCodings; ++index) {
    const auto coding = static_cast<Coding>(index);
    uint64_t before = 0;
    for (size_t i = 0; i < sample.size(); ++i) {
      coded[i] = EncodeValue(coding, width, sample[i], before);
      before = sample[i];
    }
    const double bytes = SampledBytes({coded.data(), sample.size()}, width);
    if (bytes < least) {
      least = bytes;
      best = coding;
    }
  }
  return best;
}

int WidthOf(std::span<const uint64_t> numbers) {
  uint64_t all = 0;
  for (uint64_t number : numbers) all |= number;
  return (std::bit_width(all) + 7) / 8;
}

bool AppendPlanes(std::span<const uint64_t> numbers, int width, ByteBuffer* out) {
  uint8_t* to = out->Reserve(numbers.size() * static_cast<size_t>(width));
  if (to == nullptr) return numbers.empty() || width == 0;
  for (int plane = width - 1; plane >= 0; --plane) {
    for (uint64_t number : numbers) *to++ = static_cast<uint8_t>(number >> (8 * plane));
  }
  out->Advance(numbers.size() * static_cast<size_t>(width));
  return true;
}

}  // namespace ringboard::archive
