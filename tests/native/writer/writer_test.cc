#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "test.h"
#include "wire/reference.h"
#include "writer/core.h"
#include "writer/event_file.h"

namespace ringboard::writer {
namespace {

using namespace std::chrono_literals;
using wire::ScalarStyle;

// A core, a directory, and the calls that a test makes most.
struct Fixture {
  explicit Fixture(size_t ring_bytes = 1 << 20, io::FileSystem* files = &io::System()) {
    Core* made = nullptr;
    if (const Status status = Core::Make(ring_bytes, files, &made); !status.ok()) {
      testing::Fail(__FILE__, __LINE__, status.message());
      std::abort();
    }
    core.reset(made);
  }
  Stream* Open(const std::string& name) {
    Stream* stream = nullptr;
    const Status status = core->Open(directory.File(name), "", &stream);
    if (!status.ok()) testing::Fail(__FILE__, __LINE__, status.message());
    return stream;
  }
  uint32_t Define(Stream* stream, const std::string& tag) {
    uint32_t id = 0;
    CHECK(core->DefineSeries(stream, tag, ScalarStyle::kSimple, &id).ok());
    return id;
  }
  void Scalar(uint32_t series, int64_t step, double value) {
    while (!core->TryScalar(series, 1.5, step, value)) core->WaitForRoom(24, 100ms);
  }
  void Event(Stream* stream, int64_t step, const std::string& body) {
    sync::Slot slot;
    while (!(slot = core->TryReserve(sizeof(EventBody) + body.size()))) {
      core->WaitForRoom(sizeof(EventBody) + body.size(), 100ms);
    }
    const EventBody head{1.5, step, body.size()};
    std::memcpy(slot.body(), &head, sizeof head);
    std::memcpy(slot.body() + sizeof head, body.data(), body.size());
    core->Commit(slot, RecordKind::kEvent, stream->id);
  }
  Status Flush(Stream* stream, RecordKind kind = RecordKind::kFlush) {
    uint64_t position = 0;
    while (!core->TryRequest(stream, kind, &position)) core->WaitForRoom(0, 100ms);
    CHECK(core->WaitUntilDone(position, 30s));
    return core->TakeError(stream);
  }
  std::vector<std::string> Payloads(const std::string& name) const {
    return PayloadsOf(testing::ReadWholeFile(directory.File(name)));
  }

  testing::TemporaryDirectory directory;
  std::unique_ptr<Core> core;
};

std::string ScalarPayload(const std::string& tag, int64_t step, float value) {
  return wire::reference::Event(
      1.5, step, wire::reference::Bytes(5, wire::reference::SimpleValue(tag, value)));
}

// Fails what it is told to fail, and passes the rest on.
class FaultyFiles final : public io::FileSystem {
 public:
  io::OpenResult Create(const std::string& path) override { return io::System().Create(path); }
  io::OpenResult Reopen(const std::string& path, const io::FileIdentity& identity) override {
    return io::System().Reopen(path, identity);
  }
  // Takes at most `budget` more bytes, then fails with `error`.
  io::WriteResult Write(int fd, const uint8_t* bytes, size_t size) override {
    std::lock_guard lock(mutex_);
    const size_t taken = std::min(size, budget_);
    io::WriteResult result = io::System().Write(fd, bytes, taken);
    budget_ -= taken;
    if (taken < size) result.error = error_;
    return result;
  }
  int Remove(const std::string& path) override { return io::System().Remove(path); }
  int Sync(int fd) override {
    return sync_error.load() != 0 ? sync_error.load() : io::System().Sync(fd);
  }
  int Close(int fd) override { return io::System().Close(fd); }

  void Allow(size_t bytes, int error) {
    std::lock_guard lock(mutex_);
    budget_ = bytes;
    error_ = error;
  }
  std::atomic<int> sync_error{0};

