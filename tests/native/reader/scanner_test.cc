#include "reader/scanner.h"

#include <algorithm>
#include <string>
#include <vector>

#include "files.h"
#include "test.h"

namespace ringboard::reader {
namespace {

struct Found : RecordSink {
  void OnRecord(uint64_t offset, const uint8_t* payload, size_t size) override {
    offsets.push_back(offset);
    payloads.emplace_back(reinterpret_cast<const char*>(payload), size);
  }
  void OnLongRecord(uint64_t offset, uint64_t size, Source& source) override {
    offsets.push_back(offset);
    std::string payload(size, '\0');
    size_t got = 0;
    (void)source.Read(offset + wire::kRecordHeaderBytes, reinterpret_cast<uint8_t*>(payload.data()),
                      size, &got);
    CHECK_EQ(got, size);
    payloads.push_back(std::move(payload));
    ++long_records;
  }
  std::vector<uint64_t> offsets;
  std::vector<std::string> payloads;
  int long_records = 0;
};

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Counts what a scan asks for.
class CountingSource final : public Source {
 public:
  explicit CountingSource(const std::string& text) : bytes_(Bytes(text)) {}
  Status Size(uint64_t* size) override { return bytes_.Size(size); }
  Status Read(uint64_t offset, uint8_t* to, size_t size, size_t* got) override {
    Status status = bytes_.Read(offset, to, size, got);
    read += *got;
    return status;
  }
  uint64_t read = 0;

