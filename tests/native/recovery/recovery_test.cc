// Processes that die in every way, and what is made of what they leave.
#include "recovery/recovery.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "io/shared_memory.h"
#include "segment/layout.h"
#include "test.h"
#include "wire/reference.h"
#include "writer/core.h"
#include "writer/event_file.h"
#include "writer/producers.h"

namespace ringboard::recovery {
namespace {

using namespace std::chrono_literals;
using writer::Core;
using writer::RecordKind;
using writer::Stream;

// Passes on to the system, but for one call of write: of that, the process dies half-way.
class DyingFiles : public io::FileSystem {
 public:
  // The `last`-th write from now gets `bytes` out, and is the process's last act.
  DyingFiles(int last, size_t bytes) : left_(last), bytes_(bytes) {}
  io::OpenResult Create(const std::string& path) override { return io::System().Create(path); }
  io::OpenResult Reopen(const std::string& path, const io::FileIdentity& identity) override {
    return io::System().Reopen(path, identity);
  }
  io::WriteResult Write(int fd, const uint8_t* bytes, size_t size) override {
    if (error_ != 0) return {error_, 0};
    if (left_ > 0 && size >= smallest && --left_ == 0) {
      (void)io::System().Write(fd, bytes, std::min(size, bytes_));
      kill(getpid(), SIGKILL);
    }
    return io::System().Write(fd, bytes, size);
  }
  int Remove(const std::string& path) override { return io::System().Remove(path); }
  int Sync(int fd) override { return io::System().Sync(fd); }
  int Close(int fd) override { return io::System().Close(fd); }

  void Fail(int error) { error_ = error; }
  size_t smallest = 0;  // writes below this are not counted

