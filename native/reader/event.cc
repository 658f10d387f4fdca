// See event.h.
#include "reader/event.h"

#include <bit>
#include <limits>

#include "base/endian.h"
#include "wire/fields.h"
#include "wire/proto.h"

namespace ringboard::reader {
namespace {

using wire::kBytes;
using wire::kFixed32;
using wire::kFixed64;
using wire::kVarint;

// A summary's value in an Event of 2 GiB or more could not be told from garbage by any reader of
// protobuf, which has that limit.
constexpr uint64_t kMaxEventBytes = uint64_t{1} << 31;

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3ff;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  if (exponent == 0) {
    const float tiny = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -tiny : tiny;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

float BfloatToFloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

// types.proto, DataType.
enum DataType : uint64_t {
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kInt64 = 9,
  kBool = 10,
  kBfloat16 = 14,
  kUint16 = 17,
  kHalf = 19,
  kUint32 = 22,
  kUint64 = 23,
};

// A TensorProto that may be a scalar: one element, whichever of the many fields it stands in.
class OneNumber {
 public:
  bool Parse(Cursor& cursor) {
    uint32_t field = 0, type = 0;
    uint64_t word = 0;
    while (!cursor.done()) {
      if (!cursor.Key(&field, &type)) return false;
      bool ok = true;
      if (field == wire::tensor::kDtype && type == kVarint) {
        ok = cursor.Varint(&dtype_);
      } else if (field == wire::tensor::kShape && type == kBytes) {
        ok = cursor.Length(&word) && Shape(cursor, word);
      } else if (field == wire::tensor::kContent && type == kBytes) {
        ok = cursor.Length(&word) && Content(cursor, word);
      } else if (field == wire::tensor::kFloatVal) {
        ok = Elements(cursor, field, type, kFixed32);
      } else if (field == wire::tensor::kDoubleVal) {
        ok = Elements(cursor, field, type, kFixed64);
      } else if (IsVarintField(field)) {
        ok = Elements(cursor, field, type, kVarint);
      } else {
        ok = cursor.Skip(field, type);
      }
      if (!ok) return false;
    }
    return true;
  }

  // Where the number stands, and in how many bytes, if it is a float or a double as they are.
  uint64_t at() const { return content_bytes_ != 0 ? content_at_ : element_at_; }
  uint8_t bytes() const {
    return dtype_ == kFloat ? sizeof(float) : dtype_ == kDouble ? sizeof(double) : 0;
  }

  // Whether it is one number, and which.
  bool Get(double* number, bool* is_double) const {
    if (!one_by_shape_) return false;
    if (content_bytes_ != 0) return FromContent(number, is_double);
    if (elements_ != 1) return false;
    *is_double = true;
    switch (dtype_) {
      case kFloat:
        *is_double = false;
        return field_ == wire::tensor::kFloatVal &&
               (*number = std::bit_cast<float>(static_cast<uint32_t>(word_)), true);
      case kDouble:
        return field_ == wire::tensor::kDoubleVal && (*number = std::bit_cast<double>(word_), true);
      case kHalf:
      case kBfloat16:
        *is_double = false;
        if (field_ != wire::tensor::kHalfVal) return false;
        *number = dtype_ == kHalf ? HalfToFloat(static_cast<uint16_t>(word_))
                                  : BfloatToFloat(static_cast<uint16_t>(word_));
        return true;
      case kInt32:
      case kInt16:
      case kInt8:
        return field_ == wire::tensor::kIntVal && (*number = static_cast<int32_t>(word_), true);
      case kUint8:
      case kUint16:
        return (field_ == wire::tensor::kIntVal || field_ == wire::tensor::kUint32Val) &&
               (*number = static_cast<uint32_t>(word_), true);
      case kInt64:
        return field_ == wire::tensor::kInt64Val &&
               (*number = static_cast<double>(static_cast<int64_t>(word_)), true);
      case kBool:
        return field_ == wire::tensor::kBoolVal && (*number = word_ != 0, true);
      case kUint32:
        return field_ == wire::tensor::kUint32Val && (*number = static_cast<uint32_t>(word_), true);
      case kUint64:
        return field_ == wire::tensor::kUint64Val && (*number = static_cast<double>(word_), true);
      default:
        return false;
    }
  }

 private:
  static bool IsVarintField(uint32_t field) {
    return field == wire::tensor::kIntVal || field == wire::tensor::kInt64Val ||
           field == wire::tensor::kBoolVal || field == wire::tensor::kHalfVal ||
           field == wire::tensor::kUint32Val || field == wire::tensor::kUint64Val;
  }

  bool Shape(Cursor& cursor, uint64_t length) {
    const uint64_t outer = cursor.Enter(length);
    uint32_t field = 0, type = 0;
    uint64_t word = 0;
    while (!cursor.done()) {
      if (!cursor.Key(&field, &type)) return false;
      if (field == wire::tensor_shape::kUnknownRank && type == kVarint) {
        if (!cursor.Varint(&word)) return false;
        one_by_shape_ = one_by_shape_ && word == 0;
      } else if (field == wire::tensor_shape::kDim && type == kBytes) {
        uint64_t size = 0;
        if (!cursor.Length(&word) || !Dim(cursor, word, &size)) return false;
        one_by_shape_ = one_by_shape_ && size == 1;
      } else if (!cursor.Skip(field, type)) {
        return false;
      }
    }
    cursor.Leave(outer);
    return true;
  }

  static bool Dim(Cursor& cursor, uint64_t length, uint64_t* size) {
    const uint64_t outer = cursor.Enter(length);
    uint32_t field = 0, type = 0;
    while (!cursor.done()) {
      if (!cursor.Key(&field, &type)) return false;
      const bool is_size = field == wire::tensor_shape::kSize && type == kVarint;
      if (!(is_size ? cursor.Varint(size) : cursor.Skip(field, type))) return false;
    }
    cursor.Leave(outer);
    return true;
  }

  bool Content(Cursor& cursor, uint64_t length) {
    content_bytes_ = length;
    content_ = 0;
    content_at_ = cursor.position();
    if (length > sizeof content_) return cursor.SkipBytes(length);
    std::string bytes;
    if (!cursor.Text(length, &bytes)) return false;
    for (size_t i = bytes.size(); i-- > 0;) {
      content_ = content_ << 8 | static_cast<uint8_t>(bytes[i]);
    }
    return true;
  }

  bool FromContent(double* number, bool* is_double) const {
    struct Width {
      uint64_t dtype;
      size_t bytes;
    };
    constexpr Width kWidths[] = {{kFloat, 4},    {kDouble, 8}, {kInt32, 4}, {kUint8, 1},
                                 {kInt16, 2},    {kInt8, 1},   {kInt64, 8}, {kBool, 1},
                                 {kBfloat16, 2}, {kUint16, 2}, {kHalf, 2},  {kUint32, 4},
                                 {kUint64, 8}};
    for (const Width& width : kWidths) {
      if (width.dtype == dtype_ && width.bytes != content_bytes_) return false;
    }
    *is_double = true;
    switch (dtype_) {
      case kFloat:
        *is_double = false;
        *number = std::bit_cast<float>(static_cast<uint32_t>(content_));
        return true;
      case kDouble:
        *number = std::bit_cast<double>(content_);
        return true;
      case kHalf:
      case kBfloat16:
        *is_double = false;
        *number = dtype_ == kHalf ? HalfToFloat(static_cast<uint16_t>(content_))
                                  : BfloatToFloat(static_cast<uint16_t>(content_));
        return true;
      case kInt32:
        *number = static_cast<int32_t>(content_);
        return true;
      case kInt16:
        *number = static_cast<int16_t>(content_);
        return true;
      case kInt8:
        *number = static_cast<int8_t>(content_);
        return true;
      case kInt64:
        *number = static_cast<double>(static_cast<int64_t>(content_));
        return true;
      case kBool:
        *number = content_ != 0;
        return true;
      case kUint8:
      case kUint16:
      case kUint32:
      case kUint64:
        *number = static_cast<double>(content_);
        return true;
      default:
        return false;
    }
  }

  // Packed or not.
  bool Elements(Cursor& cursor, uint32_t field, uint32_t type, uint32_t element) {
    if (type == element) return Element(cursor, field, element);
    uint64_t length = 0;
    if (type != kBytes) return cursor.Skip(field, type);
    if (!cursor.Length(&length)) return false;
    // Longer than any single element: this is no scalar, and its elements are of no interest.
    if (length > wire::kMaxVarintBytes) {
      elements_ += 2;
      return cursor.SkipBytes(length);
    }
    const uint64_t outer = cursor.Enter(length);
    while (!cursor.done()) {
      if (!Element(cursor, field, element)) return false;
    }
    cursor.Leave(outer);
    return true;
  }

  bool Element(Cursor& cursor, uint32_t field, uint32_t element) {
    ++elements_;
    field_ = field;
    element_at_ = cursor.position();
    if (element == kVarint) return cursor.Varint(&word_);
    if (element == kFixed64) return cursor.Fixed64(&word_);
    uint32_t narrow = 0;
    if (!cursor.Fixed32(&narrow)) return false;
    word_ = narrow;
    return true;
  }

  uint64_t dtype_ = 0;
  bool one_by_shape_ = true;
  uint64_t content_bytes_ = 0;
  uint64_t content_ = 0;  // as a little-endian number
  uint64_t elements_ = 0;
  uint32_t field_ = 0;  // of the last element
  uint64_t word_ = 0;
  uint64_t content_at_ = 0, element_at_ = 0;
};

bool ParsePluginData(Cursor& cursor, uint64_t length, std::string* plugin) {
  const uint64_t outer = cursor.Enter(length);
  uint32_t field = 0, type = 0;
  while (!cursor.done()) {
    if (!cursor.Key(&field, &type)) return false;
    if (field == wire::metadata::kPluginName && type == kBytes) {
      plugin->clear();
      if (!cursor.Length(&length) || !cursor.Text(length, plugin)) return false;
    } else if (!cursor.Skip(field, type)) {
      return false;
    }
  }
  cursor.Leave(outer);
  return true;
}

// Of a SummaryMetadata in memory.
bool ParseMetadata(const std::string& bytes, std::string* plugin) {
  Cursor cursor(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  uint32_t field = 0, type = 0;
  uint64_t length = 0;
  while (!cursor.done()) {
    if (!cursor.Key(&field, &type)) return false;
    const bool is_data = field == wire::metadata::kPluginData && type == kBytes;
    if (!(is_data ? cursor.Length(&length) && ParsePluginData(cursor, length, plugin)
                  : cursor.Skip(field, type))) {
      return false;
    }
  }
  return true;
}

// The form of the oneof's member that a key belongs to; kNone for all other keys.
Form FormOf(uint32_t field, uint32_t type) {
  if (field == wire::value::kSimpleValue) return type == kFixed32 ? Form::kSimple : Form::kNone;
  if (type != kBytes) return Form::kNone;
  switch (field) {
    case wire::value::kOldHistogram:
      return Form::kOldHistogram;
    case wire::value::kImage:
      return Form::kImage;
    case wire::value::kHistogram:
      return Form::kHistogram;
    case wire::value::kAudio:
      return Form::kAudio;
    case wire::value::kTensor:
      return Form::kTensor;
    default:
      return Form::kNone;
  }
}

bool ParseValue(Cursor& cursor, uint64_t length, Value* value) {
  value->offset = cursor.position();
  value->length = length;
  const uint64_t outer = cursor.Enter(length);
  OneNumber number;
  uint32_t field = 0, type = 0;
  while (!cursor.done()) {
    if (!cursor.Key(&field, &type)) return false;
    const Form form = FormOf(field, type);
    if (form == Form::kSimple) {
      uint32_t bits = 0;
      value->number_at = cursor.position();
      if (!cursor.Fixed32(&bits)) return false;
      value->number = std::bit_cast<float>(bits);
    } else if (form == Form::kTensor) {
      if (value->form != Form::kTensor) number = OneNumber();
      if (!cursor.Length(&length)) return false;
      const uint64_t around = cursor.Enter(length);
      if (!number.Parse(cursor)) return false;
      cursor.Leave(around);
    } else if (field == wire::value::kTag && type == kBytes) {
      value->tag.clear();
      if (!cursor.Length(&length) || !cursor.Text(length, &value->tag)) return false;
    } else if (field == wire::value::kMetadata && type == kBytes) {
      value->has_metadata = true;  // one behind the other, two messages are one, merged
      if (!cursor.Length(&length) || !cursor.Text(length, &value->metadata)) return false;
    } else if (!cursor.Skip(field, type)) {
      return false;
    }
    if (form != Form::kNone) value->form = form;
  }
  cursor.Leave(outer);
  if (value->form == Form::kSimple) {
    value->is_number = true;
    value->number_bytes = sizeof(float);
  } else if (value->form == Form::kTensor) {
    value->is_number = number.Get(&value->number, &value->is_double);
    value->number_at = number.at();
    value->number_bytes = number.bytes();
  }
  return !value->has_metadata || ParseMetadata(value->metadata, &value->plugin);
}

bool ParseSummary(Cursor& cursor, uint64_t length, Event* event) {
  const uint64_t outer = cursor.Enter(length);
  uint32_t field = 0, type = 0;
  while (!cursor.done()) {
    if (!cursor.Key(&field, &type)) return false;
    if (field == wire::summary::kValue && type == kBytes) {
      if (!cursor.Length(&length) || !ParseValue(cursor, length, &event->AddValue())) return false;
    } else if (!cursor.Skip(field, type)) {
      return false;
    }
  }
  cursor.Leave(outer);
  return true;
}

bool ParseSessionLog(Cursor& cursor, uint64_t length, Event* event) {
  const uint64_t outer = cursor.Enter(length);
  uint32_t field = 0, type = 0;
  while (!cursor.done()) {
    if (!cursor.Key(&field, &type)) return false;
    if (field == wire::session_log::kStatus && type == kVarint) {
      if (!cursor.Varint(&event->session_status)) return false;
    } else if (field == wire::session_log::kMessage && type == kBytes) {
      event->text.clear();
      if (!cursor.Length(&length) || !cursor.Text(length, &event->text)) return false;
    } else if (!cursor.Skip(field, type)) {
      return false;
    }
  }
  cursor.Leave(outer);
  return true;
}

// The first string field of this number.
bool ParseString(Cursor& cursor, uint64_t length, uint32_t wanted, std::string* text) {
  const uint64_t outer = cursor.Enter(length);
  uint32_t field = 0, type = 0;
  while (!cursor.done()) {
    if (!cursor.Key(&field, &type)) return false;
    if (field == wanted && type == kBytes) {
      text->clear();
      if (!cursor.Length(&length) || !cursor.Text(length, text)) return false;
    } else if (!cursor.Skip(field, type)) {
      return false;
    }
  }
  cursor.Leave(outer);
  return true;
}

What WhatOf(uint32_t field, uint32_t type) {
  if (type != kBytes) return What::kNothing;
  switch (field) {
    case wire::event::kFileVersion:
      return What::kFileVersion;
    case wire::event::kGraphDef:
      return What::kGraph;
    case wire::event::kSummary:
      return What::kSummary;
    case wire::event::kLogMessage:
      return What::kLogMessage;
    case wire::event::kSessionLog:
      return What::kSessionLog;
    case wire::event::kTaggedRunMetadata:
      return What::kRunMetadata;
    case wire::event::kMetaGraphDef:
      return What::kMetaGraph;
    default:
      return What::kNothing;
  }
}

bool ParseWhat(Cursor& cursor, What what, Event* event) {
  uint64_t length = 0;
  if (!cursor.Length(&length)) return false;
  if (what != event->what) {
    event->value_count = 0;
    event->text.clear();
    event->session_status = 0;
    event->what = what;
  }
  switch (what) {
    case What::kSummary:
      return ParseSummary(cursor, length, event);
    case What::kSessionLog:
      return ParseSessionLog(cursor, length, event);
    case What::kFileVersion:
      event->text.clear();
      return cursor.Text(length, &event->text);
    case What::kGraph:
    case What::kMetaGraph:
    case What::kRunMetadata: {
      event->value_count = 0;
      Value& value = event->AddValue();
      value.form = what == What::kGraph       ? Form::kGraph
                   : what == What::kMetaGraph ? Form::kMetaGraph
                                              : Form::kRunMetadata;
      value.offset = cursor.position();
      value.length = length;
      if (what != What::kRunMetadata) return cursor.SkipBytes(length);
      return ParseString(cursor, length, wire::tagged_run_metadata::kTag, &value.tag);
    }
    default:
      return cursor.SkipBytes(length);
  }
}

}  // namespace

void Value::Clear() {
  tag.clear();
  form = Form::kNone;
  is_number = is_double = has_metadata = false;
  number = 0;
  number_at = number_bytes = 0;
  metadata.clear();
  plugin.clear();
  offset = length = 0;
}

void Event::Clear() {
  wall_time = 0;
  step = 0;
  what = What::kNothing;
  text.clear();
  session_status = 0;
  source_writer.clear();
  value_count = 0;
}

Value& Event::AddValue() {
  if (value_count == values.size()) values.emplace_back();
  Value& value = values[value_count++];
  value.Clear();
  return value;
}

bool ParseEvent(Cursor& cursor, Event* event) {
  event->Clear();
  if (cursor.left() >= kMaxEventBytes) return false;
  uint32_t field = 0, type = 0;
  uint64_t word = 0;
  while (!cursor.done()) {
    if (!cursor.Key(&field, &type)) return false;
    const What what = WhatOf(field, type);
    bool ok = true;
    if (what != What::kNothing) {
      ok = ParseWhat(cursor, what, event);
    } else if (field == wire::event::kWallTime && type == kFixed64) {
      ok = cursor.Fixed64(&word);
      event->wall_time = std::bit_cast<double>(word);
    } else if (field == wire::event::kStep && type == kVarint) {
      ok = cursor.Varint(&word);
      event->step = static_cast<int64_t>(word);
    } else if (field == wire::event::kSourceMetadata && type == kBytes) {
      ok = cursor.Length(&word) &&
           ParseString(cursor, word, wire::source_metadata::kWriter, &event->source_writer);
    } else {
      ok = cursor.Skip(field, type);
    }
    if (!ok) return false;
  }
  return true;
}

}  // namespace ringboard::reader
