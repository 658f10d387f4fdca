#include "segment/segment.h"

#include <cstring>
#include <memory>
#include <string>

#include "segment/layout.h"
#include "test.h"

namespace ringboard::segment {
namespace {

constexpr uint32_t kStream = 3;

// The bytes of a stream: each says where it stands.
std::string StreamBytes(int64_t from, int64_t to) {
  std::string bytes;
  for (int64_t at = from; at < to; ++at) bytes += static_cast<char>('a' + at % 26);
  return bytes;
}

struct Kept {
  int64_t offset = -1;
  std::string bytes;
};

class Spilling {
 public:
  Spilling() { CHECK(Segment::Make(directory_.path(), 1 << 16, &segment_).ok()); }
  ~Spilling() { segment_->Remove(); }

  // The stream's bytes [from, to) are pending.
  void Spill(int64_t from, int64_t to) {
    const std::string bytes = StreamBytes(from, to);
    segment_->Spill(kStream, from, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  void Unspill() { segment_->Unspill(kStream); }

  Kept kept() const {
    const std::string file =
        testing::ReadWholeFile(segment_->path() + "/spill." + std::to_string(kStream));
    SpillHead head;
    if (file.size() < sizeof head) return {};
    std::memcpy(&head, file.data(), sizeof head);
    return {head.offset, file.substr(sizeof head)};
  }

 private:
  testing::TemporaryDirectory directory_;
  std::unique_ptr<Segment> segment_;
};

}  // namespace

TEST(SpillKeepsWhatIsPending) {
  Spilling spilling;
  spilling.Spill(100, 110);
  CHECK_EQ(spilling.kept().offset, 100);
  CHECK_EQ(spilling.kept().bytes, StreamBytes(100, 110));
}

TEST(SpillAppendsWhatIsNew) {
  Spilling spilling;
  spilling.Spill(100, 110);
  spilling.Spill(100, 130);
  spilling.Spill(120, 140);  // the file took some meanwhile
  CHECK_EQ(spilling.kept().offset, 100);
  CHECK_EQ(spilling.kept().bytes, StreamBytes(100, 140));
  spilling.Spill(125, 135);  // nothing that is not kept already
  CHECK_EQ(spilling.kept().bytes, StreamBytes(100, 140));
}

// Shared memory was full when [110, 120) became pending, and they are in the file now.
TEST(SpillBeginsAnewBehindWhatItCouldNotKeep) {
  Spilling spilling;
  spilling.Spill(100, 110);
  spilling.Spill(120, 150);
  CHECK_EQ(spilling.kept().offset, 120);
  CHECK_EQ(spilling.kept().bytes, StreamBytes(120, 150));
  spilling.Spill(120, 160);
  CHECK_EQ(spilling.kept().bytes, StreamBytes(120, 160));
}

TEST(UnspillForgets) {
  Spilling spilling;
  spilling.Spill(100, 110);
  spilling.Unspill();
  CHECK_EQ(spilling.kept().offset, -1);
  spilling.Spill(300, 310);
  CHECK_EQ(spilling.kept().offset, 300);
  CHECK_EQ(spilling.kept().bytes, StreamBytes(300, 310));
}

}  // namespace ringboard::segment