 private:
  std::atomic<int> left_;
  const size_t bytes_;
  std::atomic<int> error_{0};
};

// A disk that, from a moment on, never answers again.
class HangingFiles final : public DyingFiles {
 public:
  HangingFiles() : DyingFiles(0, 0) {}
  io::WriteResult Write(int fd, const uint8_t* bytes, size_t size) override {
    while (hangs) {
      hanging = true;
      usleep(1000);
    }
    return DyingFiles::Write(fd, bytes, size);
  }
  std::atomic<bool> hangs{false}, hanging{false};
};

// A disk with room for so many bytes.
class FillingFiles final : public DyingFiles {
 public:
  FillingFiles() : DyingFiles(0, 0) {}
  io::WriteResult Write(int fd, const uint8_t* bytes, size_t size) override {
    const size_t fits = std::min(size, room.load());
    room -= fits;
    io::WriteResult result = DyingFiles::Write(fd, bytes, fits);
    if (fits < size) result.error = ENOSPC;
    return result;
  }
  std::atomic<size_t> room{SIZE_MAX};
};

// What the dying process says before it dies: how many events of each file were accepted.
struct Acknowledged {
  std::atomic<uint64_t> events[2];
};

struct Scene {
  Scene() {
    acknowledged = static_cast<Acknowledged*>(mmap(
        nullptr, sizeof(Acknowledged), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    std::filesystem::create_directory(root());
  }
  ~Scene() { munmap(acknowledged, sizeof(Acknowledged)); }
  std::string root() const { return directory.File("shm"); }
  std::string Log(int which) const { return directory.File(which == 0 ? "first" : "second"); }

  // Runs `body` in a child, which dies at its end if it hasn't before.
  void Die(const std::function<void()>& body) {
    const pid_t child = fork();
    if (child == 0) {
      body();
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }
  std::vector<SegmentReport> Recover(const Choice& choice = {},
                                     io::FileSystem* files = &io::System()) const {
    return RecoverAll(root(), choice, files);
  }
  size_t SegmentsLeft() const { return io::NamesIn(root()).size(); }

  testing::TemporaryDirectory directory;
  Acknowledged* acknowledged;
};

constexpr size_t kRingBytes = 1 << 20;

std::string Body(int64_t step) {
  return wire::reference::Bytes(3, "a body " + std::string(static_cast<size_t>(step % 300), 'x'));
}

std::string ScalarPayload(const std::string& tag, int64_t step, float value) {
  return wire::reference::Event(
      1.5, step, wire::reference::Bytes(5, wire::reference::SimpleValue(tag, value)));
}

// The workload: in the first file scalars, logs of two values, events and now and then one that is
// too large for the ring; in the second one scalars.  Event number n of a file has step n.
class Workload {
 public:
  // With `max_bytes` the first stream goes on in a new file whenever it has so many.
  Workload(const Scene& scene, io::FileSystem* files, uint64_t max_bytes = 0) : scene_(scene) {
    Core* made = nullptr;
    if (!Core::Make(kRingBytes, files, &made, scene.root()).ok()) std::abort();
    core = made;
    for (int which = 0; which < 2; ++which) {
      if (!core->Open(scene.Log(which), "", &streams[which]).ok()) std::abort();
      if (!core->DefineSeries(streams[which], "loss", wire::ScalarStyle::kSimple, &loss[which])
               .ok()) {
        std::abort();
      }
    }
    if (!core->DefineSeries(streams[0], "other", wire::ScalarStyle::kSimple, &other_).ok()) {
      std::abort();
    }
    if (max_bytes != 0) {
      streams[0]->rotation.reset(
          new writer::Rotation{max_bytes, 1h, scene.Log(0) + ".", "", LaterHead()});
    }
  }

  void Add(int64_t step) {
    Retry(24, [&] { return core->TryScalar(loss[1], 1.5, step, 2); });
    Acknowledge(1);
    switch (KindOfStep(step)) {
      case 0: {
        const writer::LogValue values[] = {{loss[0], 1}, {other_, 2}};
        Retry(64, [&] { return TryLog(core, streams[0], {1.5, step}, values, 2); });
        break;
      }
      case 1: {
        const std::string body = Body(step);
        Retry(1000,
              [&] { return TryEvent(core, streams[0], {1.5, step}, body.data(), body.size()); });
        break;
      }
      case 2: {
        const std::string text = FarBody(step);
        ByteBuffer body;
        if (!body.Append(text.data(), text.size())) std::abort();
        const uint64_t kept = core->KeepFar(body);
        if (kept == 0) std::abort();
        Retry(64, [&] { return TryFarEvent(core, streams[0], {1.5, step}, &body, kept); });
        break;
      }
      default:
        Retry(24, [&] { return core->TryScalar(loss[0], 1.5, step, 1); });
    }
    Acknowledge(0);
  }

  static std::string LaterHead() { return wire::reference::Bytes(3, "a later head"); }
  static int KindOfStep(int64_t step) {
    if (step % 1000 == 500) return 2;
    return step % 10 == 3 ? 0 : step % 10 == 7 ? 1 : 3;
  }
  static std::string FarBody(int64_t step) {
    return wire::reference::Bytes(3, std::string(30000, static_cast<char>('a' + step % 7)));
  }
  static std::string Payload(int which, int64_t step) {
    if (which == 1) return ScalarPayload("loss", step, 2);
    switch (KindOfStep(step)) {
      case 0:
        return wire::reference::Event(
            1.5, step,
            wire::reference::Bytes(5, wire::reference::SimpleValue("loss", 1) +
                                          wire::reference::SimpleValue("other", 2)));
      case 1:
        return wire::reference::Event(1.5, step, Body(step));
      case 2:
        return wire::reference::Event(1.5, step, FarBody(step));
      default:
        return ScalarPayload("loss", step, 1);
    }
  }

  Core* core;
  Stream* streams[2];
  uint32_t loss[2];

 private:
  template <typename Try>
  void Retry(size_t bytes, Try attempt) {
    while (!attempt()) core->WaitForRoom(bytes, 100ms);
  }
  void Acknowledge(int which) { scene_.acknowledged->events[which].fetch_add(1); }

  const Scene& scene_;
  uint32_t other_ = 0;
};

// What a stream's files hold, but for the heads of the later ones.
std::vector<std::string> PayloadsOfStream(const Scene& scene, int which) {
  auto payloads = writer::PayloadsOf(testing::ReadWholeFile(scene.Log(which)));
  std::vector<std::string> later;
  for (const auto& entry : std::filesystem::directory_iterator(scene.directory.path())) {
    const std::string path = entry.path().string();
    if (path.starts_with(scene.Log(which) + ".")) later.push_back(path);
  }
  std::sort(later.begin(), later.end());
  const size_t head_bytes = wire::reference::Event(1.5, 0, Workload::LaterHead()).size() + 16;
  for (const std::string& path : later) {
    // One that was made, and not come to any more, may have a part of a head.
    if (path == later.back() && std::filesystem::file_size(path) < head_bytes) continue;
    const auto more = writer::PayloadsOf(testing::ReadWholeFile(path));
    CHECK(!more.empty() && more[0].ends_with(Workload::LaterHead()));
    if (more.empty()) continue;
    payloads.insert(payloads.end(), more.begin() + 1, more.end());
  }
  return payloads;
}

// Every event once, in order, none of the acknowledged missing, nothing torn.
void CheckFiles(const Scene& scene) {
  for (int which = 0; which < 2; ++which) {
    INFO("file ", which);
    const auto payloads = PayloadsOfStream(scene, which);
    const uint64_t acknowledged = scene.acknowledged->events[which].load();
    CHECK(payloads.size() >= acknowledged);
    CHECK(payloads.size() <= acknowledged + 1);  // one may have been committed and not told
    for (size_t step = 0; step < payloads.size(); ++step) {
      REQUIRE(payloads[step] == Workload::Payload(which, static_cast<int64_t>(step)));
    }
  }
}

void Log(const Scene& scene, io::FileSystem* files, int64_t events) {
  Workload work(scene, files);
  for (int64_t step = 0; step < events; ++step) work.Add(step);
}

// Logs until `files` makes the process die.
void LogUntilDeath(const Scene& scene, io::FileSystem* files, uint64_t max_bytes = 0) {
  Workload work(scene, files, max_bytes);
  for (int64_t step = 0;; ++step) {
    work.Add(step);
    if (step % 64 == 0) usleep(200);
  }
}

}  // namespace

TEST(AProcessThatDiesLosesNothing) {
  Scene scene;
  scene.Die([&] { Log(scene, &io::System(), 3000); });
  CHECK_EQ(scene.acknowledged->events[0].load(), 3000u);
  const auto reports = scene.Recover();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].state == SegmentState::kRecovered);
  CheckFiles(scene);
  CHECK_EQ(scene.SegmentsLeft(), 0u);
}

TEST(DeathInTheMiddleOfAnyWriteLosesNothing) {
  testing::Random random(1);
  for (int last = 1; last <= 40; ++last) {
    const size_t bytes = random.Below(3) == 0 ? random.Below(20) : random.Below(300000);
    INFO("write ", last, " dies after ", bytes, " bytes");
    Scene scene;
    scene.Die([&] {
      DyingFiles files(last + 2, bytes);  // two heads come first
      LogUntilDeath(scene, &files);
    });
    for (const SegmentReport& report : scene.Recover()) {
      CHECK(report.state == SegmentState::kRecovered);
    }
    CheckFiles(scene);
    CHECK_EQ(scene.SegmentsLeft(), 0u);
  }
}

TEST(DeathWhereFilesFollowEachOtherLosesNothing) {
  testing::Random random(3);
  for (int last = 1; last <= 40; ++last) {
    // Some of the writes are of heads: those few bytes may be torn as well.
    const size_t bytes = random.Below(3) == 0 ? random.Below(20) : random.Below(30000);
    const uint64_t max_bytes = random.Below(2) == 0 ? 1 : 1000 + random.Below(50000);
    INFO("write ", last, " dies after ", bytes, " bytes, files of ", max_bytes);
    Scene scene;
    scene.Die([&] {
      DyingFiles files(last + 2, bytes);
      LogUntilDeath(scene, &files, max_bytes);
    });
    if (last % 2 == 0) {
      scene.Die([&] {
        DyingFiles files(1, bytes);
        (void)scene.Recover({}, &files);
      });
    }
    for (const SegmentReport& report : scene.Recover()) {
      CHECK(report.state == SegmentState::kRecovered);
    }
    CheckFiles(scene);
    CHECK_EQ(scene.SegmentsLeft(), 0u);
  }
}

TEST(ARecoveryThatDiesIsDoneAgain) {
  testing::Random random(2);
  for (int round = 0; round < 10; ++round) {
    const size_t bytes = random.Below(200000);
    INFO("round ", round, ", ", bytes, " bytes a recovery");
    Scene scene;
    scene.Die([&] {
      DyingFiles files(5, random.Below(1000));
      LogUntilDeath(scene, &files);
    });
    for (int recovery = 0; recovery < 3; ++recovery) {
      scene.Die([&] {
        DyingFiles files(1 + recovery % 2, bytes);
        (void)scene.Recover({}, &files);
      });
    }
    (void)scene.Recover();
    CheckFiles(scene);
    CHECK_EQ(scene.SegmentsLeft(), 0u);
    CHECK(scene.Recover().empty());
  }
}

// The process said of no write to the second file where it would begin: the recovery must, before
// it appends, for the one that comes after it.
TEST(ARecoveryThatDiesInAFileWithoutAnIntentIsDoneAgain) {
  Scene scene;
  scene.Die([&] {
    HangingFiles files;
    Workload work(scene, &files);
    work.core->DrainAll(10s);
    files.hangs = true;
    const auto add = [&](int which, int64_t step, float value) {
      if (!work.core->TryScalar(work.loss[which], 1.5, step, value)) std::abort();
      scene.acknowledged->events[which].fetch_add(1);
    };
    add(0, 0, 1);
    while (!files.hanging) usleep(1000);
    for (int64_t step = 0; step < 1000; ++step) add(1, step, 2);
  });
  scene.Die([&] {
    DyingFiles files(1, 1000);
    files.smallest = 1500;
    (void)scene.Recover({}, &files);
  });
  (void)scene.Recover();
  CheckFiles(scene);
  CHECK_EQ(scene.SegmentsLeft(), 0u);
}

TEST(WhatAFailingFileHasPendingSurvivesToo) {
  for (const int64_t events : {10, 3000, 40000}) {
    INFO(events, " events after the failure");
    Scene scene;
    scene.Die([&] {
      DyingFiles files(0, 0);
      Workload work(scene, &files);
      int64_t step = 0;
      for (; step < 1000; ++step) work.Add(step);
      work.core->DrainAll(10s);
      files.Fail(ENOSPC);
      for (; step < 1000 + events; ++step) {
        if (Workload::KindOfStep(step) == 2) work.core->DrainAll(10s);
        work.Add(step);
      }
    });
    const auto reports = scene.Recover();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].state == SegmentState::kRecovered);
    CheckFiles(scene);
  }
}

