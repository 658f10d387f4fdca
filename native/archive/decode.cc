// See block.h.
#include <cstring>

#include "archive/block.h"
#include "archive/layout.h"
#include "wire/fields.h"
#include "wire/proto.h"

namespace ringboard::archive {
namespace {

// The unread part of a stream.  After the first read beyond the end, all is empty and ok() false.
class Source {
 public:
  explicit Source(Bytes bytes) : at_(bytes.data()), left_(bytes.size()) {}

  bool ok() const { return ok_; }
  bool done() const { return ok_ && left_ == 0; }
  void Fail() {
    ok_ = false;
    left_ = 0;
  }

  // nullptr (after a Fail) when there are fewer.
  const uint8_t* Take(size_t size) {
    if (size > left_) {
      Fail();
      return nullptr;
    }
    const uint8_t* const taken = at_;
    at_ += size;
    left_ -= size;
    return taken;
  }
  uint8_t Byte() {
    const uint8_t* const at = Take(1);
    return at == nullptr ? 0 : *at;
  }
  uint64_t Word() {
    const uint8_t* const at = Take(8);
    return at == nullptr ? 0 : LoadLittle64(at);
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }
  Planes TakePlanes(uint64_t count, int width) {
    if (width > 8 || (width != 0 && count > left_ / static_cast<size_t>(width))) {
      Fail();
      return {};
    }
    return {Take(count * static_cast<size_t>(width)), count, width};
  }

 private:
  const uint8_t* at_;
  size_t left_;
  bool ok_ = true;
};

struct Series {
  uint32_t offset;  // of the hole
  uint8_t width;
  Coding coding;
  size_t first = 0;  // of its values in their planes
  uint64_t before = 0;
};

struct Kind {
  StepMode step_mode = StepMode::kFile;
  StepGuess step;
  size_t count = 0, next = 0;  // of its events in the columns
  size_t nth = 0;
  const uint8_t* body = nullptr;  // of a template; within Decoder::bodies_
  size_t body_bytes = 0;
  size_t first_series = 0, series = 0;
};

class Decoder {
 public:
  Decoder(Bytes columns, std::optional<Bytes> small_bodies, std::optional<Bytes> large_bodies,
          size_t size, ByteBuffer* out, std::vector<Run>* runs)
      : source_(columns),
        bodies_given_{small_bodies.has_value(), large_bodies.has_value()},
        body_sources_{Source(small_bodies.value_or(Bytes())),
                      Source(large_bodies.value_or(Bytes()))},
        size_(size),
        out_(*out),
        runs_(*runs) {}

  Status Put() {
    if (size_ > kMaxBlockBytes) return Damaged("its size is impossible");
    to_ = out_.Reserve(size_);
    if (to_ == nullptr && size_ != 0) return Status::OutOfMemory("an archive's block");
    if (!ReadHead() || !ReadOrder() || !ReadColumns()) return Damaged("its columns are");
    for (uint32_t kind : kinds_) {
      if (!(kind == kRest ? PutRest() : PutEvent(kind))) return Damaged("its pieces don't add up");
    }
    if (at_ != size_ || !BodiesUsed()) return Damaged("its pieces don't add up");
    out_.Advance(written_);
    return Status::Ok();
  }

 private:
  static Status Damaged(const char* what) {
    return Status::Invalid(std::string("a damaged block: ") + what);
  }

  bool ReadHead() {
    pieces_ = source_.Varint();
    const uint64_t templates = source_.Varint();
    for (uint8_t* width : {&order_width_, &wall_width_, &step_width_}) {
      *width = source_.Byte();
      if (*width > 8) return false;
    }
    wall_ = source_.Word();
    step_ = source_.Word();
    // Pieces of the rest stand between events.  Each template has an event.
    if (pieces_ > 2 * (size_ / kLeastEventBytes) + 1 || templates > pieces_) return false;
    kind_.resize(kFirstTemplate + templates);
    for (uint32_t kind : {kSmallBody, kLargeBody}) {
      if (!ReadStepMode(&kind_[kind])) return false;
    }
    for (uint64_t i = 0; i < templates && source_.ok(); ++i) {
      if (!ReadTemplate(&kind_[kFirstTemplate + i])) return false;
    }
    // Only now do they stay where they are.
    const uint8_t* body = bodies_.data();
    for (uint64_t i = 0; i < templates; ++i) {
      kind_[kFirstTemplate + i].body = body;
      body += kind_[kFirstTemplate + i].body_bytes;
    }
    return source_.ok();
  }

