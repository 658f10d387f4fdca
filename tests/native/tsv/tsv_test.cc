// Numbers come back bit for bit, are laid out as Python's repr(), and rows follow any strides.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "test.h"
#include "tsv/number.h"
#include "tsv/rows.h"
#include "tsv/shortest.h"

namespace ringboard::tsv {
namespace {

using ringboard::testing::Random;

template <typename Number>
std::string Text(Number value) {
  char text[kNumberBytes];
  const char* const end = Format(value, text);
  return std::string(text, static_cast<size_t>(end - text));
}

std::string Digits(const Decimal& decimal) {
  return std::string(decimal.digits, static_cast<size_t>(decimal.count)) + "e" +
         std::to_string(decimal.exponent);
}

// Both ways a reader may go: straight to the type, and through float64 as TensorBoard does.
bool ComesBack(float value) {
  const std::string text = Text(value);
  return std::bit_cast<uint32_t>(std::strtof(text.c_str(), nullptr)) ==
             std::bit_cast<uint32_t>(value) &&
         std::bit_cast<uint32_t>(static_cast<float>(std::strtod(text.c_str(), nullptr))) ==
             std::bit_cast<uint32_t>(value);
}
bool ComesBack(double value) {
  return std::bit_cast<uint64_t>(std::strtod(Text(value).c_str(), nullptr)) ==
         std::bit_cast<uint64_t>(value);
}

template <typename Float>
bool IsPowerOfTwo(Float value) {
  int exponent = 0;
  return std::abs(std::frexp(value, &exponent)) == Float(0.5);
}

// printf's digits are as few and the same, apart from powers of two (see shortest.h).
template <typename Float>
void CheckPrintf(Float value) {
  const Decimal expected = Shortest(value), found = ShortestByPrintf(value);
  if (IsPowerOfTwo(value)) {
    CHECK(found.count >= expected.count);
  } else {
    CHECK_EQ(Digits(found), Digits(expected));
  }
  const std::string text = std::string(1, found.digits[0]) + "." +
                           std::string(found.digits + 1, static_cast<size_t>(found.count) - 1) +
                           "e" + std::to_string(found.exponent);
  CHECK_EQ(static_cast<Float>(std::strtod(text.c_str(), nullptr)), std::abs(value));
}

std::vector<uint64_t> AwkwardBits(int mantissa_bits, int bits) {
  std::vector<uint64_t> found;
  const uint64_t exponents = uint64_t{1} << (bits - 1 - mantissa_bits);
  const uint64_t full = (uint64_t{1} << mantissa_bits) - 1;
  for (uint64_t exponent = 0; exponent + 1 < exponents; ++exponent) {  // the last one is not finite
    for (const uint64_t mantissa : {uint64_t{0}, uint64_t{1}, full / 2, full / 2 + 1, full}) {
      found.push_back(exponent << mantissa_bits | mantissa);
    }
  }
  return found;
}

}  // namespace

TEST(LaidOutAsPythonsRepr) {
  CHECK_EQ(Text(0.0), "0.0");
  CHECK_EQ(Text(-0.0), "-0.0");
  CHECK_EQ(Text(-0.0f), "-0.0");
  CHECK_EQ(Text(1.0), "1.0");
  CHECK_EQ(Text(-12.5), "-12.5");
  CHECK_EQ(Text(100000.0), "100000.0");
  CHECK_EQ(Text(123456789.125), "123456789.125");
  CHECK_EQ(Text(9999999999999998.0), "9999999999999998.0");
  CHECK_EQ(Text(1e16), "1e+16");
  CHECK_EQ(Text(1.5e16), "1.5e+16");
  CHECK_EQ(Text(0.001), "0.001");
  CHECK_EQ(Text(0.0001), "0.0001");
  CHECK_EQ(Text(0.00012345), "0.00012345");
  CHECK_EQ(Text(0.00001), "1e-05");
  CHECK_EQ(Text(-1.7976931348623157e308), "-1.7976931348623157e+308");
  CHECK_EQ(Text(5e-324), "5e-324");
  CHECK_EQ(Text(0.1), "0.1");
  CHECK_EQ(Text(0.1f), "0.1");
  CHECK_EQ(Text(16777216.0f), "16777216.0");
  CHECK_EQ(Text(std::numeric_limits<float>::max()), "3.4028235e+38");
  CHECK_EQ(Text(std::numeric_limits<float>::denorm_min()), "1e-45");
}

TEST(WhatIsNotFiniteIsNamed) {
  CHECK_EQ(Text(std::numeric_limits<double>::quiet_NaN()), "nan");
  CHECK_EQ(Text(-std::numeric_limits<float>::quiet_NaN()), "nan");
  CHECK_EQ(Text(std::numeric_limits<float>::infinity()), "inf");
  CHECK_EQ(Text(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Integers) {
  CHECK_EQ(Text(int64_t{0}), "0");
  CHECK_EQ(Text(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  CHECK_EQ(Text(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
}

TEST(EveryExponentComesBack) {
  for (const uint64_t bits : AwkwardBits(23, 32)) {
    INFO("bits ", bits);
    CHECK(ComesBack(std::bit_cast<float>(static_cast<uint32_t>(bits))));
    CHECK(ComesBack(-std::bit_cast<float>(static_cast<uint32_t>(bits))));
  }
  for (const uint64_t bits : AwkwardBits(52, 64)) {
    INFO("bits ", bits);
    CHECK(ComesBack(std::bit_cast<double>(bits)));
    CHECK(ComesBack(-std::bit_cast<double>(bits)));
  }
}

TEST(TheOneThatIsRoundedTwiceComesBack) {
  const auto value = std::bit_cast<float>(0x15ae43fdu);
  CHECK(ComesBack(value));
  CHECK(ComesBack(-value));
  const Decimal shortest = Shortest(value);  // else the exception could go
  CHECK_EQ(std::string(shortest.digits, static_cast<size_t>(shortest.count)), "7038531");
  CHECK(static_cast<float>(7.038531e-26) != value);
}

TEST(RandomBitsComeBack) {
  Random random(11);
  for (int i = 0; i < 300'000; ++i) {
    const uint64_t bits = random.Next();
    INFO("bits ", bits);
    const float single = std::bit_cast<float>(static_cast<uint32_t>(bits >> 32));
    const double wide = std::bit_cast<double>(bits);
    if (std::isfinite(single)) CHECK(ComesBack(single));
    if (std::isfinite(wide)) CHECK(ComesBack(wide));
  }
}

TEST(PrintfFindsTheSameDigits) {
  for (const uint64_t bits : AwkwardBits(23, 32)) {
    INFO("bits ", bits);
    CheckPrintf(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  }
  Random random(12);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t bits = random.Next();
    INFO("bits ", bits);
    const float single = std::bit_cast<float>(static_cast<uint32_t>(bits >> 32));
    const double wide = std::bit_cast<double>(bits);
    if (std::isfinite(single)) CheckPrintf(single);
    if (std::isfinite(wide)) CheckPrintf(wide);
    CheckPrintf(static_cast<float>(random.Below(100'000)) / 1000);
    CheckPrintf(static_cast<double>(random.Below(100'000)) / 1000);
  }
}

TEST(RowsFollowTheStrides) {
  const int16_t values[] = {1, -2, 3, 4, 5, -6};
  const auto* data = reinterpret_cast<const uint8_t*>(values);
  ByteBuffer out;
  CHECK(AppendRows({data, Dtype::kInt16, 2, 3, 6, 2}, &out).ok());
  CHECK(AppendRows({data, Dtype::kInt16, 3, 2, 2, 6}, &out).ok());  // transposed, behind the first
  CHECK(AppendRows({data + 10, Dtype::kInt16, 1, 6, 0, -2}, &out).ok());  // backwards
  CHECK_EQ(std::string(reinterpret_cast<const char*>(out.data()), out.size()),
           "1\t-2\t3\n4\t5\t-6\n1\t4\n-2\t5\n3\t-6\n-6\t5\t4\t3\t-2\t1\n");
}

TEST(EveryElementTypeThatHasText) {
  const uint8_t bytes[8] = {};
  for (size_t i = 0; i < kDtypeNames.size(); ++i) {
    INFO("dtype ", kDtypeNames[i]);
    const auto type = static_cast<Dtype>(i);
    ByteBuffer out;
    const Status status = AppendRows({bytes, type, 1, 1, 0, 0}, &out);
    const bool half = type == Dtype::kFloat16 || type == Dtype::kBfloat16;
    CHECK_EQ(status.ok(), !half);
    const bool floating = type == Dtype::kFloat32 || type == Dtype::kFloat64;
    if (!half) {
      CHECK_EQ(std::string(reinterpret_cast<const char*>(out.data()), out.size()),
               floating ? "0.0\n" : "0\n");
    }
  }
}

TEST(TheLongestRowsStayInTheirBuffer) {
  const std::vector<double> values(1000, -std::numeric_limits<double>::max());
  ByteBuffer out;
  const auto* data = reinterpret_cast<const uint8_t*>(values.data());
  CHECK(AppendRows({data, Dtype::kFloat64, 1, values.size(), 0, 8}, &out).ok());
  CHECK_EQ(out.size(), values.size() * (kNumberBytes + 1));
  CHECK(out.size() <= out.capacity());
}

TEST(NoColumnsIsNoTable) {
  ByteBuffer out;
  CHECK(!AppendRows({nullptr, Dtype::kFloat32, 2, 0, 0, 4}, &out).ok());
}

}  // namespace ringboard::tsv
