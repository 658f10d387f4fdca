// See shape.h.
#include "archive/shape.h"

#include "wire/fields.h"
#include "wire/proto.h"

namespace ringboard::archive {
namespace {

using wire::Key;

// A field of a message; field numbers up to 15 only, as are all of interest.
struct Field {
  uint8_t key = 0;
  const uint8_t* data = nullptr;  // of kBytes, kFixed32, kFixed64
  size_t size = 0;
};

class Fields {
 public:
  Fields(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  explicit Fields(const Field& message) : Fields(message.data, message.size) {}

  // False at the end, and when what follows is no field; whole() tells which.
  bool Next(Field* field) {
    if (at_ == end_ || *at_ >= 0x80) return false;
    const uint8_t key = *at_;
    const uint8_t* at = at_ + 1;
    uint64_t size = 0;
    switch (key & 7) {
      case wire::kVarint:
        if (!Varint(&at, &size)) return false;
        size = 0;
        break;
      case wire::kFixed64:
        size = 8;
        break;
      case wire::kFixed32:
        size = 4;
        break;
      case wire::kBytes:
        if (!Varint(&at, &size)) return false;
        break;
      default:
        return false;
    }
    if (size > static_cast<size_t>(end_ - at)) return false;
    *field = {key, at, static_cast<size_t>(size)};
    at_ = at + size;
    return true;
  }
  bool whole() const { return at_ == end_; }

 private:
  bool Varint(const uint8_t** at, uint64_t* value) const {
    for (unsigned shift = 0; shift < 64 && *at != end_; shift += 7) {
      const uint8_t byte = *(*at)++;
      *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  const uint8_t* at_;
  const uint8_t* const end_;
};

class Parser {
 public:
  Parser(const uint8_t* body, Shape* shape) : body_(body), shape_(shape) {}

  // False: not understood.
  bool ParseBody(size_t size) {
    Fields fields(body_, size);
    for (Field field; fields.Next(&field);) {
      if (field.key == Key(wire::event::kSummary, wire::kBytes)) {
        if (!ParseSummary(field)) return false;
      } else if (field.key == Key(wire::event::kGraphDef, wire::kBytes)) {
        shape_->tags.push_back(wire::event::kGraphTag);
        other_ = true;
      } else if (field.key == Key(wire::event::kTaggedRunMetadata, wire::kBytes)) {
        if (!ParseRunMetadata(field)) return false;
        other_ = true;
      } else {
        return false;
      }
    }
    return fields.whole();
  }
  BodyKind kind() const {
    if (other_) return BodyKind::kOther;
    return shape_->holes.empty() ? BodyKind::kUntagged : BodyKind::kScalars;
  }

 private:
  bool ParseRunMetadata(const Field& run_metadata) {
    std::string_view tag;
    Fields fields(run_metadata);
    for (Field field; fields.Next(&field);) {
      if (field.key == Key(wire::tagged_run_metadata::kTag, wire::kBytes)) {
        tag = {reinterpret_cast<const char*>(field.data), field.size};
      }
    }
    shape_->tags.push_back(tag);
    return fields.whole();
  }

  bool ParseSummary(const Field& summary) {
    Fields fields(summary);
    for (Field field; fields.Next(&field);) {
      if (field.key != Key(wire::summary::kValue, wire::kBytes) || !ParseValue(field)) return false;
    }
    return fields.whole();
  }

  bool ParseValue(const Field& value) {
    const size_t holes_before = shape_->holes.size();
    std::string_view tag;
    bool scalar = true;
    Fields fields(value);
    for (Field field; fields.Next(&field);) {
      switch (field.key) {
        case Key(wire::value::kTag, wire::kBytes):
          tag = {reinterpret_cast<const char*>(field.data), field.size};
          break;
        case Key(wire::value::kSimpleValue, wire::kFixed32):
          AddHole(field);
          break;
        case Key(wire::value::kTensor, wire::kBytes):
          scalar = ParseTensor(field) && scalar;
          break;
        case Key(wire::value::kMetadata, wire::kBytes):
          break;
        default:
          scalar = false;
      }
    }
    shape_->tags.push_back(tag);
    if (!scalar || shape_->holes.size() == holes_before) other_ = true;
    return fields.whole();
  }

  // True for a tensor of one float or double, however it is stored.
  bool ParseTensor(const Field& tensor) {
    size_t elements = 0;
    Fields fields(tensor);
    for (Field field; fields.Next(&field);) {
      switch (field.key) {
        case Key(wire::tensor::kDtype, wire::kVarint):
        case Key(wire::tensor::kShape, wire::kBytes):
          break;
        case Key(wire::tensor::kContent, wire::kBytes):
        case Key(wire::tensor::kFloatVal, wire::kBytes):
        case Key(wire::tensor::kFloatVal, wire::kFixed32):
        case Key(wire::tensor::kDoubleVal, wire::kBytes):
        case Key(wire::tensor::kDoubleVal, wire::kFixed64):
          if (field.size != 4 && field.size != 8) return false;
          AddHole(field);
          ++elements;
          break;
        default:
          return false;
      }
    }
    return elements == 1 && fields.whole();
  }

  void AddHole(const Field& field) {
    shape_->holes.push_back(
        {static_cast<uint32_t>(field.data - body_), static_cast<uint8_t>(field.size)});
  }

  const uint8_t* const body_;
  Shape* const shape_;
  bool other_ = false;
};

}  // namespace

void ParseShape(const uint8_t* body, size_t size, Shape* shape) {
  shape->holes.clear();
  shape->tags.clear();
  Parser parser(body, shape);
  shape->kind = parser.ParseBody(size) ? parser.kind() : BodyKind::kUntagged;
}

}  // namespace ringboard::archive
