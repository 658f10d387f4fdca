// Streams that go on in new files: every event is there once and in order, whatever fails.
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "writer/faults.h"

namespace ringboard::writer {
namespace {

constexpr Clock::duration kNever = 1h;
const std::string kHeadBody = wire::reference::Bytes(3, "a later file's head");

struct RotatingFixture : Fixture {
  explicit RotatingFixture(io::FileSystem* files) : Fixture(files) {}

  Status Open(uint64_t max_bytes, Clock::duration max_age = kNever) {
    Status status = Fixture::Open();
    if (status.ok()) {
      stream->rotation.reset(new Rotation{max_bytes, max_age, path + ".", ".part", kHeadBody});
    }
    return status;
  }
  std::vector<std::string> Paths() const {  // the oldest first
    std::vector<std::string> paths;
    for (const StreamFile* file = &stream->files(); file != nullptr; file = file->earlier) {
      paths.insert(paths.begin(), file->path);
    }
    return paths;
  }
  void CheckFiles() {
    int64_t step = 0;
    uint64_t bytes = 0;
    for (const std::string& each : Paths()) {
      INFO(each);
      const std::string content = testing::ReadWholeFile(each);
      bytes += content.size();
      const auto payloads = PayloadsOf(content);
      REQUIRE(payloads.size() > 1);
      CHECK(each == path
                ? payloads[0] == "the head of the file"
                : payloads[0].ends_with(kHeadBody) && payloads[0].size() == kHeadBody.size() + 9);
      CHECK(content.size() <= stream->rotation->max_bytes || payloads.size() == 2 || may_grow);
      for (size_t i = 1; i < payloads.size(); ++i, ++step) {
        CHECK(payloads[i] ==
              wire::reference::Event(
                  1.5, step, wire::reference::Bytes(5, wire::reference::SimpleValue("x", 0))));
      }
    }
    CHECK_EQ(step, steps);
    CHECK_EQ(stream->stats.bytes_written.load(), bytes);
    CHECK_EQ(stream->stats.dropped.load(), 0u);
  }
  bool may_grow = false;
};

}  // namespace

TEST(AFullFileIsFollowedByAnother) {
  testing::Random random(1);
  for (const uint64_t max_bytes : {0, 36, 100, 110, 500, 20000, 1 << 20}) {
    INFO(max_bytes, " bytes a file");
    RotatingFixture f(&io::System());
    CHECK(f.Open(max_bytes).ok());
    while (f.steps < 1500) {
      f.Add(static_cast<int>(random.Below(200)));
      CHECK(f.Ask().ok());
    }
    f.CheckFiles();
    const size_t files = f.Paths().size();
    if (max_bytes < 100) CHECK_EQ(files, static_cast<size_t>(f.steps));
    if (max_bytes == 20000) CHECK(files >= 3 && files <= 5);
    if (max_bytes == 1 << 20) CHECK_EQ(files, size_t{1});
    const auto paths = f.Paths();
    CHECK(files == 1 || paths[1] == f.path + ".000001.part");
  }
}

TEST(EveryCallFailsInTurnWhileFilesFollowEachOther) {
  for (const Fault& fault : kFaults) {
    for (const int count : {1, 3}) {
      bool failed = true;
      int calls = 0;
      for (; failed && calls < 200; ++calls) {
        INFO(fault.name, ", ", count, " calls from number ", calls);
        CountedFiles files;
        RotatingFixture f(&files);
        f.may_grow = true;
        files.FailFrom(calls, count, fault);
        while (!f.Open(300).ok()) {
        }
        f.Add(20);
        (void)f.Ask();
        f.Add(3);
        (void)f.Ask(RecordKind::kSync);
        f.Add(20);
        (void)f.Ask(RecordKind::kClose);
        f.Add(20);
        failed = files.EndFaults();
        (void)f.Ask();  // of a failed fsync or close, the one that follows tells
        const Status status = f.Ask();
        INFO(status.message());
        CHECK(status.ok());
        f.CheckFiles();
      }
      CHECK(calls > 20);
      CHECK(calls < 200);  // the last round failed nothing
    }
  }
}

TEST(WhereNoNewFileCanBeMadeTheOneAtHandGrows) {
  CountedFiles files;
  RotatingFixture f(&files);
  f.may_grow = true;
  CHECK(f.Open(0).ok());
  f.Add(1);
  CHECK(f.Ask().ok());
  files.FailFrom(0, 1, {"", EMFILE, 0});
  f.Add(100);
  CHECK(f.Ask().ok());
  CHECK(files.EndFaults());
  CHECK_EQ(f.Paths().size(), size_t{1});
  f.Add(1);
  CHECK(f.Ask().ok());
  CHECK_EQ(f.Paths().size(), size_t{1});  // not at once again
  std::this_thread::sleep_for(1100ms);
  f.Add(1);
  CHECK(f.Ask().ok());
  CHECK_EQ(f.Paths().size(), size_t{2});
  f.CheckFiles();
}

// As on a network: nothing is written while each attempt waits for the next one.
TEST(ANewFileThatFailsSlowlyIsNotTriedInOneGo) {
  CountedFiles files;
  RotatingFixture f(&files);
  f.may_grow = true;
  CHECK(f.Open(0).ok());
  f.Add(1);
  CHECK(f.Ask().ok());
  files.creates_that_time_out = 3;
  f.Add(1);
  CHECK(f.Ask().ok());
  CHECK_EQ(files.creates_that_time_out.load(), 2);
  CHECK_EQ(f.Paths().size(), size_t{1});
  f.CheckFiles();
}

TEST(AnOldFileIsFollowedByAnotherWhenSomethingComes) {
  RotatingFixture f(&io::System());
  CHECK(f.Open(1 << 20, 1s).ok());
  f.Add(3);
  CHECK(f.Ask().ok());
  std::this_thread::sleep_for(1100ms);
  CHECK(f.Ask().ok());
  CHECK_EQ(f.Paths().size(), size_t{1});  // nothing came
  f.Add(3);
  CHECK(f.Ask().ok());
  CHECK_EQ(f.Paths().size(), size_t{2});
  f.CheckFiles();
}

TEST(NamesThatAreTakenArePassedOver) {
  RotatingFixture f(&io::System());
  CHECK(f.Open(0).ok());
  std::ofstream(f.path + ".000001.part") << "somebody else's";
  f.Add(3);
  CHECK(f.Ask().ok());
  CHECK_EQ(testing::ReadWholeFile(f.path + ".000001.part"), std::string("somebody else's"));
  const auto paths = f.Paths();
  CHECK_EQ(paths[1], f.path + ".000002.part");
  f.CheckFiles();
}

TEST(ASyncMakesTheEarlierFilesDurableToo) {
  CountedFiles files;
  RotatingFixture f(&files);
  CHECK(f.Open(0).ok());
  f.Add(5);
  CHECK(f.Ask().ok());
  CHECK_EQ(files.syncs.load(), 0);
  CHECK(f.Ask(RecordKind::kSync).ok());
  CHECK_EQ(files.syncs.load(), 5);
  f.Add(1);
  CHECK(f.Ask(RecordKind::kSync).ok());
  CHECK_EQ(files.syncs.load(), 7);  // the one before, which had not got it all, and the new one
  const auto paths = f.Paths();
  std::filesystem::remove(paths[5]);
  f.Add(1);
  CHECK(f.Ask(RecordKind::kSync).ok());
}

TEST(ATornRecordIsCompletedInItsFileHoweverOldThatIs) {
  CountedFiles files;
  RotatingFixture f(&files);
  CHECK(f.Open(1 << 20, 1s).ok());
  f.Add(3);
  CHECK(f.Ask().ok());
  files.FailFrom(0, 1000, {"", ENOSPC, 7});
  f.Add(3);
  CHECK(!f.Ask().ok());
  std::this_thread::sleep_for(1100ms);
  CHECK(files.EndFaults());
  CHECK(f.Ask().ok());
  CHECK_EQ(f.Paths().size(), size_t{2});
  f.CheckFiles();
}

TEST(AFileThatGotNoHeadIsRemoved) {
  CountedFiles files;
  RotatingFixture f(&files);
  f.may_grow = true;
  CHECK(f.Open(0).ok());
  f.Add(1);
  CHECK(f.Ask().ok());
  files.FailFrom(1, 1, {"", ENOSPC, 7});  // behind the file's creation
  f.Add(1);
  CHECK(f.Ask().ok());
  CHECK(files.EndFaults());
  CHECK(!std::filesystem::exists(f.path + ".000001.part"));
  f.CheckFiles();
}

TEST(FilesAreMadeDurableBeforeTheyAreLeftIfThatIsWanted) {
  CountedFiles files;
  RotatingFixture f(&files);
  CHECK(f.Open(0).ok());
  f.stream->sync_every_ns = std::chrono::nanoseconds(1h).count();
  f.Add(3);
  CHECK(f.Ask().ok());
  CHECK_EQ(files.syncs.load(), 2);
  CHECK_EQ(files.directory_syncs.load(), 2);
  CHECK(f.Ask(RecordKind::kSync).ok());
  CHECK_EQ(files.syncs.load(), 3);
  CHECK_EQ(files.directory_syncs.load(), 3);
}

TEST(ADeletedRunIsMadeAnewAtTheLatestFile) {
  for (const uint64_t max_bytes :
       {0, 100}) {  // a head and an event: more than one, less than the other
    INFO(max_bytes, " bytes a file");
    RotatingFixture f(&io::System());
    CHECK(f.Open(max_bytes).ok());
    f.Add(3);
    CHECK(f.Ask().ok());
    const auto before = f.Paths();
    f.DeleteTheRun();
    f.Add(2);
    CHECK(f.Ask().ok());
    const auto after = f.Paths();
    REQUIRE(after.size() > before.size());
    CHECK_EQ(PayloadsOf(testing::ReadWholeFile(before.back())).size(), size_t{2});
    CHECK_EQ(PayloadsOf(testing::ReadWholeFile(after.back())).size(), size_t{2});
  }
}

}  // namespace ringboard::writer