  bool ReadStepMode(Kind* kind) {
    const uint8_t mode = source_.Byte();
    kind->step_mode = static_cast<StepMode>(mode);
    return mode < kStepModes;
  }

  bool ReadTemplate(Kind* kind) {
    const uint64_t body_bytes = source_.Varint(), holes = source_.Varint();
    if (!ReadStepMode(kind) || body_bytes > size_ || holes > body_bytes / 4) return false;
    kind->body_bytes = body_bytes;
    kind->first_series = series_.size();
    kind->series = holes;
    size_t at = 0;
    for (uint64_t hole = 0; hole < holes; ++hole) {
      const uint64_t gap = source_.Varint();
      const uint8_t flags = source_.Byte();
      const size_t width = (flags & 1) != 0 ? 8 : 4;
      if (gap > body_bytes - at || width > body_bytes - at - gap || flags >> 1 >= kCodings) {
        return false;
      }
      series_.push_back({static_cast<uint32_t>(at + gap), static_cast<uint8_t>(width),
                         static_cast<Coding>(flags >> 1)});
      if (!CopyToBody(gap)) return false;
      bodies_.resize(bodies_.size() + width);
      at += gap + width;
    }
    return CopyToBody(body_bytes - at);
  }

  bool CopyToBody(size_t size) {
    const uint8_t* const from = source_.Take(size);
    if (from == nullptr) return false;
    bodies_.insert(bodies_.end(), from, from + size);
    return true;
  }

  bool ReadOrder() {
    const Planes order = source_.TakePlanes(pieces_, order_width_);
    if (!source_.ok()) return false;
    kinds_.reserve(pieces_);
    OrderGuess guess(kind_.size());
    for (size_t i = 0; i < pieces_; ++i) {
      const uint64_t code = order[i];
      const uint64_t kind = code == 0 ? guess.Next() : code - 1;
      if (kind >= kind_.size()) return false;
      // No two in a row: else there could be more pieces than ReadHead allows for.
      if (kind == kRest && !kinds_.empty() && kinds_.back() == kRest) return false;
      guess.See(static_cast<uint32_t>(kind));
      kinds_.push_back(static_cast<uint32_t>(kind));
      ++kind_[kind].count;
    }
    return true;
  }

  bool ReadColumns() {
    size_t events = 0, floats = 0, doubles = 0;
    for (size_t kind = kSmallBody; kind < kind_.size(); ++kind) {
      Kind& each = kind_[kind];
      each.next = events;
      events += each.count;
      for (size_t i = each.first_series; i < each.first_series + each.series; ++i) {
        size_t& end = series_[i].width == 4 ? floats : doubles;
        series_[i].first = end;
        // Both below 2^26, so that no product of theirs wraps.
        end += each.count;
        if (end > size_) return false;
      }
    }
    walls_ = source_.TakePlanes(events, wall_width_);
    steps_ = source_.TakePlanes(events, step_width_);
    floats_ = source_.TakePlanes(floats, 4);
    doubles_ = source_.TakePlanes(doubles, 8);
    for (uint32_t kind : {kRest, kSmallBody, kLargeBody}) {
      for (size_t i = 0; i < kind_[kind].count && source_.ok(); ++i) {
        lengths_[kind].push_back(source_.Varint());
      }
    }
    return source_.ok();
  }

  bool PutRest() {
    const uint64_t length = lengths_[kRest][kind_[kRest].nth++];
    const uint8_t* const from = source_.Take(length);
    if (from == nullptr || length > size_ - at_) return false;
    std::memcpy(to_ + written_, from, length);
    Wrote(length);
    return true;
  }

