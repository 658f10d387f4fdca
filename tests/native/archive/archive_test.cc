#include <cstring>
#include <string>

#include "archive/block.h"
#include "archive/column.h"
#include "archive/shape.h"
#include "archive/walk.h"
#include "test.h"
#include "wire/scalar.h"
#include "wire/summary.h"

namespace ringboard::archive {
namespace {

using testing::Random;
using Text = std::string;

Bytes View(const Text& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
Text Of(const ByteBuffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

Text Record(double wall_time, int64_t step, const Text& body) {
  Text record(wire::EventRecordSize(step, body.size()), '\0');
  wire::PutEventRecord(reinterpret_cast<uint8_t*>(record.data()), wall_time, step, body.data(),
                       body.size());
  return record;
}

Text Framed(const Text& payload) {
  Text record(payload.size() + wire::kRecordOverhead, '\0');
  auto* const at = reinterpret_cast<uint8_t*>(record.data());
  uint8_t* const end =
      wire::PutBytes(at + wire::kRecordHeaderBytes, payload.data(), payload.size());
  wire::FrameRecord(at, end);
  return record;
}

Text Scalar(const wire::ScalarTemplate& scalar, double wall_time, int64_t step, double value) {
  Text record(scalar.max_record_bytes(), '\0');
  auto* const at = reinterpret_cast<uint8_t*>(record.data());
  record.resize(static_cast<size_t>(scalar.Encode(at, wall_time, step, value) - at));
  return record;
}

Text Field(uint32_t field, const Text& bytes) {
  Text out(bytes.size() + 12, '\0');
  auto* const at = reinterpret_cast<uint8_t*>(out.data());
  out.resize(static_cast<size_t>(wire::PutBytesField(at, field, bytes) - at));
  return out;
}

// A summary of one value of a kind that has no holes.
Text OtherBody(const Text& tag, size_t bytes) {
  return Field(5, Field(1, Field(1, tag) + Field(4, Text(bytes, 'p'))));
}

constexpr double kNow = 1.7e9;

Text Unpack(const Encoded& encoded, size_t size) {
  ByteBuffer out;
  std::vector<Run> runs;
  CHECK(Decode({encoded.columns.data(), encoded.columns.size()},
               Bytes{encoded.small_bodies.data(), encoded.small_bodies.size()},
               Bytes{encoded.large_bodies.data(), encoded.large_bodies.size()}, size, &out, &runs)
            .ok());
  CHECK(size == 0 || (runs.size() == 1 && runs[0].offset == 0 && runs[0].size == size));
  return Of(out);
}

void Pack(const Text& bytes, Encoded* encoded) {
  CHECK(Encode(View(bytes), encoded).ok());
  CHECK(Unpack(*encoded, bytes.size()) == bytes);
}

// How many bytes of the columns are no template's and no head's.
size_t ColumnBytes(const Text& bytes) {
  Encoded encoded;
  Pack(bytes, &encoded);
  return encoded.columns.size();
}

TEST(ScalarsOfEveryStyleBecomeColumns) {
  for (const auto style : {wire::ScalarStyle::kSimple, wire::ScalarStyle::kFloatTensor,
                           wire::ScalarStyle::kDoubleTensor}) {
    const wire::ScalarTemplate loss("loss", style), rate("rate", style);
    Text log;
    for (int i = 0; i < 1000; ++i) {
      log += Scalar(loss, kNow + i, i, 1.0 / (i + 1)) + Scalar(rate, kNow + i, i, 0.1);
    }
    INFO("style ", style);
    Encoded encoded;
    Pack(log, &encoded);
    // Order, wall time, step and value of each.
    const size_t width = style == wire::ScalarStyle::kDoubleTensor ? 8 : 4;
    CHECK(encoded.columns.size() < 2000 * (1 + 4 + 1 + width) + 300);
    CHECK(encoded.small_bodies.empty() && encoded.large_bodies.empty() && !encoded.untagged);
    CHECK(encoded.scalar_tags == (std::vector<Text>{"loss", "rate"}));
  }
}

TEST(EventsOfManyValuesAreOneTemplate) {
  const wire::ScalarTemplate a("a", wire::ScalarStyle::kSimple), b("b", wire::ScalarStyle::kSimple);
  Text log;
  for (int i = 0; i < 500; ++i) {
    const wire::TaggedValue values[] = {{&a, 1.0f / static_cast<float>(i + 1)}, {&b, 2.5f}};
    Text record(wire::LogRecordMaxBytes(values), '\0');
    auto* const at = reinterpret_cast<uint8_t*>(record.data());
    record.resize(static_cast<size_t>(wire::PutLogRecord(at, kNow + i, i, values) - at));
    log += record;
  }
  CHECK(ColumnBytes(log) < 500 * (4 + 1 + 2 * 4) + 200);
}

TEST(AnyWallTimeStepAndValueComeBack) {
  const wire::ScalarTemplate loss("loss", wire::ScalarStyle::kSimple);
  const wire::ScalarTemplate exact("exact", wire::ScalarStyle::kDoubleTensor);
  Random random(7);
  Text log;
  for (int i = 0; i < 3000; ++i) {
    // Few bits and many: every width of a varint, every kind of double.
    const auto step = static_cast<int64_t>(random.Next() >> random.Below(64));
    const auto bits = [&] { return std::bit_cast<double>(random.Next()); };
    log += random.Below(2) != 0 ? Scalar(loss, bits(), -step, bits())
                                : Scalar(exact, bits(), step, bits());
  }
  Encoded encoded;
  Pack(log, &encoded);
  CHECK(!encoded.untagged);
}

TEST(BodiesGoByTheirSize) {
  const wire::ScalarTemplate loss("loss", wire::ScalarStyle::kSimple);
  const Text scalar = Scalar(loss, kNow, 1, 0.5);
  const Text small = Record(kNow, 1, OtherBody("histogram", 500));
  const Text large = Record(kNow, 1, OtherBody("picture", kMaxBlockBytes / 1000));
  const Text log = scalar + small + scalar + large + scalar + scalar;
  Encoded encoded;
  Pack(log, &encoded);
  CHECK(encoded.scalar_tags == std::vector<Text>{"loss"});
  CHECK(encoded.small_tags == std::vector<Text>{"histogram"});
  CHECK(encoded.large_tags == std::vector<Text>{"picture"});

  // Without the bodies, what stands between them.
  const Bytes columns{encoded.columns.data(), encoded.columns.size()};
  const Bytes small_bodies{encoded.small_bodies.data(), encoded.small_bodies.size()};
  ByteBuffer out;
  std::vector<Run> runs;
  CHECK(Decode(columns, std::nullopt, std::nullopt, log.size(), &out, &runs).ok());
  CHECK(Of(out) == scalar + scalar + scalar + scalar);
  CHECK_EQ(runs.size(), size_t{3});
  CHECK_EQ(runs[1].offset, scalar.size() + small.size());
  CHECK_EQ(runs[2].offset, log.size() - 2 * scalar.size());
  CHECK_EQ(runs[2].size, 2 * scalar.size());

  ByteBuffer with_small;
  CHECK(Decode(columns, small_bodies, std::nullopt, log.size(), &with_small, &runs).ok());
  CHECK(Of(with_small) == scalar + small + scalar + scalar + scalar);
  CHECK_EQ(runs.size(), size_t{2});
}

TEST(WhatIsNoEventStaysAsItIs) {
  const wire::ScalarTemplate loss("loss", wire::ScalarStyle::kSimple);
  const Text scalar = Scalar(loss, kNow, 5, 0.5);
  Text bad_payload = scalar, bad_length = scalar;
  bad_payload.back() ^= 1;
  bad_length[9] ^= 1;
  const Text summary = scalar.substr(wire::kRecordHeaderBytes,
                                     scalar.size() - wire::kRecordOverhead);  // wall, step, summary
  const Text head = summary.substr(0, 9), body = summary.substr(11);
  const Text odd[] = {
      Text(1, 'x'),
      Text(5000, '\0'),
      scalar.substr(0, scalar.size() - 1),
      scalar.substr(1),
      bad_payload,
      bad_length,
      bad_payload + bad_length + Text(3, '\0'),
      Framed(""),
      Framed("\x09"),
      Framed(body),                                             // no wall time
      Framed(head),                                             // nothing but a wall time
      Framed(head + Text("\x10\x00", 2) + body),                // a step of 0 that is there
      Framed(head + Text("\x10\x85\x00", 3) + body),            // 5 in two bytes
      Framed(head + "\x10\x05\x10\x06" + body),                 // twice
      Framed(head + "\x10" + Text(9, '\xff') + "\x7f" + body),  // more than 64 bits
      Framed(head + "\x10\xff"),
      Framed(head + body + "\x10\x05"),  // the step behind
      Framed(head + "\x10\x05" + body + body),
      Framed(head + "\x10\x05" + body.substr(0, body.size() - 1)),
      Framed(head + "\x10\x05\x1a\x0d" + "brain.Event:2"),
      Framed(summary + Text("\x2a\xff\xff\xff\xff\x7f", 6)),
  };
  for (const Text& each : odd) {
    INFO("odd ", &each - odd);
    Encoded encoded;
    Pack(each, &encoded);
    Encoded between;
    Pack(scalar + each + scalar, &between);
    CHECK(between.scalar_tags == std::vector<Text>{"loss"});
  }
  Encoded damaged;
  Pack(scalar + bad_payload + bad_length + scalar + scalar, &damaged);
  CHECK(damaged.untagged);
  CHECK(damaged.columns.size() < 2 * scalar.size() + 150);
  Encoded version;
  Pack(Framed(head + "\x1a\x0d" + "brain.Event:2"), &version);
  CHECK(version.untagged);
  Encoded empty;
  Pack("", &empty);
}

TEST(TagsOfWhatIsNoScalarAreKnown) {
  const Text tag = Field(1, "t");
  const struct {
    Text body;
    BodyKind kind;
  } cases[] = {
      {Field(5, Field(1, tag + Text("\x15....", 5))), BodyKind::kScalars},
      {Field(5, Field(1, Text("\x15....", 5) + tag)), BodyKind::kScalars},
      {Field(5, Field(1, tag + Field(8, "\x08\x01" + Field(5, "....")))), BodyKind::kScalars},
      {Field(5, Field(1, tag + Field(8, "\x08\x01" + Field(2, "") + Field(4, "....")))),
       BodyKind::kScalars},
      {Field(5, Field(1, tag + Field(8, "\x08\x01" + Field(5, "........")))), BodyKind::kScalars},
      {Field(5, Field(1, tag + Field(8, "\x08\x01" + Field(5, "............")))), BodyKind::kOther},
      {Field(5, Field(1, tag + Field(8, "\x08\x01"))), BodyKind::kOther},
      {Field(5, Field(1, tag + Field(9, "m"))), BodyKind::kOther},
      {Field(5, Field(1, tag + Field(5, "histogram"))), BodyKind::kOther},
      {Field(4, "graph"), BodyKind::kOther},
      {Field(5, ""), BodyKind::kUntagged},
      {Field(7, "session"), BodyKind::kUntagged},
      {Field(5, Field(2, tag)), BodyKind::kUntagged},
      {Field(5, Field(1, tag + "\x15...")), BodyKind::kUntagged},
      {"", BodyKind::kUntagged},
  };
  for (const auto& [body, kind] : cases) {
    INFO("case ", &body - &cases[0].body);
    Shape shape;
    ParseShape(View(body).data(), body.size(), &shape);
    CHECK_EQ(shape.kind, kind);
    if (kind == BodyKind::kScalars) CHECK_EQ(shape.holes.size(), size_t{1});
    if (kind != BodyKind::kUntagged && body[0] == 0x2a) CHECK(shape.tags[0] == "t");
  }
}

TEST(SplitEndsBehindTheLastWholeRecord) {
  const wire::ScalarTemplate loss("loss", wire::ScalarStyle::kSimple);
  const Text scalar = Scalar(loss, kNow, 5, 0.5);
  const auto split = [](const Text& text) { return Split(View(text).data(), text.size()); };
  const Text three = scalar + scalar + scalar;
  for (size_t size = 0; size <= three.size(); ++size) {
    CHECK_EQ(split(three.substr(0, size)), size / scalar.size() * scalar.size());
  }
  // Damage ends where a record begins, or with the bytes.
  CHECK_EQ(split(Text(1000, 'x') + scalar + scalar.substr(0, 20)), 1000 + scalar.size());
  CHECK_EQ(split(Text(1000, 'x')), size_t{1000});
}

TEST(HeadersWithoutPayloadsCostLinearTime) {
  // Each header promises all that follows: followed up, that would be 10^11 bytes to checksum.
  Text bytes;
  const size_t count = 300000;
  for (size_t i = 0; i < count; ++i) {
    uint8_t header[12];
    const uint64_t rest = (count - i) * 12 - 12 - 4;
    wire::PutRecordHeader(header, rest, wire::RecordHeaderCrc(rest));
    bytes.append(reinterpret_cast<const char*>(header), sizeof header);
  }
  Encoded encoded;
  Pack(bytes, &encoded);
}

TEST(CodingsComeBack) {
  Random random(3);
  for (int width : {4, 8}) {
    const uint64_t mask = width == 8 ? ~uint64_t{0} : 0xffffffff;
    for (int i = 0; i < 20000; ++i) {
      const uint64_t bits = random.Next() >> random.Below(64) & mask;
      const uint64_t before = random.Below(3) == 0 ? bits ^ 1 : random.Next() & mask;
      for (int coding = 0; coding < kCodings; ++coding) {
        const auto each = static_cast<Coding>(coding);
        const uint64_t coded = EncodeValue(each, width, bits, before);
        CHECK(coded <= mask);
        CHECK_EQ(DecodeValue(each, width, coded, before), bits);
      }
    }
  }
  // Neighbours of either sign differ by one; across zero too, as -0 lies beside 0.
  CHECK_EQ(EncodeValue(Coding::kDelta, 4, 0x3f800001, 0x3f800000), uint64_t{2});
  CHECK_EQ(EncodeValue(Coding::kDelta, 4, 0xbf800001, 0xbf800000), uint64_t{1});
  CHECK_EQ(EncodeValue(Coding::kDelta, 4, 0x00000000, 0x80000000), uint64_t{2});
}

TEST(DamagedColumnsAreAnError) {
  const wire::ScalarTemplate loss("loss", wire::ScalarStyle::kSimple);
  Text log;
  for (int i = 0; i < 30; ++i) {
    log += Scalar(loss, kNow + i, i * i, i) + Record(kNow, i, OtherBody("h", 20));
    if (i % 7 == 0) log += "rest";
  }
  Encoded encoded;
  Pack(log, &encoded);
  const Text columns = Of(encoded.columns);
  const Bytes small{encoded.small_bodies.data(), encoded.small_bodies.size()};
  const auto decode = [&](const Text& from, size_t size) {
    ByteBuffer out;
    std::vector<Run> runs;
    const bool ok = Decode(View(from), small, Bytes(), size, &out, &runs).ok();
    CHECK_EQ(out.size(), ok ? size : 0);
    return ok;
  };
  CHECK(decode(columns, log.size()));
  CHECK(!decode(columns + "x", log.size()));
  for (size_t size : {size_t{0}, log.size() - 1, log.size() + 1, kMaxBlockBytes, SIZE_MAX}) {
    CHECK(!decode(columns, size));
  }
  for (size_t size = 0; size < columns.size(); ++size) {
    CHECK(!decode(columns.substr(0, size), log.size()));
  }
  Random random(11);
  for (int i = 0; i < 20000; ++i) {
    Text broken = columns;
    for (uint64_t flips = 1 + random.Below(3); flips > 0; --flips) {
      broken[random.Below(broken.size())] = static_cast<char>(random.Next());
    }
    (void)decode(broken, log.size());
  }
}

}  // namespace
}  // namespace ringboard::archive
