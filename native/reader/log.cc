// See log.h.
#include "reader/log.h"

#include <algorithm>
#include <bit>
#include <random>

#include "base/endian.h"
#include "reader/pattern.h"
#include "wire/fields.h"
#include "wire/proto.h"

namespace ringboard::reader {
namespace {

using wire::Key;

constexpr uint8_t kWallTimeKey = Key(wire::event::kWallTime, wire::kFixed64);
constexpr uint8_t kStepKey = Key(wire::event::kStep, wire::kVarint);
constexpr uint8_t kSummaryKey = Key(wire::event::kSummary, wire::kBytes);
constexpr uint8_t kValueKey = Key(wire::summary::kValue, wire::kBytes);
constexpr uint8_t kTagKey = Key(wire::value::kTag, wire::kBytes);
constexpr uint8_t kSimpleValueKey = Key(wire::value::kSimpleValue, wire::kFixed32);

constexpr size_t kWallTimeBytes = 9;
constexpr size_t kWordBytes = 8;
// A shape's first part, at least, and a float.
constexpr size_t kLeastShapeBytes = kWordBytes + sizeof(float);

constexpr std::string_view kScalarsPlugin = "scalars";

uint64_t RandomSeed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

const uint8_t* Bytes(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// `size` is at least kWordBytes.
RB_ALWAYS_INLINE bool SameBytes(const uint8_t* a, const uint8_t* b, size_t size) {
  uint64_t difference = 0;
  for (size_t at = 0; at + 8 <= size; at += 8) {
    difference |= LoadLittle64(a + at) ^ LoadLittle64(b + at);
  }
  return (difference | (LoadLittle64(a + size - 8) ^ LoadLittle64(b + size - 8))) == 0;
}

// Past a varint of at most 9 bytes that ends before `end`; nullptr when there is none.
RB_ALWAYS_INLINE const uint8_t* ReadVarint(const uint8_t* at, const uint8_t* end, uint64_t* value) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 63 && at < end; shift += 7) {
    const uint8_t byte = *at++;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return at;
    }
  }
  return nullptr;
}

}  // namespace

size_t Log::Hash::operator()(std::string_view text) const {
  // A multiply and a xor-shift a word, each of which nobody can invert without the seed.
  uint64_t hash = seed ^ text.size();
  const auto mix = [&hash, this](uint64_t word) {
    hash = (hash ^ word) * (seed | 1);
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  };
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) mix(LoadLittle64(text.data() + at));
  if (at < text.size()) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, text.size() - at);
    mix(word);
  }
  return static_cast<size_t>(hash);
}

Log::Log(Wanted wanted)
    : wanted_(std::move(wanted)),
      tags_(0, Hash{RandomSeed()}),
      last_(&anywhere_),
      anywhere_("", SeriesClass::kNumbers, false, false) {}

Log::Tag& Log::Find(std::string_view tag) {
  const auto found = tags_.find(tag);
  if (found != tags_.end()) return found->second;
  Tag& known = tags_.emplace(std::string(tag), Tag()).first->second;
  known.wanted = wanted_.all_tags ||
                 std::any_of(wanted_.patterns.begin(), wanted_.patterns.end(),
                             [tag](const std::string& each) { return Matches(each, tag); });
  return known;
}

Series* Log::MakeSeries(std::string_view tag, Tag* known, SeriesClass series_class) {
  const bool numbers = series_class == SeriesClass::kNumbers;
  const bool wanted = known->wanted && (numbers ? wanted_.numbers : wanted_.bodies);
  series_.push_back(
      std::make_unique<Series>(std::string(tag), series_class, wanted, numbers && wanted_.records));
  Series* const made = series_.back().get();
  (numbers ? known->numbers : known->bodies) = made;
  return made;
}

Series* Log::NumbersOf(std::string_view tag) {
  Tag& known = Find(tag);
  if (known.numbers == nullptr) {
    MakeSeries(tag, &known, SeriesClass::kNumbers)->form = Form::kSimple;
  }
  return known.numbers;
}