  bool PutEvent(uint32_t number) {
    Kind& kind = kind_[number];
    const size_t column = kind.next++, nth = kind.nth++;
    wall_ += UnZigZag(walls_[column]);
    step_ = kind.step.Next(kind.step_mode, step_) + UnZigZag(steps_[column]);
    kind.step.See(step_);

    const bool is_template = number >= kFirstTemplate;
    const uint64_t body_bytes = is_template ? kind.body_bytes : lengths_[number][nth];
    if (body_bytes > size_) return false;
    const size_t record_bytes = wire::EventRecordSize(static_cast<int64_t>(step_), body_bytes);
    if (record_bytes > size_ - at_) return false;
    if (!is_template && !bodies_given_[number - kSmallBody]) {
      at_ += record_bytes;
      return true;
    }
    const uint8_t* const body =
        is_template ? kind.body : body_sources_[number - kSmallBody].Take(body_bytes);
    if (body == nullptr) return false;
    uint8_t* const record = to_ + written_;
    uint8_t* const body_at = PutHead(record + wire::kRecordHeaderBytes);
    uint8_t* const end = wire::PutBytes(body_at, body, body_bytes);
    if (is_template) PutValues(kind, nth, body_at);
    wire::FrameRecord(record, end);
    Wrote(record_bytes);
    return true;
  }

  // As wire::PutEventHead, but any bits are a wall time.
  uint8_t* PutHead(uint8_t* to) const {
    *to++ = static_cast<uint8_t>(wire::Key(wire::event::kWallTime, wire::kFixed64));
    StoreLittle64(to, wall_);
    to += 8;
    return step_ == 0 ? to : wire::PutVarintField(to, wire::event::kStep, step_);
  }

  void PutValues(const Kind& kind, size_t nth, uint8_t* body) {
    for (size_t i = kind.first_series; i < kind.first_series + kind.series; ++i) {
      Series& series = series_[i];
      const size_t at = series.first + nth;
      const uint64_t coded = series.width == 4 ? floats_[at] : doubles_[at];
      series.before = DecodeValue(series.coding, series.width, coded, series.before);
      if (series.width == 4) {
        StoreLittle32(body + series.offset, static_cast<uint32_t>(series.before));
      } else {
        StoreLittle64(body + series.offset, series.before);
      }
    }
  }

  void Wrote(size_t size) {
    if (runs_.empty() || runs_.back().offset + runs_.back().size != at_) runs_.push_back({at_, 0});
    runs_.back().size += size;
    written_ += size;
    at_ += size;
  }

  bool BodiesUsed() const {
    if (!source_.done()) return false;
    for (int i = 0; i < 2; ++i) {
      if (bodies_given_[i] && !body_sources_[i].done()) return false;
    }
    return true;
  }

  Source source_;
  const bool bodies_given_[2];
  Source body_sources_[2];
  const size_t size_;
  ByteBuffer& out_;
  std::vector<Run>& runs_;

  uint64_t pieces_ = 0;
  uint8_t order_width_ = 0, wall_width_ = 0, step_width_ = 0;
  std::vector<Kind> kind_;
  std::vector<Series> series_;
  std::vector<uint8_t> bodies_;  // of the templates
  std::vector<uint32_t> kinds_;  // of the pieces
  Planes walls_, steps_, floats_, doubles_;
  std::vector<uint64_t> lengths_[kFirstTemplate];

  uint8_t* to_ = nullptr;
  size_t at_ = 0;       // in the block
  size_t written_ = 0;  // of it
  uint64_t wall_ = 0, step_ = 0;
};

}  // namespace

Status Decode(Bytes columns, std::optional<Bytes> small_bodies, std::optional<Bytes> large_bodies,
              size_t size, ByteBuffer* out, std::vector<Run>* runs) {
  runs->clear();
  return Decoder(columns, small_bodies, large_bodies, size, out, runs).Put();
}

}  // namespace ringboard::archive