// Now and then a disk has room again, so that what is pending begins in one file and ends in
// another.
TEST(WhatIsPendingWhereFilesFollowEachOtherSurvivesToo) {
  testing::Random random(4);
  for (int round = 0; round < 30; ++round) {
    const uint64_t max_bytes = random.Below(2) == 0 ? 1 : 100 + random.Below(3000);
    INFO("round ", round, ", files of ", max_bytes);
    Scene scene;
    scene.Die([&] {
      FillingFiles files;
      Workload work(scene, &files, max_bytes);
      int64_t step = 0;
      const auto add = [&](uint64_t count) {
        for (; count > 0; --count, ++step) work.Add(step);
        work.core->DrainAll(10s);
      };
      add(random.Below(100));
      for (uint64_t refills = random.Below(4) + 1; refills > 0; --refills) {
        files.room = random.Below(3000);
        add(1 + random.Below(150));
        uint64_t position = 0;
        if (!work.core->TryRequest(work.streams[0], RecordKind::kFlush, &position)) std::abort();
        work.core->WaitUntilDone(position, 10s);
      }
      add(random.Below(2) * 100);
    });
    const auto reports = scene.Recover();
    REQUIRE(reports.size() == 1);
    for (const FileReport& file : reports[0].files) INFO(file.path, ": ", file.detail);
    CHECK(reports[0].state == SegmentState::kRecovered);
    CheckFiles(scene);
    CHECK_EQ(scene.SegmentsLeft(), 0u);
  }
}