// What nearly all scalars are:
//   wall time │ step, unless 0 │ before: summary{value{tag, …, key of the number │ number │ after
//   …}}
// Of these only wall time, step and number differ from one point of a series to the next, and
// nearly always the series is the one that came next the last time, too: then two comparisons have
// read it all.
RB_ALWAYS_INLINE bool Log::TryScalar(uint64_t offset, const uint8_t* payload, size_t size) {
  if (size < kWallTimeBytes + kLeastShapeBytes || payload[0] != kWallTimeKey) return false;
  const uint8_t* const end = payload + size;
  const uint8_t* at = payload + kWallTimeBytes;
  const double wall_time = LoadLittleDouble(payload + 1);
  uint64_t step = 0;
  if (*at == kStepKey) {
    at = ReadVarint(at + 1, end, &step);
    if (at == nullptr) return false;
  }
  const size_t rest = static_cast<size_t>(end - at);
  if (rest < kLeastShapeBytes) return false;
  Series* const likely = last_->next;
  if (likely != nullptr) {
    const Series::Shape& shape = likely->shape;
    const size_t before = shape.before.size();
    if (shape.bytes() == rest && SameBytes(at, Bytes(shape.before), before) &&
        (shape.after.empty() ||
         SameBytes(at + before + shape.number_bytes, Bytes(shape.after), shape.after.size()))) {
      last_ = likely;
      if (!likely->wanted() || !Passes(static_cast<int64_t>(step), wall_time)) return true;
      if (shape.number_bytes == sizeof(float)) {
        likely->AddNumber(wall_time, static_cast<int64_t>(step),
                          std::bit_cast<float>(LoadLittle32(at + before)), offset);
      } else {
        likely->AddDouble(wall_time, static_cast<int64_t>(step), LoadLittleDouble(at + before),
                          offset);
      }
      return true;
    }
  }
  return TryScalars(offset, at, end, wall_time, static_cast<int64_t>(step));
}

// Keeps the shape of a payload of one number, whose summary starts at `summary` and is the last
// field.  A payload that is the same but for wall time, step and number then means the same but for
// these.
void Log::Learn(Series* series, const uint8_t* summary, const uint8_t* number, size_t number_bytes,
                const uint8_t* end) {
  Series::Shape& shape = series->shape;
  const size_t before = static_cast<size_t>(number - summary);
  const size_t after = static_cast<size_t>(end - number) - number_bytes;
  if (before < kWordBytes || (after != 0 && after < kWordBytes)) return;  // SameBytes can't
  shape.before.assign(reinterpret_cast<const char*>(summary), before);
  shape.after.assign(reinterpret_cast<const char*>(number + number_bytes), after);
  shape.number_bytes = number_bytes;
}

// Of an event that was parsed: what TryScalar needs to know the next one like it.
void Log::LearnFromEvent(const uint8_t* payload, size_t size) {
  const Value& value = event_.values[0];
  if (event_.value_count != 1 || value.number_bytes == 0 || !value.is_number) return;
  const auto known = tags_.find(std::string_view(value.tag));
  if (known == tags_.end() || known->second.numbers == nullptr) return;
  if (value.form != Form::kSimple && known->second.plugin != kScalarsPlugin) return;
  const uint8_t* const end = payload + size;
  if (size < kWallTimeBytes + kLeastShapeBytes || payload[0] != kWallTimeKey) return;
  const uint8_t* at = payload + kWallTimeBytes;
  uint64_t number = 0;
  if (*at == kStepKey && (at = ReadVarint(at + 1, end, &number)) == nullptr) return;
  const uint8_t* const summary = at;
  // The summary reaches to the end: no field behind it changes what the head says.
  if (at == end || *at != kSummaryKey || (at = ReadVarint(at + 1, end, &number)) == nullptr ||
      number != static_cast<size_t>(end - at)) {
    return;
  }
  Series* const series = known->second.numbers;
  last_->next = series;
  last_ = series;
  Learn(series, summary, payload + value.number_at, value.number_bytes, end);
}

