#include "writer/producers.h"

#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include "test.h"
#include "wire/reference.h"
#include "writer/event_file.h"

namespace ringboard::writer {
namespace {

using namespace std::chrono_literals;
using wire::reference::Bytes;

struct Fixture {
  explicit Fixture(size_t ring_bytes = 1 << 20) {
    Core* made = nullptr;
    if (!Core::Make(ring_bytes, &io::System(), &made).ok()) std::abort();
    core.reset(made);
    if (!core->Open(directory.File("events"), "", &stream).ok()) std::abort();
  }
  std::vector<std::string> Payloads() {
    CHECK(core->DrainAll(30s));
    return PayloadsOf(testing::ReadWholeFile(directory.File("events")));
  }
  testing::TemporaryDirectory directory;
  std::unique_ptr<Core> core;
  Stream* stream = nullptr;
};

constexpr When kWhen{1.5, 7};

}  // namespace

TEST(ProducersWriteWhatTheyAreGiven) {
  Fixture f;
  CHECK(TryEvent(f.core.get(), f.stream, kWhen, "\x1a\x01x", 3));
  uint32_t a = 0, b = 0;
  CHECK(f.core->DefineSeries(f.stream, "a", wire::ScalarStyle::kSimple, &a).ok());
  CHECK(f.core->DefineSeries(f.stream, "b", wire::ScalarStyle::kSimple, &b).ok());
  const LogValue values[] = {{a, 1}, {b, 2}};
  CHECK(TryLog(f.core.get(), f.stream, kWhen, values, 2));
  const int64_t steps[] = {1, 2};
  const double doubles[] = {3, 4}, walls[] = {0.25, 0.5};
  CHECK(TryScalarSeries(f.core.get(), a, 1.5, steps, doubles, nullptr, 2));
  CHECK(TryScalarSeries(f.core.get(), a, 1.5, steps, doubles, walls, 2));
  const double limits[] = {1, 2}, counts[] = {0, 5};
  CHECK(TryHistogram(f.core.get(), f.stream, kWhen, "h", {1, 2, 5, 8, 9}, limits, counts, 2));

  using wire::reference::Event;
  using wire::reference::SimpleValue;
  std::vector<uint8_t> histogram(wire::HistogramBodySize("h", 2));
  wire::PutHistogramBody(histogram.data(), "h", {1, 2, 5, 8, 9}, limits, counts);
  const std::vector<std::string> expected = {
      Event(1.5, 7, "\x1a\x01x"),
      Event(1.5, 7, Bytes(5, SimpleValue("a", 1) + SimpleValue("b", 2))),
      Event(1.5, 1, Bytes(5, SimpleValue("a", 3))),
      Event(1.5, 2, Bytes(5, SimpleValue("a", 4))),
      Event(0.25, 1, Bytes(5, SimpleValue("a", 3))),
      Event(0.5, 2, Bytes(5, SimpleValue("a", 4))),
      Event(1.5, 7, std::string(histogram.begin(), histogram.end())),
  };
  const auto payloads = f.Payloads();
  REQUIRE(payloads.size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    INFO("record ", i);
    CHECK(payloads[i] == expected[i]);
  }
}

TEST(AnImageIsTheSameThroughTheRingAndAroundIt) {
  Fixture f;
  std::vector<uint8_t> pixels(3 * 40 * 50);
  testing::Random random(3);
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random.Next());
  const png::Planes planes{pixels.data(), Dtype::kUint8, 1, 3, 40, 50, 0, 40 * 50, 50, 1};
  png::Packing packing;
  REQUIRE(png::PackedShape(planes, png::kGridColumns, &packing).ok());
  CHECK(TryImage(f.core.get(), f.stream, kWhen, "im", planes, packing));
  ByteBuffer body;
  REQUIRE(EncodeImageBody("im", planes, packing, &body).ok());
  CHECK(TryEvent(f.core.get(), f.stream, kWhen, body.data(), body.size()));
  const auto payloads = f.Payloads();
  REQUIRE(payloads.size() == 2);
  CHECK(payloads[0] == payloads[1]);
  CHECK(payloads[0].find("\x89PNG") != std::string::npos);
}

TEST(AFarEventGivesItsMemoryUpAndArrives) {
  Fixture f(1 << 16);
  ByteBuffer body;
  const std::string text = Bytes(3, std::string(1 << 20, 'z'));
  REQUIRE(body.Append(text.data(), text.size()));
  CHECK(TryFarEvent(f.core.get(), f.stream, kWhen, &body, /*kept=*/0));
  CHECK(body.empty());
  const auto payloads = f.Payloads();
  REQUIRE(payloads.size() == 1);
  CHECK(payloads[0] == wire::reference::Event(1.5, 7, text));
}

TEST(AFullRingRefusesAndLeavesNothingBehind) {
  Fixture f(1 << 16);
  ByteBuffer far_body;
  REQUIRE(far_body.Append("far", 3));
  const std::string body(4000, 'x');
  uint64_t accepted = 0, refused = 0;
  for (int i = 0; i < 20000; ++i) {
    if (TryEvent(f.core.get(), f.stream, kWhen, body.data(), body.size())) {
      ++accepted;
    } else {
      ++refused;
      f.core->WaitForRoom(EventBytes(body.size()), 1s);
    }
  }
  CHECK(refused > 0);
  CHECK_EQ(f.Payloads().size(), accepted);
}

}  // namespace ringboard::writer