TEST(AFailingRecoveryLeavesAllForTheNext) {
  Scene scene;
  scene.Die([&] {
    DyingFiles files(3, 100);
    LogUntilDeath(scene, &files);
  });
  DyingFiles full(0, 0);
  full.Fail(ENOSPC);
  const auto reports = scene.Recover({}, &full);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].state == SegmentState::kLeft);
  REQUIRE(!reports[0].files.empty());
  CHECK(reports[0].files[0].state == FileState::kLeft);
  CHECK(reports[0].files[0].detail.find("No space") != std::string::npos);
  (void)scene.Recover();
  CheckFiles(scene);
  CHECK_EQ(scene.SegmentsLeft(), 0u);
}

TEST(ALivingProcessIsLeftAlone) {
  Scene scene;
  Core* core = nullptr;
  REQUIRE(Core::Make(kRingBytes, &io::System(), &core, scene.root()).ok());
  Stream* stream = nullptr;
  CHECK(core->Open(scene.Log(0), "", &stream).ok());
  const auto reports = scene.Recover();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].state == SegmentState::kAlive);
  CHECK_EQ(scene.SegmentsLeft(), 1u);
  delete core;
  CHECK_EQ(scene.SegmentsLeft(), 0u);
}

TEST(OnlyTheVeryFileIsTouchedAndOnlyIfItsEndIsKnown) {
  const auto after = [](const std::function<void(const Scene&)>& meddle, FileState expected,
                        SegmentState segment) {
    Scene scene;
    scene.Die([&] {
      // A batch with events for both files, of which one write is made in part and one not at all.
      DyingFiles files(1, 1000);
      files.smallest = 1500;
      LogUntilDeath(scene, &files);
    });
    meddle(scene);
    const std::string before = testing::ReadWholeFile(scene.Log(0));
    const auto reports = scene.Recover();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].state == segment);
    const auto first =
        std::find_if(reports[0].files.begin(), reports[0].files.end(),
                     [&](const FileReport& file) { return file.path == scene.Log(0); });
    CHECK_EQ(first == reports[0].files.end() ? FileState::kGone : first->state, expected);
    CHECK(testing::ReadWholeFile(scene.Log(0)) == before);
    CHECK_EQ(scene.SegmentsLeft(), segment == SegmentState::kRecovered ? 0u : 1u);
    if (segment == SegmentState::kLeft) {
      (void)scene.Recover({.log_dir = "", .discard = true});
      CHECK_EQ(scene.SegmentsLeft(), 0u);
    }
  };
  namespace fs = std::filesystem;
  INFO("deleted, truncated, changed, replaced, replaced by a link, unreadable");
  after([](const Scene& scene) { fs::remove(scene.Log(0)); }, FileState::kGone,
        SegmentState::kRecovered);
  after([](const Scene& scene) { fs::resize_file(scene.Log(0), 3); }, FileState::kLeft,
        SegmentState::kLeft);
  after(
      [](const Scene& scene) {
        std::ofstream(scene.Log(0), std::ios::app) << "somebody else's bytes";
      },
      FileState::kLeft, SegmentState::kLeft);
  after(
      [](const Scene& scene) {
        fs::rename(scene.Log(0), scene.directory.File("away"));
        std::ofstream(scene.Log(0)) << "another file";
      },
      FileState::kLeft, SegmentState::kLeft);
  after(
      [](const Scene& scene) {
        fs::rename(scene.Log(0), scene.directory.File("away"));
        fs::create_symlink(scene.directory.File("away"), scene.Log(0));
      },
      FileState::kLeft, SegmentState::kLeft);
}

