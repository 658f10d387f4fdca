#include <cmath>
#include <limits>
#include <vector>

#include "test.h"
#include "wire/reference.h"
#include "wire/scalar.h"
#include "wire/summary.h"

namespace ringboard::wire {
namespace {

// Both sides of every varint length, and both ends of int64.
std::vector<int64_t> InterestingSteps() {
  std::vector<int64_t> steps = {0, 1, -1, std::numeric_limits<int64_t>::min(),
                                std::numeric_limits<int64_t>::max()};
  for (int bits = 1; bits < 63; ++bits) {
    for (int64_t around : {-1, 0, 1}) steps.push_back((int64_t{1} << bits) + around);
  }
  return steps;
}

const double kValues[] = {0.0,
                          -0.0,
                          1.5,
                          -3.25e-7,
                          1e300,
                          1e-50,
                          std::numeric_limits<double>::infinity(),
                          std::numeric_limits<double>::quiet_NaN()};
const double kWallTimes[] = {0.0, 1.0, 1763712000.123456, -5.0, 1e308};

std::string ReferenceScalar(const std::string& tag, ScalarStyle style, double wall, int64_t step,
                            double value) {
  const std::string inner =
      style == ScalarStyle::kSimple
          ? reference::SimpleValue(tag, static_cast<float>(value))
          : reference::TensorValue(tag, value, style == ScalarStyle::kDoubleTensor);
  return reference::Framed(reference::Event(wall, step, reference::Bytes(5, inner)));
}

std::string Text(const uint8_t* begin, const uint8_t* end) { return std::string(begin, end); }

}  // namespace

TEST(EveryScalarEncoderWritesTheReferencesBytes) {
  for (const auto& kernel : ScalarTemplate::kernels()) {
    if (!kernel.RunsOn(cpu::Detected())) continue;
    INFO("kernel ", std::string(kernel.name));
    for (size_t tag_bytes : {0, 1, 4, 15, 16, 17, 100, 127, 128, 129, 1000, 1023, 20000}) {
      const std::string tag(tag_bytes, 't');
      const ScalarTemplate scalar(tag, ScalarStyle::kSimple);
      std::vector<uint8_t> out(scalar.max_record_bytes());
      for (int64_t step : InterestingSteps()) {
        if (tag_bytes > 128 && step > 300 && step % 7 != 0) continue;  // long references are slow
        for (double value : kValues) {
          const double wall = kWallTimes[static_cast<uint64_t>(step) % 5];
          uint8_t* end = kernel.function(scalar, out.data(), wall, step, value);
          REQUIRE(end <= out.data() + out.size());
          INFO("tag bytes ", tag_bytes, " step ", step, " value ", value);
          CHECK(Text(out.data(), end) ==
                ReferenceScalar(tag, ScalarStyle::kSimple, wall, step, value));
          if (tag_bytes > 1000) break;
        }
      }
    }
  }
}

TEST(ScalarEncodersAgreeOnRandomCalls) {
  testing::Random random(7);
  for (int round = 0; round < 2000; ++round) {
    const std::string tag(random.Below(200), static_cast<char>('a' + random.Below(26)));
    const ScalarTemplate scalar(tag, ScalarStyle::kSimple);
    std::vector<uint8_t> expected(scalar.max_record_bytes()), out(scalar.max_record_bytes());
    for (int call = 0; call < 20; ++call) {
      const int64_t step = static_cast<int64_t>(random.Next() >> random.Below(64));
      const double wall = std::bit_cast<double>(random.Next());
      const double value = std::bit_cast<double>(random.Next());
      uint8_t* end = ScalarEncoders::EncodePortable(scalar, expected.data(), wall, step, value);
      for (const auto& kernel : ScalarTemplate::kernels()) {
        if (!kernel.RunsOn(cpu::Detected())) continue;
        INFO("kernel ", std::string(kernel.name), " round ", round, " step ", step);
        uint8_t* other = kernel.function(scalar, out.data(), wall, step, value);
        CHECK(Text(out.data(), other) == Text(expected.data(), end));
      }
    }
  }
}

TEST(ScalarEncodersStayWithinTheirRoom) {
  for (size_t tag_bytes = 0; tag_bytes < 100; ++tag_bytes) {
    const ScalarTemplate scalar(std::string(tag_bytes, 'x'), ScalarStyle::kSimple);
    testing::GuardedBytes memory(scalar.max_record_bytes());
    for (const auto& kernel : ScalarTemplate::kernels()) {
      if (!kernel.RunsOn(cpu::Detected())) continue;
      for (int64_t step : {int64_t{0}, int64_t{1} << 41, int64_t{-1}}) {
        kernel.function(scalar, memory.AtEnd(scalar.max_record_bytes()), 1.0, step, 2.0);
      }
    }
  }
}

TEST(TensorStylesWriteTheReferencesBytes) {
  for (ScalarStyle style : {ScalarStyle::kFloatTensor, ScalarStyle::kDoubleTensor}) {
    for (size_t tag_bytes : {0, 5, 120, 300}) {
      const std::string tag(tag_bytes, 'q');
      const ScalarTemplate scalar(tag, style);
      std::vector<uint8_t> out(scalar.max_record_bytes());
      for (int64_t step : InterestingSteps()) {
        uint8_t* end = scalar.Encode(out.data(), 12.5, step, 0.1);
        CHECK(Text(out.data(), end) == ReferenceScalar(tag, style, 12.5, step, 0.1));
      }
    }
  }
}

TEST(LogRecordHoldsEveryValueInOrder) {
  std::vector<std::unique_ptr<ScalarTemplate>> templates;
  std::vector<TaggedValue> values;
  std::string inner;
  for (int count = 0; count < 40; ++count) {
    const std::string tag = "tag/" + std::string(static_cast<size_t>(count) * 5, 'z');
    std::vector<uint8_t> out(LogRecordMaxBytes(values));
    uint8_t* end = PutLogRecord(out.data(), 3.5, count * 1000, values);
    REQUIRE(end <= out.data() + out.size());
    CHECK(Text(out.data(), end) ==
          reference::Framed(reference::Event(3.5, count * 1000, reference::Bytes(5, inner))));
    templates.push_back(std::make_unique<ScalarTemplate>(tag, ScalarStyle::kSimple));
    values.push_back({templates.back().get(), static_cast<float>(count) * 0.5f});
    inner += reference::SimpleValue(tag, values.back().value);
  }
}

TEST(HistogramBodyIsTheReferences) {
  for (size_t buckets : {size_t{0}, size_t{1}, size_t{15}, size_t{16}, size_t{1549}}) {
    std::vector<double> limits(buckets), counts(buckets);
    std::string packed_limits, packed_counts;
    for (size_t i = 0; i < buckets; ++i) {
      packed_limits += reference::Raw(limits[i] = static_cast<double>(i) * 0.1);
      packed_counts += reference::Raw(counts[i] = static_cast<double>(i % 7));
    }
    const HistogramStats stats{-1, 2, 300, 0.5, 1e9};
    std::string histogram = reference::Double(1, -1) + reference::Double(2, 2) +
                            reference::Double(3, 300) + reference::Double(4, 0.5) +
                            reference::Double(5, 1e9);
    if (buckets != 0) {
      histogram += reference::Bytes(6, packed_limits) + reference::Bytes(7, packed_counts);
    }
    const std::string expected = reference::Bytes(
        5, reference::Bytes(1, reference::Bytes(1, "h") + reference::Bytes(5, histogram)));
    std::vector<uint8_t> out(HistogramBodySize("h", buckets));
    uint8_t* end = PutHistogramBody(out.data(), "h", stats, limits, counts);
    CHECK(end == out.data() + out.size());
    CHECK(Text(out.data(), end) == expected);
  }
}

TEST(ImageBodyHeadIsTheReferences) {
  for (size_t encoded : {size_t{0}, size_t{1}, size_t{127}, size_t{128}, size_t{70000}}) {
    const std::string bytes(encoded, 'p');
    const std::string image = reference::Number(1, 480) + reference::Number(2, 64000) +
                              reference::Number(3, 3) + reference::Bytes(4, bytes);
    const std::string expected = reference::Bytes(
        5, reference::Bytes(1, reference::Bytes(1, "im") + reference::Bytes(4, image)));
    const ImageShape shape{480, 64000, 3};
    std::vector<uint8_t> out(ImageBodyHeadSize("im", shape, encoded));
    uint8_t* end = PutImageBodyHead(out.data(), "im", shape, encoded);
    CHECK(end == out.data() + out.size());
    CHECK(Text(out.data(), end) + bytes == expected);
  }
}

TEST(EventRecordIsTheReferences) {
  for (int64_t step : InterestingSteps()) {
    const std::string body = reference::Bytes(3, "brain.Event:2");
    std::vector<uint8_t> out(EventRecordSize(step, body.size()));
    uint8_t* end = PutEventRecord(out.data(), 9.75, step, body.data(), body.size());
    CHECK(end == out.data() + out.size());
    CHECK(Text(out.data(), end) == reference::Framed(reference::Event(9.75, step, body)));
  }
}

}  // namespace ringboard::wire
