// The public functions against published values.
#include <cstring>
#include <numeric>
#include <string>

#include "crc32c/crc32c.h"
#include "reference.h"
#include "test.h"

namespace ringboard::crc32c {
namespace {

const uint32_t kComputedBeforeMain = Value("123456789", 9);

// One SCSI Read (10) command, RFC 3720 B.4.
constexpr uint8_t kIscsiRead[48] = {
    0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
    0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

void CheckEveryKernel(const std::string& name, const uint8_t* data, size_t size,
                      uint32_t expected) {
  INFO("vector ", name);
  CHECK_EQ(Value(data, size), expected);
  CHECK_EQ(~testing::ReferenceRawExtend(~0u, data, size), expected);
  for (const auto& kernel : kernels()) {
    INFO("kernel ", kernel.name);
    if (kernel.RunsOn(cpu::Detected())) CHECK_EQ(~kernel.function(~0u, data, size), expected);
  }
}

}  // namespace

TEST(ValueMatchesRfc3720) {
  uint8_t bytes[32];
  std::memset(bytes, 0x00, sizeof(bytes));
  CheckEveryKernel("32 zeros", bytes, sizeof(bytes), 0x8a9136aa);
  std::memset(bytes, 0xff, sizeof(bytes));
  CheckEveryKernel("32 ones", bytes, sizeof(bytes), 0x62a8ab43);
  std::iota(bytes, bytes + 32, uint8_t{0});
  CheckEveryKernel("ascending", bytes, sizeof(bytes), 0x46dd794e);
  std::iota(std::reverse_iterator(bytes + 32), std::reverse_iterator(bytes), uint8_t{0});
  CheckEveryKernel("descending", bytes, sizeof(bytes), 0x113fdb5c);
  CheckEveryKernel("iSCSI read", kIscsiRead, sizeof(kIscsiRead), 0xd9963a56);
}

TEST(ValueMatchesTheCatalogueCheck) {
  CheckEveryKernel("check", reinterpret_cast<const uint8_t*>("123456789"), 9, 0xe3069283);
}

TEST(EmptyInputLeavesTheCrcAlone) {
  CheckEveryKernel("empty", nullptr, 0, 0);
  CHECK_EQ(Extend(0x12345678, nullptr, 0), 0x12345678u);
  CHECK_EQ(RawExtend(0x12345678, nullptr, 0), 0x12345678u);
}

TEST(ValueWorksBeforeMain) { CHECK_EQ(kComputedBeforeMain, 0xe3069283u); }

TEST(ExtendContinuesAValue) {
  const std::string text = "123456789";
  for (size_t split = 0; split <= text.size(); ++split) {
    const uint32_t head = Value(text.data(), split);
    CHECK_EQ(Extend(head, text.data() + split, text.size() - split), 0xe3069283u);
  }
}

// The first 12 bytes of a TensorFlow event file whose first record has 24 bytes, the length that
// `file_version: "brain.Event:2"` has: 8 length bytes and their masked CRC.
TEST(MaskMatchesATfRecordHeader) {
  const uint8_t length[8] = {0x18};
  CHECK_EQ(Mask(Value(length, sizeof(length))), 0x224b7fa3u);
}

TEST(UnmaskInvertsMask) {
  ringboard::testing::Random random(7);
  for (int i = 0; i < 1000; ++i) {
    const auto crc = static_cast<uint32_t>(random.Next());
    CHECK_EQ(Unmask(Mask(crc)), crc);
    CHECK_EQ(Mask(Unmask(crc)), crc);
    CHECK(Mask(crc) != crc);
  }
}

TEST(TheActiveKernelIsTheFirstThatRuns) {
  CHECK_EQ(kernels().back().required, 0u);
  for (const auto& kernel : kernels()) {
    if (!kernel.RunsOn(cpu::Active())) continue;
    CHECK_EQ(std::string(ActiveKernelName()), std::string(kernel.name));
    break;
  }
}

}  // namespace ringboard::crc32c
