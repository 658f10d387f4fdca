// A file system whose calls fail in turn, and one stream on it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "test.h"
#include "wire/reference.h"
#include "writer/core.h"
#include "writer/event_file.h"

namespace ringboard::writer {

using namespace std::chrono_literals;
using wire::ScalarStyle;

struct Fault {
  const char* name;
  int error;
  size_t written;  // by a write that fails: how much goes out before
};

// Counts the calls and fails those from one number on, for as many as it is told.
class CountedFiles final : public io::FileSystem {
 public:
  io::OpenResult Create(const std::string& path) override {
    if (Fails()) return {fault_.error, -1, {}};
    if (creates_that_time_out > 0) {
      --creates_that_time_out;
      std::this_thread::sleep_for(1100ms);
      return {ETIMEDOUT, -1, {}};
    }
    return io::System().Create(path);
  }
  io::OpenResult Reopen(const std::string& path, const io::FileIdentity& identity) override {
    if (Fails()) return {fault_.error, -1, {}};
    return io::System().Reopen(path, identity);
  }
  io::WriteResult Write(int fd, const uint8_t* bytes, size_t size) override {
    const std::lock_guard wait(held_up);
    ++writes;
    if (!Fails()) return io::System().Write(fd, bytes, size);
    io::WriteResult result = io::System().Write(fd, bytes, std::min(size, fault_.written));
    result.error = fault_.error;
    return result;
  }
  int Remove(const std::string& path) override { return io::System().Remove(path); }
  int Sync(int fd) override {
    ++syncs;
    return Fails() ? fault_.error : io::System().Sync(fd);
  }
  int Close(int fd) override {  // closed all the same, as close(2) does
    const int error = io::System().Close(fd);
    return Fails() ? fault_.error : error;
  }
  bool Deleted(int fd) override { return io::System().Deleted(fd); }
  int MakeDirectoriesFor(const std::string& path) override {
    return Fails() ? fault_.error : io::System().MakeDirectoriesFor(path);
  }
  int SyncDirectoriesOf(const std::string& path) override {
    ++directory_syncs;
    return Fails() ? fault_.error : io::System().SyncDirectoriesOf(path);
  }

  void FailFrom(int call, int count, const Fault& fault) {
    std::lock_guard lock(mutex_);
    first_ = calls_ + call;
    end_ = first_ + count;
    fault_ = fault;
    failed_ = false;
  }
  std::mutex held_up;  // who has it holds up all writes
  std::atomic<int> creates_that_time_out{0};
  std::atomic<int> writes{0}, syncs{0}, directory_syncs{0};

  // Whether any call has failed since FailFrom; from now on none does.
  bool EndFaults() {
    std::lock_guard lock(mutex_);
    first_ = end_ = 0;
    return failed_;
  }

 private:
  bool Fails() {
    std::lock_guard lock(mutex_);
    const int call = calls_++;
    if (call < first_ || call >= end_) return false;
    failed_ = true;
    return true;
  }
  std::mutex mutex_;
  int calls_ = 0, first_ = 0, end_ = 0;
  bool failed_ = false;
  Fault fault_{};
};

inline std::string Head() { return wire::reference::Framed("the head of the file"); }

struct Fixture {
  explicit Fixture(io::FileSystem* files) {
    Core* made = nullptr;
    if (!Core::Make(1 << 20, files, &made).ok()) std::abort();
    core.reset(made);
    path = directory.File("run/deep/events");
    std::filesystem::create_directories(directory.File("run/deep"));
  }
  Status Open() {
    if (Status status = core->Open(path, Head(), &stream); !status.ok()) return status;
    return core->DefineSeries(stream, "x", ScalarStyle::kSimple, &series);
  }
  void Add(int count) {
    for (int i = 0; i < count; ++i) {
      while (!core->TryScalar(series, 1.5, steps, 0)) core->WaitForRoom(24, 100ms);
      ++steps;
    }
  }
  Status Ask(RecordKind kind = RecordKind::kFlush) {
    uint64_t position = 0;
    while (!core->TryRequest(stream, kind, &position)) core->WaitForRoom(0, 100ms);
    CHECK(core->WaitUntilDone(position, 30s));
    return core->TakeError(stream);
  }
  // The file holds its head and the events from `first` up to the last accepted, each once.
  void CheckFile(int64_t first = 0) {
    const auto payloads = PayloadsOf(testing::ReadWholeFile(path));
    CHECK_EQ(payloads.size(), static_cast<size_t>(steps - first) + 1);
    if (payloads.empty()) return;
    CHECK_EQ(payloads[0], std::string("the head of the file"));
    for (size_t i = 1; i < payloads.size(); ++i) {
      const int64_t step = first + static_cast<int64_t>(i) - 1;
      CHECK(payloads[i] ==
            wire::reference::Event(
                1.5, step, wire::reference::Bytes(5, wire::reference::SimpleValue("x", 0))));
    }
  }
  void DeleteTheRun() { std::filesystem::remove_all(directory.File("run")); }

  testing::TemporaryDirectory directory;
  std::string path;
  std::unique_ptr<Core> core;
  Stream* stream = nullptr;
  uint32_t series = 0;
  int64_t steps = 0;
};

inline constexpr Fault kFaults[] = {
    {"ENOSPC before the first byte", ENOSPC, 0},
    {"ENOSPC in a record's header", ENOSPC, 7},
    {"ENOSPC between two records", ENOSPC, 45},
    {"EIO in a payload", EIO, 60},
    {"EDQUOT at once", EDQUOT, 0},
    {"EFBIG after many records", EFBIG, 1000},
    {"EROFS, the file system is read-only", EROFS, 0},
};

}  // namespace ringboard::writer
