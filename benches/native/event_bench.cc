// What does a scalar event cost the native side: encoded, in a file, and through the writer thread?
//
// Workload: kEvents scalars of one tag, steps counting up, for a short tag and one of 200 bytes.
//   memory   ScalarTemplate::Encode into a 256 KiB buffer that is used over and over
//   file     the same, each full buffer written to a file (unlinked between the repeats: a file
//            that grows for ever measures the kernel's write-back)
//   thread   a ring that was filled beforehand, from the start of Drain::Run until it returns:
//            take, encode, write, release, for everything in the ring
// Figures: median of kRepeats in ns an event (lowest to highest beside it).
// Left out: the producers (benches/bench_scalar_call.py has them).
// Run: make -C native bench && build/native/release/event_bench [DIRECTORY], whose files are
// removed again
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/memory.h"
#include "writer/core.h"
#include "writer/drain.h"

namespace ringboard::writer {
namespace {

constexpr int kRepeats = 9;
constexpr int kEvents = 2'000'000;
constexpr size_t kBatchBytes = 256 << 10;

struct Contender {
  std::string name;
  std::function<double()> run;  // seconds for kEvents
  std::vector<double> nanoseconds = {};
};

double Since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// `flush(begin, end)` gets each full buffer.
template <typename Flush>
double EncodeAll(const wire::ScalarTemplate& scalar, wire::ScalarTemplate::EncodeFunction encode,
                 Flush flush) {
  static std::vector<uint8_t> buffer(kBatchBytes + 4096);
  const auto start = std::chrono::steady_clock::now();
  uint8_t* const begin = buffer.data();
  uint8_t* at = begin;
  for (int i = 0; i < kEvents; ++i) {
    at = encode(scalar, at, 1.6e9 + i * 1e-5, i + 1, i * 0.5);
    if (at >= begin + kBatchBytes) {
      flush(begin, at);
      at = begin;
    }
  }
  flush(begin, at);
  return Since(start);
}

double EncodeToFile(const wire::ScalarTemplate& scalar, wire::ScalarTemplate::EncodeFunction encode,
                    const std::string& path) {
  const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) std::abort();
  const double seconds = EncodeAll(scalar, encode, [fd](const uint8_t* begin, const uint8_t* end) {
    const auto size = static_cast<ssize_t>(end - begin);
    if (write(fd, begin, static_cast<size_t>(size)) != size) std::abort();
  });
  close(fd);
  unlink(path.c_str());
  return seconds;
}

// The writer thread's work alone: what a Core composes, with nobody producing meanwhile.
double DrainFullRing(const std::string& tag, const std::string& path) {
  constexpr size_t kRingCells = 1 << 21;
  static_assert(kRingCells > kEvents);
  auto* cells = static_cast<sync::Cell*>(io::MapZeroedPages(kRingCells * sync::kCellBytes));
  if (cells == nullptr) std::abort();
  sync::Ring ring(cells, kRingCells);
  sync::Doorbell doorbell;
  sync::Gate gate;
  Tables tables;
  Drain drain(&ring, &tables, &doorbell, &gate, &io::System(), /*segment=*/nullptr);
  const io::OpenResult file = io::System().Create(path);
  if (file.error != 0) std::abort();
  auto owned = std::make_unique<Stream>(tables.streams.NextId(), path, file.identity, "");
  Stream* stream = owned.get();
  tables.streams.Add(std::move(owned));
  const uint32_t series =
      tables.series.Add(std::make_unique<Series>(stream, tag, wire::ScalarStyle::kSimple));
  drain.open_files().Adopt(stream, file.fd);
  for (int i = 0; i < kEvents; ++i) {
    const sync::Slot slot = ring.Reserve(sizeof(ScalarBody));
    *reinterpret_cast<ScalarBody*>(slot.body()) = {1.6e9 + i * 1e-5, i + 1, i * 0.5};
    sync::Ring::Commit(slot, Label(RecordKind::kScalar, series));
  }
  const auto start = std::chrono::steady_clock::now();
  drain.Stop();
  drain.Run();
  const double seconds = Since(start);
  if (stream->stats.written.load() != kEvents) std::abort();
  drain.open_files().Close(stream);
  unlink(path.c_str());
  io::UnmapPages(cells, kRingCells * sync::kCellBytes);
  return seconds;
}

int Run(const std::string& directory) {
  const std::string path = directory + "/event_bench." + std::to_string(getpid());
  std::vector<Contender> contenders;
  for (const std::string& tag : {std::string("loss"), std::string(200, 't')}) {
    static std::vector<std::unique_ptr<wire::ScalarTemplate>> templates;
    templates.push_back(std::make_unique<wire::ScalarTemplate>(tag, wire::ScalarStyle::kSimple));
    const wire::ScalarTemplate& scalar = *templates.back();
    const std::string of = ", tag of " + std::to_string(tag.size());
    for (const auto& kernel : wire::ScalarTemplate::kernels()) {
      if (!kernel.RunsOn(cpu::Detected())) continue;
      const auto encode = kernel.function;
      contenders.push_back({std::string(kernel.name) + " memory" + of, [&scalar, encode] {
                              return EncodeAll(scalar, encode, [](auto, auto) {});
                            }});
      contenders.push_back({std::string(kernel.name) + " file" + of, [&scalar, encode, path] {
                              return EncodeToFile(scalar, encode, path);
                            }});
    }
    contenders.push_back({"thread" + of, [tag, path] { return DrainFullRing(tag, path); }});
  }
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    for (Contender& each : contenders) each.nanoseconds.push_back(each.run() / kEvents * 1e9);
  }
  std::printf("level: %s, compiler: %s\n", cpu::ActiveLevelName(), __VERSION__);
  for (Contender& each : contenders) {
    std::sort(each.nanoseconds.begin(), each.nanoseconds.end());
    std::printf("%-32s %7.1f ns an event   (%.1f to %.1f)\n", each.name.c_str(),
                each.nanoseconds[kRepeats / 2], each.nanoseconds.front(), each.nanoseconds.back());
  }
  return 0;
}

}  // namespace
}  // namespace ringboard::writer

int main(int argc, char** argv) { return ringboard::writer::Run(argc > 1 ? argv[1] : "."); }
