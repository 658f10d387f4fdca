#include "reader/log.h"

#include <cmath>
#include <string>

#include "files.h"
#include "reader/pattern.h"
#include "test.h"

namespace ringboard::reader {
namespace {

struct Read {
  explicit Read(const std::string& file, const Wanted& wanted = {}) : log(wanted), scanner(&log) {
    MemorySource source({reinterpret_cast<const uint8_t*>(file.data()), file.size()});
    CHECK(scanner.Scan(source, true).ok());
    CHECK(scanner.problems().empty());
  }
  Series* Find(const std::string& tag, SeriesClass series_class = SeriesClass::kNumbers) {
    for (const auto& each : log.series()) {
      if (each->tag() == tag && each->series_class() == series_class) return each.get();
    }
    return nullptr;
  }
  Log log;
  Scanner scanner;
};

double NumberOf(Series* series, size_t row) {
  return series->has_doubles() ? series->doubles().data()[row] : series->floats().data()[row];
}

TEST(ScalarsBecomeColumns) {
  std::string file;
  for (int64_t step : {int64_t{0}, int64_t{1}, int64_t{300}, int64_t{-5}, INT64_MAX}) {
    for (const char* tag : {"", "a", "train/loss", "train/lost"}) {
      file += Scalar(tag, 1.5 + static_cast<double>(step), step, static_cast<double>(step) / 2);
    }
    file += Scalar(std::string(300, 'x'), 1, step, 1);
  }
  Read read(file);
  CHECK_EQ(read.log.series().size(), 5u);
  for (const char* tag : {"", "a", "train/loss", "train/lost"}) {
    INFO("tag ", tag);
    Series* const series = read.Find(tag);
    REQUIRE(series != nullptr && series->rows() == 5);
    CHECK_EQ(series->steps().data()[2], 300);
    CHECK_EQ(series->steps().data()[3], -5);
    CHECK_EQ(series->steps().data()[4], INT64_MAX);
    CHECK_EQ(series->wall_times().data()[2], 301.5);
    CHECK_EQ(NumberOf(series, 3), -2.5);
    CHECK(!series->has_doubles());
  }
  CHECK(read.log.problems().empty());
}

// Whatever order tags come in, the guess of the next one must not mix them up.
TEST(TagsInAnyOrderKeepTheirValues) {
  testing::Random random(5);
  std::string file;
  std::vector<std::vector<float>> expected(30);
  for (int i = 0; i < 5000; ++i) {
    const size_t tag = random.Below(4) == 0 ? random.Below(30) : static_cast<size_t>(i) % 30;
    file += Scalar(testing::Join("tag", tag), 1, i, i);
    expected[tag].push_back(static_cast<float>(i));
  }
  Read read(file);
  for (size_t tag = 0; tag < expected.size(); ++tag) {
    Series* const series = read.Find(testing::Join("tag", tag));
    REQUIRE(series != nullptr && series->rows() == expected[tag].size());
    CHECK(std::equal(expected[tag].begin(), expected[tag].end(), series->floats().data()));
  }
}

TEST(FieldsInAnyOrderAndUnknownOnesAreRead) {
  const std::string group = Varint(20 << 3 | 3) + VarintField(7, 1) + Varint(20 << 3 | 4);
  const std::string value = FloatField(2, 9) + VarintField(99, 3) + group + FloatField(2, 4) +
                            BytesField(1, "old") + BytesField(1, "t");
  const std::string event = BytesField(5, group + BytesField(1, value)) + VarintField(30, 5) +
                            VarintField(2, 1) + VarintField(2, 7) + DoubleField(1, 3);
  Read read(Record(event));
  Series* const series = read.Find("t");
  REQUIRE(series != nullptr && series->rows() == 1);
  CHECK_EQ(series->steps().data()[0], 7);
  CHECK_EQ(series->wall_times().data()[0], 3.0);
  CHECK_EQ(NumberOf(series, 0), 4.0);
}

TEST(EveryEncodingOfAScalarIsANumber) {
  const std::string metadata = BytesField(9, BytesField(1, BytesField(1, "scalars")));
  const std::string tag = BytesField(1, "t");
  const auto tensor = [&](const std::string& proto) {
    return Record(ValueEvent(tag + metadata + BytesField(8, proto)));
  };
  const std::string half_one(1, '\x01');
  struct {
    std::string file;
    double expected;
    bool is_double;
  } const cases[] = {
      {Scalar("t", 1, 2, 0.1, wire::ScalarStyle::kFloatTensor), static_cast<double>(0.1f), false},
      {Scalar("t", 1, 2, 0.1, wire::ScalarStyle::kDoubleTensor), 0.1, true},
      {tensor(VarintField(1, 1) + FloatField(5, 2.5f)), 2.5, false},  // not packed
      {tensor(VarintField(1, 1) + BytesField(4, std::string("\0\0\xc0\x3f", 4))), 1.5, false},
      {tensor(VarintField(1, 2) + BytesField(4, std::string("\0\0\0\0\0\0\xf8\x3f", 8))), 1.5,
       true},
      {tensor(VarintField(1, 19) + BytesField(13, Varint(0x3c00))), 1, false},
      {tensor(VarintField(1, 19) + BytesField(13, Varint(1))), 0x1p-24, false},
      {tensor(VarintField(1, 14) + BytesField(13, Varint(0x4040))), 3, false},
      {tensor(VarintField(1, 3) + BytesField(7, Varint(~uint64_t{0}))), -1, true},
      {tensor(VarintField(1, 9) + VarintField(10, 1 << 30)), 1 << 30, true},
      {tensor(VarintField(1, 10) + BytesField(11, half_one)), 1, true},
      {tensor(VarintField(1, 23) + BytesField(17, Varint(5))), 5, true},
      {tensor(VarintField(1, 1) + BytesField(2, BytesField(2, VarintField(1, 1))) +
              FloatField(5, 2)),
       2, false},  // of shape [1]
  };
  for (const auto& each : cases) {
    INFO("case ", &each - cases);
    Read read(each.file);
    Series* const series = read.Find("t");
    REQUIRE(series != nullptr && series->rows() == 1);
    CHECK_EQ(NumberOf(series, 0), each.expected);
    CHECK_EQ(series->has_doubles(), each.is_double);
    CHECK_EQ(series->plugin, "scalars");
  }
  // No numbers: two elements, another shape, no element.
  for (const std::string& proto :
       {VarintField(1, 1) + FloatField(5, 1) + FloatField(5, 1),
        VarintField(1, 1) + BytesField(2, BytesField(2, VarintField(1, 2))) + FloatField(5, 1),
        VarintField(1, 1)}) {
    Read read(tensor(proto));
    CHECK(read.Find("t") == nullptr);
    CHECK(read.Find("t", SeriesClass::kBodies) != nullptr);
  }
}

// The guess that an event is like the one before must look at every byte but those of the number.
TEST(ScalarsOfAllStylesInARow) {
  testing::Random random(17);
  const wire::ScalarStyle styles[] = {wire::ScalarStyle::kSimple, wire::ScalarStyle::kFloatTensor,
                                      wire::ScalarStyle::kDoubleTensor};
  for (int round = 0; round < 50; ++round) {
    INFO("round ", round);
    std::string file;
    std::vector<double> expected[3];
    std::vector<int64_t> steps[3];
    for (int i = 0; i < 200; ++i) {
      const size_t tag = random.Below(8) == 0 ? random.Below(3) : static_cast<size_t>(i) % 3;
      const auto style = styles[random.Below(4) == 0 ? random.Below(3) : tag];
      const int64_t step = static_cast<int64_t>(random.Below(300));
      const double value = static_cast<double>(random.Next()) * 0x1p-60;
      file += Scalar(testing::Join("t", tag), i, step, value, style);
      const double as_float = static_cast<float>(value);
      expected[tag].push_back(style == wire::ScalarStyle::kDoubleTensor ? value : as_float);
      steps[tag].push_back(step);
      if (random.Below(10) == 0) {  // like a scalar, but something stands behind it
        std::string other = Scalar(testing::Join("t", tag), i, step, value, style);
        other = other.substr(12, other.size() - 16) + VarintField(2, 7);
        file += Record(other);
        expected[tag].push_back(expected[tag].back());
        steps[tag].push_back(7);
      }
    }
    Read read(file);
    for (size_t tag = 0; tag < 3; ++tag) {
      Series* const series = read.Find(testing::Join("t", tag));
      REQUIRE(series != nullptr && series->rows() == expected[tag].size());
      for (size_t row = 0; row < expected[tag].size(); ++row) {
        CHECK_EQ(NumberOf(series, row), expected[tag][row]);
        CHECK_EQ(series->steps().data()[row], steps[tag][row]);
      }
    }
  }
}

TEST(ATagBehindItsNumberIsLookedAt) {
  std::string file;
  for (int i = 0; i < 12; ++i) {
    const std::string tag = testing::Join("a tag of its own: ", i % 4 == 3 ? 2 : 1);
    file += Record(ValueEvent(VarintField(30, 1 << 20) + FloatField(2, static_cast<float>(i)) +
                              BytesField(1, tag)));
  }
  Read read(file);
  REQUIRE(read.Find("a tag of its own: 1") != nullptr &&
          read.Find("a tag of its own: 2") != nullptr);
  CHECK_EQ(read.Find("a tag of its own: 1")->rows(), 9u);
  CHECK_EQ(read.Find("a tag of its own: 2")->rows(), 3u);
  CHECK_EQ(NumberOf(read.Find("a tag of its own: 2"), 1), 7.0);
}

TEST(LongEventsAreReadFromTheirPlace) {
  const std::string big(Scanner::kKeptBytes + 1000, 'x');
  const std::string value = BytesField(1, "image") +
                            BytesField(4, VarintField(1, 5) + BytesField(4, big)) +
                            BytesField(9, BytesField(1, BytesField(1, "images")));
  // The head behind the body, as no writer has it.
  const std::string payload =
      BytesField(5, BytesField(1, value)) + VarintField(2, 9) + DoubleField(1, 4);
  const std::string before = Scalar("s", 1, 2, 3);
  const std::string file = before + Record(payload) + before;
  Read read(file);
  Series* const series = read.Find("image", SeriesClass::kBodies);
  REQUIRE(series != nullptr && series->rows() == 1);
  CHECK_EQ(series->steps().data()[0], 9);
  CHECK_EQ(series->wall_times().data()[0], 4.0);
  CHECK_EQ(series->plugin, "images");
  const Body body = series->bodies().data()[0];
  CHECK(file.substr(body.record + wire::kRecordHeaderBytes + body.offset, body.length) == value);
  CHECK_EQ(read.Find("s")->rows(), 2u);
  // A tag as long as that, too, and what is no event.
  Read long_tag(Record(ValueEvent(BytesField(1, big) + FloatField(2, 1))));
  CHECK(long_tag.Find(big) != nullptr);
  CHECK_EQ(Read(Record(big + "x")).log.problems().size(), 1u);
}

TEST(MetadataOfTheFirstValueHolds) {
  const auto value = [](const std::string& plugin, float number) {
    const std::string metadata =
        plugin.empty() ? "" : BytesField(9, BytesField(1, BytesField(1, plugin)));
    return Record(ValueEvent(BytesField(1, "t") +
                             BytesField(8, VarintField(1, 1) + FloatField(5, number)) + metadata));
  };
  Read read(value("scalars", 1) + value("", 2) + value("tensor", 3));
  REQUIRE(read.Find("t") != nullptr);
  CHECK_EQ(read.Find("t")->rows(), 3u);
  Read tensors(value("tensor", 1) + value("scalars", 2));
  CHECK(tensors.Find("t") == nullptr);
  CHECK_EQ(tensors.Find("t", SeriesClass::kBodies)->rows(), 2u);
}

TEST(DoublesBehindFloatsKeepBoth) {
  std::string file;
  for (int i = 0; i < 9; ++i) file += Scalar("t", 1, i, 0.1);
  file += Scalar("t", 1, 9, 0.1, wire::ScalarStyle::kDoubleTensor) + Scalar("t", 1, 10, 0.1);
  Read read(file);
  Series* const series = read.Find("t");
  REQUIRE(series != nullptr && series->rows() == 11 && series->has_doubles());
  CHECK_EQ(NumberOf(series, 8), static_cast<double>(0.1f));
  CHECK_EQ(NumberOf(series, 9), 0.1);
  CHECK_EQ(NumberOf(series, 10), static_cast<double>(0.1f));
}

TEST(BodiesAreKeptAsPlaces) {
  const std::string value = BytesField(1, "h") + BytesField(5, DoubleField(1, 3));
  const std::string before = Scalar("s", 1, 2, 3);
  const std::string file = before + Record(ValueEvent(value));
  Read read(file);
  Series* const series = read.Find("h", SeriesClass::kBodies);
  REQUIRE(series != nullptr && series->rows() == 1);
  const Body body = series->bodies().data()[0];
  CHECK_EQ(body.record, before.size());
  CHECK_EQ(file.substr(body.record + wire::kRecordHeaderBytes + body.offset, body.length), value);
  CHECK(series->form == Form::kHistogram);
}

TEST(WhatIsNoEventIsTold) {
  const std::string good = Scalar("t", 1, 1, 1);
  for (const std::string& payload :
       {std::string("\x0a"), std::string("\x09\x01"), Varint(5 << 3 | 2) + Varint(1 << 20),
        std::string(11, '\xff'), std::string("\x02\x00", 2), Varint(20 << 3 | 4),
        Varint(20 << 3 | 3), std::string("\x0b\x14"),
        ValueEvent(BytesField(1, "t") + BytesField(9, "\x0a\x7f"))}) {
    Read read(good + Record(payload) + good);
    REQUIRE(read.log.problems().size() == 1);
    CHECK(read.log.problems()[0].kind == ProblemKind::kBadEvent);
    CHECK_EQ(read.log.problems()[0].offset, good.size());
    CHECK_EQ(read.log.problems()[0].length, payload.size() + wire::kRecordOverhead);
    CHECK_EQ(read.Find("t")->rows(), 2u);
  }
  // As deep as protobuf goes, and one deeper.
  for (int depth : {100, 101}) {
    std::string payload;
    for (int i = 0; i < depth; ++i) payload += Varint(20 << 3 | 3);
    for (int i = 0; i < depth; ++i) payload += Varint(20 << 3 | 4);
    CHECK_EQ(Read(Record(payload)).log.problems().size(), depth == 100 ? 0u : 1u);
  }
}

TEST(MarkersTellOfTheFile) {
  const std::string start =
      DoubleField(1, 5) + VarintField(2, 8) + BytesField(7, VarintField(1, 1));
  Read read(Record(DoubleField(1, 4) + BytesField(3, "brain.Event:2")) + Record(start));
  REQUIRE(read.log.markers().size() == 2);
  CHECK_EQ(read.log.markers()[0].text, "brain.Event:2");
  CHECK_EQ(read.log.markers()[1].step, 8);
  CHECK_EQ(read.log.markers()[1].status, 1u);
}

TEST(OnlyWhatIsWantedIsKept) {
  std::string file;
  for (int i = 0; i < 10; ++i) {
    file += Scalar("train/loss", 100 + i, i, i) + Scalar("eval/loss", 100 + i, i, i);
  }
  file += Scalar("train/loss", std::nan(""), 20, 1);
  file += Record(ValueEvent(BytesField(1, "train/h") + BytesField(5, "")));
  Wanted wanted;
  wanted.all_tags = false;
  wanted.patterns = {"train/*"};
  wanted.bodies = false;
  wanted.least_wall_time = 105;
  Read read(file, wanted);
  CHECK_EQ(read.Find("train/loss")->rows(), 6u);  // NaN is not below anything
  CHECK_EQ(read.Find("eval/loss")->rows(), 0u);
  CHECK_EQ(read.Find("train/h", SeriesClass::kBodies)->rows(), 0u);
  wanted.least_step = 9;
  CHECK_EQ(Read(file, wanted).Find("train/loss")->rows(), 2u);
}

TEST(RecordsOffsetsComeWithNumbers) {
  const std::string one = Scalar("t", 1, 1, 1);
  Wanted wanted;
  wanted.records = true;
  Read read(one + one + Scalar("t", 1, 1, 1, wire::ScalarStyle::kDoubleTensor), wanted);
  Series* const series = read.Find("t");
  REQUIRE(series != nullptr && series->rows() == 3);
  CHECK_EQ(series->records().data()[1], one.size());
  CHECK_EQ(series->records().data()[2], 2 * one.size());
}

TEST(PatternsMatchAsTheShellHasThem) {
  struct {
    const char* pattern;
    const char* text;
    bool matches;
  } const cases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "a/b", true},
      {"a*", "ba", false},
      {"*loss", "train/loss", true},
      {"*a*b", "xaybz", false},
      {"*a*b", "xaybzb", true},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"[ab]x", "bx", true},
      {"[!ab]x", "bx", false},
      {"[a-c]x", "bx", true},
      {"[]]x", "]x", true},
      {"[ab", "[ab", true},
      {"?", "\xc3\xa4", true},
      {"[\xc3\xa4-\xc3\xb6]", "\xc3\xa5", true},
      {"[c-a]", "b", false},
      {"a**b", "ab", true},
      {"[!]", "[!]", true},
      {"[a-]", "-", true},
  };
  for (const auto& each : cases) {
    INFO(each.pattern, " against ", each.text);
    CHECK_EQ(Matches(each.pattern, each.text), each.matches);
  }
  CHECK(!Matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(20000, 'a')));
}

}  // namespace
}  // namespace ringboard::reader
