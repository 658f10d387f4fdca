// Every call to the file system fails in turn, and files are taken away: what was accepted is in
// the file at the end, once, in order, with valid checksums.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "writer/faults.h"
#include "writer/producers.h"

namespace ringboard::writer {

TEST(EveryCallFailsInTurnAndNothingIsLost) {
  for (const Fault& fault : kFaults) {
    for (const int count : {1, 3}) {
      bool failed = true;
      int calls = 0;
      for (; failed && calls < 100; ++calls) {
        INFO(fault.name, ", ", count, " calls from number ", calls);
        CountedFiles files;
        Fixture f(&files);
        files.FailFrom(calls, count, fault);
        while (!f.Open().ok()) {
        }
        f.Add(40);
        (void)f.Ask();
        f.Add(3);
        (void)f.Ask(RecordKind::kSync);
        f.Add(40);
        (void)f.Ask(RecordKind::kClose);
        f.Add(1);
        (void)f.Ask(RecordKind::kSync);
        f.Add(40);
        failed = files.EndFaults();
        (void)f.Ask();  // of a failed fsync or close, the one that follows tells
        const Status status = f.Ask();
        INFO(status.message());
        CHECK(status.ok());
        f.CheckFile();
        CHECK_EQ(f.stream->stats.written.load(), static_cast<uint64_t>(f.steps));
        CHECK_EQ(f.stream->stats.dropped.load(), 0u);
        CHECK_EQ(f.stream->stats.bytes_written.load(), std::filesystem::file_size(f.path));
      }
      CHECK(calls > 8);    // Create, Write, Write, Sync, Write, Close, Reopen, Write, …
      CHECK(calls < 100);  // the last round failed nothing
    }
  }
}

TEST(ADeletedDirectoryIsMadeAnewAndTheFileInItBeginsAsTheFirstDid) {
  Fixture f(&io::System());
  REQUIRE(f.Open().ok());
  f.Add(10);
  CHECK(f.Ask().ok());
  f.DeleteTheRun();
  CHECK(f.Ask().ok());                      // looks, however short a time ago it looked last
  CHECK(!std::filesystem::exists(f.path));  // nobody is forced a file upon that has nothing to hold
  f.Add(10);
  CHECK(f.Ask().ok());
  f.CheckFile(10);
  CHECK_EQ(f.stream->stats.bytes_written.load(), std::filesystem::file_size(f.path));
  f.Add(5);
  CHECK(f.Ask(RecordKind::kSync).ok());
  f.CheckFile(10);
}

TEST(ADeletedFileIsNoticedWithoutAFlush) {
  Fixture f(&io::System());
  REQUIRE(f.Open().ok());
  f.Add(1);
  CHECK(f.Ask().ok());
  f.DeleteTheRun();
  const auto started = Clock::now();
  while (!std::filesystem::exists(f.path) && Clock::now() - started < 20s) {
    f.Add(1);
    std::this_thread::sleep_for(10ms);
  }
  CHECK(Clock::now() - started < 10s);
  CHECK(f.Ask().ok());
  const auto payloads = PayloadsOf(testing::ReadWholeFile(f.path));
  CHECK(payloads.size() >= 2);
}

TEST(AFileThatIsDeletedWhileItIsClosedIsMadeAnew) {
  Fixture f(&io::System());
  REQUIRE(f.Open().ok());
  f.Add(3);
  CHECK(f.Ask(RecordKind::kClose).ok());
  f.DeleteTheRun();
  CHECK(f.Ask(RecordKind::kSync).ok());
  CHECK(f.Ask(RecordKind::kClose).ok());
  CHECK(!std::filesystem::exists(f.path));
  f.Add(3);
  CHECK(f.Ask(RecordKind::kSync).ok());
  f.CheckFile(3);
}

TEST(ARecordThatWasTornByAFullDiskGoesWholeToTheNewFile) {
  for (const size_t written : {0, 1, 13, 45, 60, 100}) {
    INFO(written, " bytes written");
    CountedFiles files;
    Fixture f(&files);
    REQUIRE(f.Open().ok());
    f.Add(2);
    CHECK(f.Ask().ok());
    files.FailFrom(0, 1000, {"", ENOSPC, written});
    f.Add(5);
    CHECK_EQ(f.Ask().os_errno(), ENOSPC);
    {
      // The attempts go on, but none of them gets any further.
      const std::lock_guard hold(files.held_up);
      files.FailFrom(0, 1000, {"", ENOSPC, 0});
    }
    const size_t there = PayloadsOf(Head()).size() + 2;  // …and whole ones of the five
    const std::string content = testing::ReadWholeFile(f.path);
    size_t at = 0, whole = 0;
    while (at + 8 <= content.size()) {
      uint64_t length;
      std::memcpy(&length, content.data() + at, sizeof length);
      if (at + length + 16 > content.size()) break;
      at += length + 16;
      ++whole;
    }
    REQUIRE(whole >= there);
    f.DeleteTheRun();
    files.EndFaults();
    CHECK(f.Ask().ok());
    f.CheckFile(static_cast<int64_t>(whole) - 1);
  }
}

TEST(EveryCallFailsInTurnWhileADeletedFileIsMadeAnew) {
  for (const Fault& fault : kFaults) {
    bool failed = true;
    int calls = 0;
    for (; failed && calls < 100; ++calls) {
      INFO(fault.name, ", from call ", calls);
      CountedFiles files;
      Fixture f(&files);
      REQUIRE(f.Open().ok());
      f.Add(2);
      CHECK(f.Ask().ok());
      f.DeleteTheRun();
      CHECK(f.Ask().ok());
      files.FailFrom(calls, 2, fault);
      f.Add(40);
      (void)f.Ask();
      f.Add(1);
      (void)f.Ask();
      failed = files.EndFaults();
      (void)f.Ask();
      CHECK(f.Ask().ok());
      f.CheckFile(2);
    }
    CHECK(calls > 3 && calls < 100);
  }
}

TEST(AFileDeletedTwiceWithItsHeadStillPendingHasOneHead) {
  CountedFiles files;
  Fixture f(&files);
  REQUIRE(f.Open().ok());
  f.Add(1);
  CHECK(f.Ask().ok());
  f.DeleteTheRun();
  CHECK(f.Ask().ok());
  files.FailFrom(3, 1000, {"", ENOSPC, 9});  // after Create, MakeDirectoriesFor, Create
  f.Add(2);
  CHECK_EQ(f.Ask().os_errno(), ENOSPC);
  CHECK_EQ(std::filesystem::file_size(f.path), 9u);
  f.DeleteTheRun();
  (void)f.Ask();
  files.EndFaults();
  CHECK(f.Ask().ok());
  f.CheckFile(1);
}

TEST(AnFsyncMakesTheNameDurableOnce) {
  CountedFiles files;
  Fixture f(&files);
  REQUIRE(f.Open().ok());
  f.Add(1);
  CHECK(f.Ask().ok());
  CHECK_EQ(files.syncs.load(), 0);
  CHECK(f.Ask(RecordKind::kSync).ok());
  CHECK(f.Ask(RecordKind::kSync).ok());
  CHECK_EQ(files.syncs.load(), 2);
  CHECK_EQ(files.directory_syncs.load(), 1);
  f.DeleteTheRun();
  f.Add(1);
  CHECK(f.Ask(RecordKind::kSync).ok());  // the new one has a name of its own
  CHECK_EQ(files.directory_syncs.load(), 2);
  files.FailFrom(0, 1, {"", EIO, 0});
  CHECK_EQ(f.Ask(RecordKind::kSync).os_errno(), EIO);
  CHECK(f.Ask(RecordKind::kSync).ok());
}

TEST(WhatIsNewIsSyncedWithinItsTimeAndNothingElse) {
  CountedFiles files;
  Fixture f(&files);
  REQUIRE(f.Open().ok());
  f.stream->sync_every_ns = std::chrono::nanoseconds(300ms).count();
  std::this_thread::sleep_for(400ms);
  CHECK_EQ(files.syncs.load(), 0);  // there is nothing
  const auto started = Clock::now();
  f.Add(1);
  while (files.syncs == 0 && Clock::now() - started < 20s) std::this_thread::sleep_for(1ms);
  CHECK(Clock::now() - started >= 300ms);
  CHECK_EQ(files.syncs.load(), 1);
  std::this_thread::sleep_for(700ms);
  CHECK_EQ(files.syncs.load(), 1);
  const auto busy = Clock::now();
  while (Clock::now() - busy < 1s) {
    f.Add(1);
    std::this_thread::sleep_for(3ms);
  }
  CHECK(files.syncs > 1);
  CHECK(files.syncs <= 2 + (Clock::now() - busy) / 300ms);
  const int before = files.syncs;
  f.stream->sync_every_ns = std::chrono::nanoseconds(1h).count();
  f.Add(1);
  CHECK(f.Ask().ok());
  CHECK_EQ(files.syncs.load(), before);
  CHECK(f.Ask(RecordKind::kClose).ok());  // who wants it durable wants its end durable
  CHECK_EQ(files.syncs.load(), before + 1);
  f.CheckFile();
}

TEST(ACallThatDoesNotReturnIsSeenAndNamed) {
  CountedFiles files;
  Fixture f(&files);
  REQUIRE(f.Open().ok());
  f.Add(1);
  CHECK(f.Ask().ok());
  CHECK(f.core->CallAge() == 0ns);
  CHECK_EQ(f.core->CallText(), std::string());
  {
    std::lock_guard hold(files.held_up);
    f.Add(1);
    while (f.core->CallAge() < 50ms) std::this_thread::sleep_for(1ms);
    CHECK_EQ(f.core->CallText(), "write to " + f.path);
    f.core->GiveUp(f.stream, 3);
  }
  const Status told = f.Ask();
  CHECK_EQ(told.os_errno(), ETIMEDOUT);
  CHECK(told.message().find("3 events were dropped") != std::string::npos);
  CHECK(f.Ask().ok());
  CHECK_EQ(f.stream->stats.dropped.load(), 3u);
  CHECK(f.core->CallAge() == 0ns);
  f.CheckFile();
}

TEST(ADestroyThatFindsTheRingFullAndStuckGivesUp) {
  CountedFiles files;
  Fixture f(&files);
  REQUIRE(f.Open().ok());
  {
    std::lock_guard hold(files.held_up);
    while (f.core->TryScalar(f.series, 1.5, f.steps, 0)) ++f.steps;
    while (f.core->CallAge() == 0ns) std::this_thread::sleep_for(1ms);
    while (f.core->TryScalar(f.series, 1.5, f.steps, 0)) ++f.steps;  // what the thread had taken
    f.core->Destroy(f.stream);
  }
  CHECK(f.core->DrainAll(30s));
  f.CheckFile();
}

TEST(ALargeEventIsWrittenInPieces) {
  CountedFiles files;
  Fixture f(&files);
  REQUIRE(f.Open().ok());
  CHECK(f.Ask().ok());
  const int before = files.writes;
  const std::string body = wire::reference::Bytes(3, std::string(20 << 20, 'b'));
  ByteBuffer far_body;
  REQUIRE(far_body.Append(body.data(), body.size()));
  CHECK(TryFarEvent(f.core.get(), f.stream, {1.5, 1}, &far_body, 0));
  CHECK(f.Ask().ok());
  CHECK(files.writes - before >= 5);
  const auto payloads = PayloadsOf(testing::ReadWholeFile(f.path));
  REQUIRE(payloads.size() == 2);
  CHECK(payloads[1] == wire::reference::Event(1.5, 1, body));
}

TEST(WhatStandsInADeletedFilesPlaceIsNeverTouched) {
  Fixture f(&io::System());
  REQUIRE(f.Open().ok());
  f.Add(1);
  CHECK(f.Ask().ok());
  const std::string precious = f.directory.File("precious");
  std::ofstream(precious) << "keep";
  REQUIRE(unlink(f.path.c_str()) == 0);
  REQUIRE(symlink(precious.c_str(), f.path.c_str()) == 0);
  f.Add(2);
  const Status status = f.Ask();
  CHECK_EQ(status.os_errno(), EEXIST);
  CHECK_EQ(status.path(), f.path);
  CHECK_EQ(testing::ReadWholeFile(precious), std::string("keep"));
  REQUIRE(unlink(f.path.c_str()) == 0);
  CHECK(f.Ask().ok());
  f.CheckFile(1);
  CHECK_EQ(testing::ReadWholeFile(precious), std::string("keep"));
}

}  // namespace ringboard::writer
