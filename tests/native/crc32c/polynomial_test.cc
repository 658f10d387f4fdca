// The field's arithmetic, and the hardware's steps that are defined by it.
#include "crc32c/polynomial.h"

#include "crc32c/crc32c.h"
#include "crc32c/hardware_steps.h"
#include "reference.h"
#include "test.h"

namespace ringboard::crc32c {
namespace {

using testing::RandomBytes;

// What the wire room relies on at compile time.
static_assert(XPow(0) == kOne);
static_assert(XPow(32) == kPolynomial);  // x^32 = P - x^32
static_assert(Multiply(XPow(5), XPow(-5)) == kOne);
static_assert(MoveConstants<8, 3>()[3] == MoveConstant(24));

uint32_t RandomWord(ringboard::testing::Random& random) {
  return static_cast<uint32_t>(random.Next() >> 32);
}

}  // namespace

TEST(MultiplyIsACommutativeRing) {
  ringboard::testing::Random random(1);
  for (int i = 0; i < 200; ++i) {
    const uint32_t a = RandomWord(random), b = RandomWord(random), c = RandomWord(random);
    CHECK_EQ(Multiply(a, kOne), a);
    CHECK_EQ(Multiply(a, 0), 0u);
    CHECK_EQ(Multiply(a, b), Multiply(b, a));
    CHECK_EQ(Multiply(Multiply(a, b), c), Multiply(a, Multiply(b, c)));
    CHECK_EQ(Multiply(a, b ^ c), Multiply(a, b) ^ Multiply(a, c));
  }
}

// Independent of Multiply's own reflection: x^n as the remainder of a message that is one bit.
TEST(XPowIsTheRemainderOfABit) {
  for (size_t n = 32; n < 2000; ++n) {
    std::vector<uint8_t> message((n - 32) / 8 + 1);
    const size_t power = n - 32;  // the raw CRC multiplies the message by x^32
    message[message.size() - 1 - power / 8] = static_cast<uint8_t>(0x80 >> power % 8);
    INFO("n ", n);
    CHECK_EQ(XPow(static_cast<int64_t>(n)),
             testing::ReferenceRawExtend(0, message.data(), message.size()));
  }
}

TEST(XPowTurnsSumsIntoProducts) {
  ringboard::testing::Random random(2);
  for (int i = 0; i < 200; ++i) {
    const auto n = static_cast<int64_t>(random.Below(1ull << 62)) - (1ll << 61);
    const auto m = static_cast<int64_t>(random.Below(1ull << 62)) - (1ll << 61);
    INFO("n ", n, " m ", m);
    CHECK_EQ(XPow(n + m), Multiply(XPow(n), XPow(m)));
    CHECK_EQ(XPow(n + kOrder), XPow(n));
  }
  CHECK_EQ(XPow(kOrder), kOne);
  CHECK(XPow(1) != kOne);  // the order is prime, so no smaller power is 1 either
}

TEST(CombineEqualsOneRun) {
  const std::vector<uint8_t> bytes = RandomBytes(3, 5000);
  ringboard::testing::Random random(4);
  for (int i = 0; i < 300; ++i) {
    const size_t size = random.Below(bytes.size() + 1), split = random.Below(size + 1);
    const uint8_t* const a = bytes.data();
    const uint8_t* const b = a + split;
    INFO("size ", size, " split ", split);
    CHECK_EQ(Combine(Value(a, split), Value(b, size - split), size - split), Value(a, size));
    const uint32_t start = RandomWord(random);
    CHECK_EQ(Combine(RawExtend(start, a, split), RawExtend(0, b, size - split), size - split),
             RawExtend(start, a, size));
  }
}

TEST(MovePastTakesHugeSizes) {
  constexpr size_t kHalf = SIZE_MAX / 2 - 5;  // 8 times this does not fit in 64 bits
  uint32_t power = XPow(static_cast<int64_t>(kHalf));
  for (int i = 0; i < 4; ++i) power = Multiply(power, power);  // x^(8 · 2 · kHalf)
  CHECK_EQ(MovePast(kOne, 2 * kHalf), power);
}

#if RB_CRC32C_HAS_HARDWARE

namespace {

RB_CRC32C_HARDWARE RB_NOINLINE void CheckSteps() {
  ringboard::testing::Random random(5);
  for (int i = 0; i < 100; ++i) {
    const uint32_t state = RandomWord(random);
    uint8_t bytes[8];
    StoreLittle64(bytes, random.Next());
    const auto expected = [&](size_t size) {
      return uint64_t{testing::ReferenceRawExtend(state, bytes, size)};
    };
    const uint64_t word = LoadLittle64(bytes);
    CHECK_EQ(hardware::Step8(state, word), expected(8));
    CHECK_EQ(hardware::Step4(state, static_cast<uint32_t>(word)), expected(4));
    CHECK_EQ(hardware::Step2(state, static_cast<uint16_t>(word)), expected(2));
    CHECK_EQ(hardware::Step1(state, bytes[0]), expected(1));
    for (size_t count = 1; count < 8; ++count) {
      INFO("count ", count);
      const uint64_t low = word & ((uint64_t{1} << (8 * count)) - 1);
      CHECK_EQ(hardware::StepPartial(state, low, count), expected(count));
    }
  }
}

RB_CRC32C_HARDWARE RB_NOINLINE void CheckMoves() {
  ringboard::testing::Random random(6);
  for (size_t size = 0; size < 1000; ++size) {
    INFO("size ", size);
    const uint32_t state = RandomWord(random);
    const uint32_t k = MoveConstant(size);
    CHECK_EQ(hardware::Step8(0, hardware::MoveProduct(state, k)), uint64_t{MovePast(state, size)});
  }
}

}  // namespace

TEST(HardwareStepsMatchTheReference) {
  if ((cpu::Detected() & hardware::kRequired) == hardware::kRequired) CheckSteps();
}

TEST(AMoveIsOneProductAndOneStep) {
  if ((cpu::Detected() & hardware::kRequired) == hardware::kRequired) CheckMoves();
}

#endif  // RB_CRC32C_HAS_HARDWARE

}  // namespace ringboard::crc32c