 private:
  std::mutex mutex_;
  size_t budget_ = SIZE_MAX;
  int error_ = 0;
};

// Counts what is open, and can hold the writer thread up.
class CountingFiles final : public io::FileSystem {
 public:
  io::OpenResult Create(const std::string& path) override {
    return Count(io::System().Create(path));
  }
  io::OpenResult Reopen(const std::string& path, const io::FileIdentity& identity) override {
    return Count(io::System().Reopen(path, identity));
  }
  io::WriteResult Write(int fd, const uint8_t* bytes, size_t size) override {
    if (size > 0) std::lock_guard wait(held_up);
    return io::System().Write(fd, bytes, size);
  }
  int Remove(const std::string& path) override { return io::System().Remove(path); }
  int Sync(int fd) override { return io::System().Sync(fd); }
  int Close(int fd) override {
    --open_;
    return io::System().Close(fd);
  }
  int most() const { return most_; }

  std::mutex held_up;

 private:
  io::OpenResult Count(io::OpenResult result) {
    if (result.error == 0) {
      const int open = ++open_;
      int most = most_;
      while (most < open && !most_.compare_exchange_weak(most, open)) {
      }
    }
    return result;
  }
  std::atomic<int> open_{0};
  std::atomic<int> most_{0};
};

int ThreadCount() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

TEST(EveryKindOfRecordReachesItsFileInOrder) {
  Fixture f;
  Stream* stream = f.Open("events");
  const uint32_t a = f.Define(stream, "a"), b = f.Define(stream, "b");
  std::vector<std::string> expected;
  f.Scalar(a, 7, 0.25);
  expected.push_back(ScalarPayload("a", 7, 0.25f));

  f.Event(stream, 8, "\x1a\x02hi");
  expected.push_back(wire::reference::Event(1.5, 8, "\x1a\x02hi"));

  sync::Slot slot = f.core->TryReserve(sizeof(LogBody) + 2 * sizeof(LogValue));
  const LogBody log{1.5, 9, 2};
  const LogValue values[] = {{b, 1.0f}, {a, 2.0f}};
  std::memcpy(slot.body(), &log, sizeof log);
  std::memcpy(slot.body() + sizeof log, values, sizeof values);
  f.core->Commit(slot, RecordKind::kLog, stream->id);
  expected.push_back(wire::reference::Event(
      1.5, 9,
      wire::reference::Bytes(
          5, wire::reference::SimpleValue("b", 1) + wire::reference::SimpleValue("a", 2))));

  const int64_t steps[] = {10, -11};
  const double doubles[] = {3, 4}, walls[] = {1.5, 1.5};
  slot = f.core->TryReserve(sizeof(ScalarSeriesBody) + 6 * 8);
  const ScalarSeriesBody series{2, 1, 0};
  uint8_t* at = slot.body();
  for (auto [bytes, size] : {std::pair<const void*, size_t>{&series, sizeof series},
                             {steps, sizeof steps},
                             {doubles, sizeof doubles},
                             {walls, sizeof walls}}) {
    std::memcpy(at, bytes, size);
    at += size;
  }
  f.core->Commit(slot, RecordKind::kScalarSeries, b);
  expected.push_back(ScalarPayload("b", 10, 3));
  expected.push_back(ScalarPayload("b", -11, 4));

  const std::string far_body = wire::reference::Bytes(3, std::string(3000000, 'f'));
  slot = f.core->TryReserve(sizeof(FarEventBody));
  auto* far_bytes = static_cast<uint8_t*>(std::malloc(far_body.size()));
  std::memcpy(far_bytes, far_body.data(), far_body.size());
  *reinterpret_cast<FarEventBody*>(slot.body()) = {1.5, 12, far_bytes, far_body.size(), 0};
  f.core->Commit(slot, RecordKind::kFarEvent, stream->id);
  expected.push_back(wire::reference::Event(1.5, 12, far_body));

  CHECK(f.Flush(stream).ok());
  const std::vector<std::string> payloads = f.Payloads("events");
  CHECK_EQ(payloads.size(), expected.size());
  for (size_t i = 0; i < std::min(payloads.size(), expected.size()); ++i) {
    INFO("record ", i);
    CHECK(payloads[i] == expected[i]);
  }
  CHECK_EQ(stream->stats.written.load(), 6u);
}

TEST(ImagesAreEncodedOnTheWriterThread) {
  Fixture f;
  Stream* stream = f.Open("events");
  const std::string tag = "picture";
  ImageBody body{1.5, 3, 5, 4, 3, 8, 1, 0, static_cast<uint32_t>(tag.size())};
  const sync::Slot slot = f.core->TryReserve(body.pixels_offset() + 60);
  std::memcpy(slot.body(), &body, sizeof body);
  std::memcpy(slot.body() + sizeof body, tag.data(), tag.size());
  std::memset(slot.body() + body.pixels_offset(), 200, 60);
  f.core->Commit(slot, RecordKind::kImage, stream->id);
  CHECK(f.Flush(stream).ok());
  const auto payloads = f.Payloads("events");
  REQUIRE(payloads.size() == 1);
  const size_t png = payloads[0].find("\x89PNG\r\n");
  REQUIRE(png != std::string::npos);
  const std::string image = wire::reference::Number(1, 4) + wire::reference::Number(2, 5) +
                            wire::reference::Number(3, 3) +
                            wire::reference::Bytes(4, payloads[0].substr(png));
  CHECK(payloads[0] ==
        wire::reference::Event(
            1.5, 3,
            wire::reference::Bytes(
                5, wire::reference::Bytes(
                       1, wire::reference::Bytes(1, tag) + wire::reference::Bytes(4, image)))));
}

TEST(ManyThreadsAndFilesKeepEveryTagsOrder) {
  Fixture f(1 << 16);
  constexpr int kThreads = 6, kStreams = 3;
  constexpr int64_t kSteps = 4000;
  std::vector<Stream*> streams;
  std::vector<std::vector<uint32_t>> series(kThreads);
  for (int s = 0; s < kStreams; ++s) streams.push_back(f.Open("events" + std::to_string(s)));
  for (int t = 0; t < kThreads; ++t) {
    for (Stream* stream : streams) series[t].push_back(f.Define(stream, "t" + std::to_string(t)));
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t step = 0; step < kSteps; ++step) {
        for (uint32_t id : series[t]) f.Scalar(id, step, static_cast<double>(t));
        if (step % 1500 == 1000) (void)f.Flush(streams[static_cast<size_t>(t) % kStreams]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int s = 0; s < kStreams; ++s) {
    CHECK(f.Flush(streams[s]).ok());
    std::vector<int64_t> next(kThreads, 0);
    for (const std::string& payload : f.Payloads("events" + std::to_string(s))) {
      bool matched = false;
      for (int t = 0; t < kThreads && !matched; ++t) {
        matched = payload == ScalarPayload("t" + std::to_string(t), next[t], static_cast<float>(t));
        if (matched) ++next[t];
      }
      CHECK(matched);
    }
    for (int64_t count : next) CHECK_EQ(count, kSteps);
  }
}

TEST(AnIdleWriterHasAnEventInTheFileSoonAndSleepsOtherwise) {
  Fixture f;
  Stream* stream = f.Open("events");
  const uint32_t series = f.Define(stream, "x");
  double slowest = 0;
  for (int64_t step = 0; step < 20; ++step) {
    // Every other time late enough for the thread to have parked.
    std::this_thread::sleep_for(step % 2 == 0 ? 150ms : 1ms);
    const auto called = Clock::now();
    f.Scalar(series, step, 0);
    const size_t wanted = static_cast<size_t>(step) + 1;
    while (f.Payloads("events").size() < wanted && Clock::now() - called < 10s) {
    }
    slowest = std::max(slowest, std::chrono::duration<double>(Clock::now() - called).count());
  }
  CHECK(slowest < 5);  // the promise is 10 ms; a loaded machine may take its time
  std::this_thread::sleep_for(200ms);
  const double cpu = CpuSeconds();
  std::this_thread::sleep_for(500ms);
  CHECK(CpuSeconds() - cpu < 0.05);
}

TEST(AThousandStreamsAreOneThreadAndFewDescriptors) {
  const int threads_before = ThreadCount();
  Fixture f;
  std::vector<Stream*> streams;
  std::vector<uint32_t> series;
  for (int i = 0; i < 1000; ++i) {
    streams.push_back(f.Open("events" + std::to_string(i)));
    series.push_back(f.Define(streams.back(), "x"));
  }
  for (int64_t step = 0; step < 3; ++step) {
    for (uint32_t id : series) f.Scalar(id, step, 1);
  }
  CHECK(f.core->DrainAll(30s));
  CHECK_EQ(ThreadCount(), threads_before + 1);
  CHECK(f.core->stats().open_files <= static_cast<uint64_t>(OpenFiles::kLimit));
  for (int i = 0; i < 1000; i += 37) {
    CHECK_EQ(f.Payloads("events" + std::to_string(i)).size(), 3u);
  }
}

TEST(FilesThatAreCreatedWhileTheThreadIsBusyStayWithinTheLimit) {
  CountingFiles files;
  Fixture f(1 << 20, &files);
  const uint32_t first = f.Define(f.Open("first"), "x");
  std::vector<uint32_t> series;
  {
    std::lock_guard hold(files.held_up);
    f.Scalar(first, 0, 1);
    for (int i = 0; i < 300; ++i) {  // with an empty header, so that only the thread is held up
      series.push_back(f.Define(f.Open("events" + std::to_string(i)), "x"));
    }
  }
  for (int64_t step = 0; step < 2; ++step) {
    for (uint32_t id : series) f.Scalar(id, step, 1);
    CHECK(f.core->DrainAll(30s));
  }
  CHECK(files.most() > OpenFiles::kLimit / 2);
  CHECK(files.most() <= OpenFiles::kLimit);
  for (int i = 0; i < 300; ++i) CHECK_EQ(f.Payloads("events" + std::to_string(i)).size(), 2u);
}

TEST(AFullDiskLosesNothingAndResumesAtTheExactByte) {
  FaultyFiles files;
  Fixture f(1 << 20, &files);
  Stream* stream = f.Open("events");
  const uint32_t series = f.Define(stream, "x");
  f.Scalar(series, 0, 0);
  CHECK(f.Flush(stream).ok());
  for (size_t budget : {0, 1, 13, 40}) {  // torn in the header, in the payload, at a boundary
    files.Allow(budget, ENOSPC);
    const int64_t step = static_cast<int64_t>(f.Payloads("events").size());
    for (int64_t i = 0; i < 3; ++i) f.Scalar(series, step + i, 0);
    const Status status = f.Flush(stream);
    CHECK(!status.ok());
    CHECK_EQ(status.os_errno(), ENOSPC);
    CHECK_EQ(status.path(), stream->path());
    CHECK(stream->stats.bytes_pending.load() > 0);
    files.Allow(SIZE_MAX, 0);
    CHECK(f.Flush(stream).ok());
    CHECK_EQ(f.Payloads("events").size(), static_cast<size_t>(step) + 3);
  }
  const auto payloads = f.Payloads("events");
  for (size_t step = 0; step < payloads.size(); ++step) {
    CHECK(payloads[step] == ScalarPayload("x", static_cast<int64_t>(step), 0));
  }
}

TEST(AFailingFileIsTriedAgainWithoutBeingAsked) {
  FaultyFiles files;
  Fixture f(1 << 20, &files);
  Stream* stream = f.Open("events");
  const uint32_t series = f.Define(stream, "x");
  files.Allow(5, EIO);
  f.Scalar(series, 0, 0);
  while (stream->stats.error.load() == 0) std::this_thread::sleep_for(1ms);
  files.Allow(SIZE_MAX, 0);
  const auto started = Clock::now();
  while (stream->stats.written.load() == 0 && Clock::now() - started < 20s) {
    std::this_thread::sleep_for(1ms);
  }
  CHECK_EQ(f.Payloads("events").size(), 1u);
}

TEST(AFailingFileHoldsUpNoOtherAndItsMemoryIsBounded) {
  FaultyFiles files;
  Fixture f(1 << 20, &files);
  Stream* stream = f.Open("events");
  files.Allow(0, ENOSPC);
  const std::string body = wire::reference::Bytes(3, std::string(200000, 'b'));
  constexpr int kEvents = 500;  // 100 MB
  for (int i = 0; i < kEvents; ++i) f.Event(stream, i, body);
  const Status told = f.Flush(stream);
  CHECK(told.message().find("events were dropped") != std::string::npos);
  const uint64_t dropped = stream->stats.dropped.load();
  CHECK(dropped > 0);
  CHECK(stream->stats.bytes_pending.load() <= Batch::kMaxPendingBytes + (1u << 20));
  files.Allow(SIZE_MAX, 0);
  CHECK(f.Flush(stream).ok());  // the first flush told of the loss
  CHECK_EQ(f.Payloads("events").size(), kEvents - dropped);
}

TEST(CloseIsNotTheEndAndDestroyIs) {
  Fixture f;
  Stream* stream = f.Open("events");
  const uint32_t series = f.Define(stream, "x");
  f.Scalar(series, 0, 0);
  CHECK(f.Flush(stream, RecordKind::kClose).ok());
  CHECK_EQ(f.core->stats().open_files, 0u);
  f.Scalar(series, 1, 0);
  CHECK(f.Flush(stream, RecordKind::kSync).ok());
  CHECK_EQ(f.Payloads("events").size(), 2u);
  const uint32_t id = stream->id;
  f.Scalar(series, 2, 0);
  f.core->Destroy(stream);
  CHECK(f.core->DrainAll(30s));
  CHECK_EQ(f.Payloads("events").size(), 3u);
  CHECK_EQ(f.core->stats().streams, 0u);
  CHECK_EQ(f.Open("other")->id, id);  // numbers are used again
}

TEST(SyncErrorsAreToldOnce) {
  FaultyFiles files;
  Fixture f(1 << 20, &files);
  Stream* stream = f.Open("events");
  files.sync_error = EIO;
  CHECK_EQ(f.Flush(stream, RecordKind::kSync).os_errno(), EIO);
  files.sync_error = 0;
  CHECK(f.Flush(stream, RecordKind::kSync).ok());
}

TEST(OpenLeavesNothingBehindWhenItFails) {
  FaultyFiles files;
  Fixture f(1 << 20, &files);
  Stream* stream = nullptr;
  files.Allow(3, ENOSPC);
  const Status status = f.core->Open(f.directory.File("torn"), "header bytes", &stream);
  CHECK_EQ(status.os_errno(), ENOSPC);
  CHECK(!std::filesystem::exists(f.directory.File("torn")));
  files.Allow(SIZE_MAX, 0);
  CHECK(f.core->Open(f.directory.File("torn"), "", &stream).ok());
  CHECK_EQ(f.core->Open(f.directory.File("torn"), "", &stream).os_errno(), EEXIST);
}

TEST(ImpossibleRingsAndTagsAreRefused) {
  Core* core = nullptr;
  CHECK(!Core::Make(1000, &io::System(), &core).ok());
  CHECK(!Core::Make(SIZE_MAX, &io::System(), &core).ok());
  Fixture f;
  uint32_t id;
  const std::string tag(kMaxTagBytes + 1, 'x');
  CHECK(!f.core->DefineSeries(f.Open("events"), tag, ScalarStyle::kSimple, &id).ok());
}

TEST(AForkedChildStartsAfresh) {
  testing::TemporaryDirectory directory;
  Core* core = nullptr;
  REQUIRE(Core::GetOrMake(&core).ok());
  Stream* stream = nullptr;
  REQUIRE(core->Open(directory.File("parent"), "", &stream).ok());
  uint32_t id = 0;
  REQUIRE(core->DefineSeries(stream, "p", ScalarStyle::kSimple, &id).ok());
  for (int64_t step = 0; step < 1000; ++step) CHECK(core->TryScalar(id, 1.5, step, 0));
  const uint32_t generation = Core::Generation();
  const pid_t child = fork();
  if (child == 0) {
    bool good = Core::Current() == nullptr && Core::Generation() == generation + 1;
    Core* fresh = nullptr;
    Stream* own = nullptr;
    uint32_t series = 0;
    good = good && Core::GetOrMake(&fresh).ok() && fresh != core &&
           fresh->Open(directory.File("child"), "", &own).ok() &&
           fresh->DefineSeries(own, "c", ScalarStyle::kSimple, &series).ok() &&
           fresh->TryScalar(series, 1.5, 1, 0) && fresh->DrainAll(30s);
    _exit(good ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK_EQ(status, 0);
  CHECK(core->TryScalar(id, 1.5, 1000, 0));
  CHECK(core->DrainAll(30s));
  CHECK_EQ(PayloadsOf(testing::ReadWholeFile(directory.File("parent"))).size(), 1001u);
  CHECK_EQ(PayloadsOf(testing::ReadWholeFile(directory.File("child"))).size(), 1u);
  core->Destroy(stream);
  CHECK(core->DrainAll(30s));
}

}  // namespace ringboard::writer