TEST(RecoveryKeepsToTheLogDirItIsGiven) {
  Scene scene;
  scene.Die([&] {
    DyingFiles files(3, 10);
    LogUntilDeath(scene, &files);
  });
  auto reports = scene.Recover({.log_dir = scene.directory.path() + "/elsewhere", .discard = true});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].state == SegmentState::kElsewhere);
  reports = scene.Recover({.log_dir = scene.directory.path(), .discard = false});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].state == SegmentState::kRecovered);
  CheckFiles(scene);
}

TEST(DirectoriesThatOthersMayEnterAreNotRead) {
  Scene scene;
  scene.Die([&] {
    DyingFiles files(3, 10);
    LogUntilDeath(scene, &files);
  });
  const std::string segment = scene.root() + "/" + io::NamesIn(scene.root())[0];
  REQUIRE(chmod(segment.c_str(), 0770) == 0);
  CHECK(scene.Recover()[0].state == SegmentState::kUnusable);
  REQUIRE(chmod(segment.c_str(), 0700) == 0);
  const std::string moved = scene.directory.File("moved");
  std::filesystem::rename(segment, moved);
  std::filesystem::create_directory_symlink(moved, segment);
  CHECK(scene.Recover()[0].state == SegmentState::kUnusable);
  std::filesystem::remove(segment);
  std::filesystem::rename(moved, segment);
  CHECK(scene.Recover()[0].state == SegmentState::kRecovered);
  CheckFiles(scene);
}