 private:
  MemorySource bytes_;
};

struct Scanned : Found {
  explicit Scanned(const std::string& file) : scanner(this) {
    MemorySource source(Bytes(file));
    CHECK(scanner.Scan(source, true).ok());
    problems = scanner.problems();
  }
  // "kind offset length" of each problem.
  std::string Problems() const {
    std::string text;
    const char* const kNames[] = {"torn", "zeros", "length", "payload", "event"};
    for (const Problem& each : problems) {
      text += testing::Join(kNames[static_cast<int>(each.kind)], " ", each.offset, " ", each.length,
                            "; ");
    }
    return text;
  }
  Scanner scanner;
  std::vector<Problem> problems;
};

const std::string kA = Record("first"), kB = Record("the second"), kC = Record("third one");

TEST(WholeRecordsAreHandedOn) {
  const Scanned scanned(kA + kB + kC);
  REQUIRE(scanned.payloads.size() == 3);
  CHECK_EQ(scanned.payloads[1], "the second");
  CHECK_EQ(scanned.offsets[2], kA.size() + kB.size());
  CHECK_EQ(scanned.Problems(), "");
  CHECK_EQ(Scanned("").Problems(), "");
  CHECK_EQ(Scanned(Record("")).payloads.size(), 1u);
}

TEST(EveryTornTailIsTold) {
  for (size_t cut = 1; cut < kB.size(); ++cut) {
    INFO("bytes left of the last record ", cut);
    const Scanned scanned(kA + kB.substr(0, cut));
    CHECK_EQ(scanned.payloads.size(), 1u);
    CHECK_EQ(scanned.Problems(), testing::Join("torn ", kA.size(), " ", cut, "; "));
  }
}

TEST(ZerosAreTold) {
  for (size_t zeros : {1, 11, 12, 16, 4096, 600000}) {
    INFO("zeros ", zeros);
    const std::string gap(zeros, '\0');
    const std::string expected = testing::Join("zeros ", kA.size(), " ", zeros, "; ");
    CHECK_EQ(Scanned(kA + gap).Problems(), expected);
    const Scanned middle(kA + gap + kB);
    CHECK_EQ(middle.Problems(), expected);
    CHECK_EQ(middle.payloads.size(), 2u);
  }
}

TEST(ADamagedByteCostsOneRecord) {
  const std::string file = kA + kB + kC;
  for (size_t at = 0; at < kB.size(); ++at) {
    INFO("damaged byte ", at);
    std::string damaged = file;
    damaged[kA.size() + at] ^= 0x10;
    const Scanned scanned(damaged);
    REQUIRE(scanned.payloads.size() == 2);
    CHECK_EQ(scanned.payloads[1], "third one");
    CHECK_EQ(scanned.Problems(),
             testing::Join(at < wire::kRecordHeaderBytes ? "length " : "payload ", kA.size(), " ",
                           kB.size(), "; "));
  }
}

TEST(BytesThatAreMissingCostOneRecord) {
  for (size_t at = 1; at < kB.size(); ++at) {
    INFO("cut at ", at);
    const Scanned scanned(kA + kB.substr(0, at) + kC + kA);
    CHECK_EQ(scanned.payloads.size(), 3u);
    REQUIRE(scanned.problems.size() == 1);
    CHECK_EQ(scanned.problems[0].offset, kA.size());
    CHECK_EQ(scanned.problems[0].length, at);
  }
}

TEST(ALengthBeyondTheEndHidesNothing) {
  for (uint64_t length : {uint64_t{1} << 20, uint64_t{1} << 40, ~uint64_t{0}, ~uint64_t{0} - 15}) {
    INFO("length ", length);
    std::string header(wire::kRecordHeaderBytes, '\0');
    wire::PutRecordHeader(reinterpret_cast<uint8_t*>(header.data()), length,
                          wire::RecordHeaderCrc(length));
    CHECK_EQ(Scanned(kA + header).Problems(), testing::Join("torn ", kA.size(), " 12; "));
    const Scanned scanned(kA + header + kB);
    CHECK_EQ(scanned.payloads.size(), 2u);
    CHECK_EQ(scanned.Problems(), testing::Join("length ", kA.size(), " 12; "));
  }
}

TEST(RecordsOfAllSizesAreRead) {
  testing::Random random(3);
  std::string file;
  std::vector<std::string> payloads;
  for (size_t size : {size_t{0}, size_t{1}, Scanner::kBlockBytes - 16, Scanner::kBlockBytes - 15,
                      Scanner::kBlockBytes, Scanner::kKeptBytes - 17, Scanner::kKeptBytes - 16,
                      Scanner::kKeptBytes - 15, Scanner::kKeptBytes + 300000, size_t{7}}) {
    std::string payload(size, '\0');
    for (char& each : payload) each = static_cast<char>(random.Next());
    payloads.push_back(payload);
    file += Record(payload);
  }
  const Scanned scanned(file);
  CHECK(scanned.payloads == payloads);
  CHECK_EQ(scanned.long_records, 2);
  CHECK_EQ(scanned.Problems(), "");

  // The last byte of the long one.
  std::string damaged = file;
  damaged[file.size() - kA.size() + 5 - 2 - 16 - 1] ^= 1;
  CHECK_EQ(Scanned(damaged).payloads.size() + Scanned(damaged).problems.size(), payloads.size());
}

TEST(AGrowingFileIsReadAsItGrows) {
  const std::string whole = kA + Record(std::string(Scanner::kKeptBytes + 10, 'x')) + kB +
                            std::string(40, '\0') + kC + kA;
  testing::Random random(7);
  for (int round = 0; round < 20; ++round) {
    Found found;
    Scanner scanner(&found);
    for (size_t size = 0; size < whole.size();) {
      size =
          std::min(whole.size(), size + random.Below(random.Below(2) == 0 ? 40 : whole.size() / 2));
      const std::string so_far = whole.substr(0, size);
      MemorySource source(Bytes(so_far));
      CHECK(scanner.Scan(source, false).ok());
      CHECK(scanner.offset() <= size);
    }
    MemorySource source(Bytes(whole));
    CHECK(scanner.Scan(source, true).ok());
    CHECK_EQ(found.payloads.size(), 5u);
    REQUIRE(scanner.problems().size() == 1);
    CHECK(scanner.problems()[0].kind == ProblemKind::kZeros);
    CHECK_EQ(scanner.problems()[0].length, 40u);
  }
}

// Headers whose checksums hold, each promising all the rest of the file: believed one by one, they
// would cost the square of the file's size.
TEST(CraftedFilesCostLinearTime) {
  for (const std::string& between : {std::string(), Record("")}) {
    std::string file;
    constexpr size_t kHeaders = 4000, kRest = size_t{600} << 10;  // more than is looked at at once
    const size_t size = kHeaders * (wire::kRecordHeaderBytes + between.size()) + kRest;
    while (file.size() + kRest < size) {
      const uint64_t length = size - file.size() - 64;  // nothing sound behind it
      std::string header(wire::kRecordHeaderBytes, '\0');
      wire::PutRecordHeader(reinterpret_cast<uint8_t*>(header.data()), length,
                            wire::RecordHeaderCrc(length));
      file += header + between;
    }
    file.resize(size, '!');
    CountingSource source(file);
    Found found;
    Scanner scanner(&found);
    CHECK(scanner.Scan(source, true).ok());
    CHECK(!scanner.problems().empty());
    INFO("read ", source.read, " of ", size);
    CHECK(source.read < 40 * size);
  }
}

TEST(TheDamagedAndTheSoundAddUpToTheFile) {
  testing::Random random(11);
  for (int round = 0; round < 300; ++round) {
    INFO("round ", round);
    std::string file;
    for (uint64_t count = random.Below(8); count > 0; --count) {
      file += Record(std::string(random.Below(60), static_cast<char>(random.Next())));
    }
    for (uint64_t changes = random.Below(4); changes > 0 && !file.empty(); --changes) {
      const size_t at = random.Below(file.size());
      switch (random.Below(3)) {
        case 0:
          file[at] = static_cast<char>(random.Next());
          break;
        case 1:
          file.erase(at, random.Below(20));
          break;
        default:
          file.insert(at, random.Below(20), static_cast<char>(random.Below(2)));
      }
    }
    const Scanned scanned(file);
    std::vector<std::pair<uint64_t, uint64_t>> parts;
    for (size_t i = 0; i < scanned.offsets.size(); ++i) {
      parts.emplace_back(scanned.offsets[i], scanned.payloads[i].size() + wire::kRecordOverhead);
    }
    for (const Problem& each : scanned.problems) parts.emplace_back(each.offset, each.length);
    std::sort(parts.begin(), parts.end());
    uint64_t at = 0;
    for (const auto& [offset, length] : parts) {
      CHECK_EQ(offset, at);
      CHECK(length > 0);
      at = offset + length;
    }
    CHECK_EQ(at, file.size());
  }
}

}  // namespace
}  // namespace ringboard::reader