// A summary of nothing but simple values with tags; false, and nothing is done, for any other.
RB_NOINLINE bool Log::TryScalars(uint64_t offset, const uint8_t* at, const uint8_t* end,
                                 double wall_time, int64_t step) {
  const uint8_t* const summary = at;
  uint64_t length = 0;
  if (*at++ != kSummaryKey || (at = ReadVarint(at, end, &length)) == nullptr ||
      length != static_cast<size_t>(end - at)) {
    return false;
  }
  batch_.clear();
  Series* previous = last_;
  while (at < end) {
    if (*at++ != kValueKey || (at = ReadVarint(at, end, &length)) == nullptr ||
        length > static_cast<size_t>(end - at) || length < 7) {
      return false;
    }
    const uint8_t* const value_end = at + length;
    if (*at++ != kTagKey || (at = ReadVarint(at, value_end, &length)) == nullptr ||
        length + 5 != static_cast<size_t>(value_end - at) || at[length] != kSimpleValueKey) {
      return false;
    }
    const std::string_view tag(reinterpret_cast<const char*>(at), length);
    Series* series = previous->next;
    if (series == nullptr || series->tag() != tag) series = NumbersOf(tag);
    batch_.emplace_back(series, std::bit_cast<float>(LoadLittle32(value_end - sizeof(float))));
    previous = series;
    at = value_end;
  }
  for (const auto& [series, value] : batch_) {
    AddFloat(series, wall_time, step, value, offset);
    last_->next = series;
    last_ = series;
  }
  if (batch_.size() == 1) Learn(last_, summary, end - sizeof(float), sizeof(float), end);
  return true;
}

void Log::OnRecord(uint64_t offset, const uint8_t* payload, size_t size) {
  if (TryScalar(offset, payload, size)) return;
  if (AddEvent(offset, size, Cursor(payload, size))) LearnFromEvent(payload, size);
}

void Log::OnLongRecord(uint64_t offset, uint64_t size, Source& source) {
  AddEvent(offset, size, Cursor(source, offset + wire::kRecordHeaderBytes, size));
}

RB_NOINLINE bool Log::AddEvent(uint64_t offset, uint64_t size, Cursor cursor) {
  if (!ParseEvent(cursor, &event_)) {
    problems_.push_back({ProblemKind::kBadEvent, offset, size + wire::kRecordOverhead});
    return false;
  }
  if (!event_.source_writer.empty()) source_writer_ = event_.source_writer;
  switch (event_.what) {
    case What::kFileVersion:
    case What::kSessionLog:
    case What::kLogMessage:
      markers_.push_back(
          {event_.what, offset, event_.wall_time, event_.step, event_.session_status, event_.text});
      break;
    case What::kSummary:
      // Of no tag, but TensorBoard's rules go by its step.
      if (event_.value_count != 0 || !wanted_.records) break;
      markers_.push_back({event_.what, offset, event_.wall_time, event_.step, 0, {}});
      break;
    case What::kGraph:
      event_.values[0].tag = wire::event::kGraphTag;
      break;
    case What::kMetaGraph:
      event_.values[0].tag = wire::event::kMetaGraphTag;
      break;
    default:
      break;
  }
  for (size_t i = 0; i < event_.value_count; ++i) AddValue(offset, event_.values[i]);
  return event_.value_count != 0;
}

void Log::AddValue(uint64_t record, const Value& value) {
  Tag& tag = Find(value.tag);
  const bool first_metadata = value.has_metadata && !tag.has_metadata;
  if (first_metadata) {
    tag.has_metadata = true;
    tag.plugin = value.plugin;
  }
  // A tensor of one number may be anything's; only the tag's plugin makes it a scalar.
  const bool number =
      value.is_number && (value.form == Form::kSimple || tag.plugin == kScalarsPlugin);
  Series*& known = number ? tag.numbers : tag.bodies;
  Series* const series =
      known != nullptr
          ? known
          : MakeSeries(value.tag, &tag, number ? SeriesClass::kNumbers : SeriesClass::kBodies);
  if (series->rows() == 0 && series->form == Form::kNone) series->form = value.form;
  if (first_metadata) {
    series->has_metadata = true;
    series->metadata = value.metadata;
    series->plugin = value.plugin;
  }
  if (!series->wanted() || !Passes(event_.step, event_.wall_time)) return;
  if (!number) {
    series->AddBody(
        event_.wall_time, event_.step,
        {record, static_cast<uint32_t>(value.offset), static_cast<uint32_t>(value.length)});
  } else if (value.is_double) {
    series->AddDouble(event_.wall_time, event_.step, value.number, record);
  } else {
    series->AddNumber(event_.wall_time, event_.step, static_cast<float>(value.number), record);
  }
}

}  // namespace ringboard::reader