// Whatever lies in a segment: nothing crashes, and the files keep all that they had.
TEST(DamagedSegmentsDoNoHarm) {
  Scene scene;
  scene.Die([&] {
    DyingFiles files(3, 10);
    LogUntilDeath(scene, &files);
  });
  namespace fs = std::filesystem;
  const std::string segment = scene.root() + "/" + io::NamesIn(scene.root())[0];
  const std::string copy = scene.directory.File("copy");
  fs::copy(segment, copy);
  std::vector<std::string> before;
  for (int which = 0; which < 2; ++which)
    before.push_back(testing::ReadWholeFile(scene.Log(which)));
  testing::Random random(5);
  for (int round = 0; round < 100; ++round) {
    INFO("round ", round);
    fs::remove_all(segment);
    fs::copy(copy, segment);
    fs::permissions(segment, fs::perms::owner_all);
    std::vector<std::string> names = io::NamesIn(segment);
    std::sort(names.begin(), names.end());
    const std::string& name = names[random.Below(names.size())];
    std::string bytes = testing::ReadWholeFile(segment + "/" + name);
    const size_t where = random.Below(3) == 0 ? random.Below(4096) : bytes.size();
    for (uint64_t change = 1 + random.Below(20); change > 0 && !bytes.empty(); --change) {
      bytes[random.Below(std::min(where, bytes.size()))] = static_cast<char>(random.Next());
    }
    if (random.Below(5) == 0) bytes.resize(random.Below(bytes.size() + 1));
    std::ofstream(segment + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
    (void)scene.Recover();
    for (int which = 0; which < 2; ++which) {
      const std::string now = testing::ReadWholeFile(scene.Log(which));
      CHECK(now.starts_with(before[static_cast<size_t>(which)]));
      fs::resize_file(scene.Log(which), before[static_cast<size_t>(which)].size());
    }
  }
}

TEST(ASegmentWhoseMakerDiedIsRemoved) {
  Scene scene;
  std::string segment;
  REQUIRE(io::MakePrivateDirectory(scene.root(), &segment) == 0);
  const io::OpenedFile ring = io::CreatePrivateFile(segment + "/" + segment::kUnnamedRingFile);
  REQUIRE(ring.error == 0);
  (void)scene.Recover();
  CHECK_EQ(scene.SegmentsLeft(), 1u);  // it may be about to lock it
  namespace fs = std::filesystem;
  fs::last_write_time(segment, fs::file_time_type::clock::now() - 60s);
  REQUIRE(io::LockUntilDeath(ring.fd) == 0);
  (void)scene.Recover();
  CHECK_EQ(scene.SegmentsLeft(), 1u);
  io::CloseFile(ring.fd);  // as its death does
  (void)scene.Recover();
  CHECK_EQ(scene.SegmentsLeft(), 0u);
}

TEST(ASmallSharedMemoryMeansASmallerRingOrAWarning) {
  Scene scene;
  Core* core = nullptr;
  REQUIRE(Core::Make(kRingBytes, &io::System(), &core, scene.directory.File("nowhere")).ok());
  Stream* stream = nullptr;
  CHECK(core->Open(scene.Log(0), "", &stream).ok());
  delete core;  // a warning on stderr, and all else as ever
}

}  // namespace ringboard::recovery
