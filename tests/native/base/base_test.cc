#include <string>

#include "base/byte_buffer.h"
#include "base/endian.h"
#include "base/status.h"
#include "test.h"

namespace ringboard {

TEST(LittleEndianIsLittleEndianAtAnyAlignment) {
  uint8_t bytes[16] = {};
  for (int at = 0; at < 8; ++at) {
    StoreLittle64(bytes + at, 0x0102030405060708u);
    CHECK_EQ(bytes[at], 8);
    CHECK_EQ(bytes[at + 7], 1);
    CHECK_EQ(LoadLittle64(bytes + at), 0x0102030405060708u);
    CHECK_EQ(LoadLittle32(bytes + at), 0x05060708u);
    CHECK_EQ(LoadLittle16(bytes + at), 0x0708u);
  }
  StoreBig32(bytes, 0x01020304u);
  CHECK_EQ(bytes[0], 1);
  CHECK_EQ(LoadBig32(bytes), 0x01020304u);
}

TEST(ByteBufferKeepsItsBytesAcrossGrowth) {
  ByteBuffer buffer;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = std::to_string(i);
    REQUIRE(buffer.Append(piece.data(), piece.size()));
    expected += piece;
  }
  CHECK_EQ(std::string(reinterpret_cast<char*>(buffer.data()), buffer.size()), expected);
  buffer.DropFront(1000);
  CHECK_EQ(std::string(reinterpret_cast<char*>(buffer.data()), buffer.size()),
           expected.substr(1000));
}

TEST(ByteBufferRefusesTheImpossibleAndKeepsWhatItHas) {
  ByteBuffer buffer;
  REQUIRE(buffer.Append("abc", 3));
  CHECK(buffer.Reserve(SIZE_MAX / 2) == nullptr);
  CHECK_EQ(buffer.size(), 3u);
  CHECK_EQ(buffer.data()[2], 'c');
}

TEST(StatusCarriesItsError) {
  CHECK(Status::Ok().ok());
  const Status status = Status::Os(28, "write", "/full/disk");
  CHECK(!status.ok());
  CHECK_EQ(status.os_errno(), 28);
  CHECK_EQ(status.path(), "/full/disk");
}

}  // namespace ringboard
