// See block.h.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string_view>
#include <unordered_map>

#include "archive/block.h"
#include "archive/layout.h"
#include "archive/shape.h"
#include "archive/walk.h"
#include "wire/fields.h"
#include "wire/proto.h"

namespace ringboard::archive {
namespace {

using std::string_view;
using Numbers = std::vector<uint64_t>;

// Larger bodies of scalars are not worth being compared with templates.
constexpr size_t kMostTemplateBytes = 1 << 20;

string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

struct Template {
  std::string body;  // its holes zeroed
  std::vector<Hole> holes;
  std::vector<std::string> tags;

  // Whether a body is one of this kind: the same around the holes.
  bool Fits(string_view other) const {
    if (other.size() != body.size()) return false;
    size_t at = 0;
    for (const Hole& hole : holes) {
      if (std::memcmp(other.data() + at, body.data() + at, hole.offset - at) != 0) return false;
      at = hole.offset + hole.width;
    }
    return std::memcmp(other.data() + at, body.data() + at, body.size() - at) == 0;
  }
};

struct Event {
  uint64_t wall = 0;  // the bits of the double
  uint64_t step = 0;
  string_view body;
};

// False for a payload that doesn't begin with a wall time.  A step that no writer would encode as
// it stands there is left to the body: the event then is one of step 0.
bool ParseHead(const uint8_t* payload, size_t size, Event* event) {
  if (size < wire::kDoubleFieldSize ||
      payload[0] != wire::Key(wire::event::kWallTime, wire::kFixed64)) {
    return false;
  }
  event->wall = LoadLittle64(payload + 1);
  event->step = 0;
  const uint8_t *at = payload + wire::kDoubleFieldSize, *const end = payload + size;
  if (at != end && *at == wire::Key(wire::event::kStep, wire::kVarint)) {
    uint64_t step = 0;
    const uint8_t* digit = at + 1;
    for (unsigned shift = 0; shift < 64 && digit != end; shift += 7) {
      const uint8_t byte = *digit++;
      step |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (step != 0 && static_cast<size_t>(digit - at) == wire::VarintFieldSize(step) &&
          (shift < 63 || byte == 1)) {
        event->step = step;
        at = digit;
      }
      break;
    }
  }
  event->body = View(at, static_cast<size_t>(end - at));
  return true;
}

class Encoder {
 public:
  explicit Encoder(Encoded* encoded) : out_(*encoded) {}

  Status Take(Bytes bytes) {
    Walker walker(bytes.data(), bytes.size());
    for (;;) {
      const uint8_t* const at = walker.at();
      const Piece piece = walker.Next();
      if (piece.size == 0) break;
      if (!piece.record || !AddRecord(at, piece.size)) AddRest(at, piece.size);
    }
    Finish();
    return full_ ? Status::OutOfMemory("an archive's block") : Status::Ok();
  }

 private:
  // --- from pieces to numbers in file order -----------------------------------------------------

  bool AddRecord(const uint8_t* record, size_t size) {
    Event event;
    if (!ParseHead(record + wire::kRecordHeaderBytes, size - wire::kRecordOverhead, &event)) {
      return false;
    }
    uint32_t kind = followers_[last_kind_];
    if (kind < kFirstTemplate || !templates_[kind - kFirstTemplate].Fits(event.body)) {
      kind = KindOf(event.body);
    }
    if (kind == kRest) return false;
    if (kind < kFirstTemplate) {
      AddBody(kind, event.body);
    } else {
      for (const Hole& hole : templates_[kind - kFirstTemplate].holes) {
        const char* const from = event.body.data() + hole.offset;
        values_.push_back(hole.width == 4 ? LoadLittle32(from) : LoadLittle64(from));
      }
    }
    walls_.push_back(event.wall);
    steps_.push_back(event.step);
    AddPiece(kind);
    return true;
  }

  uint32_t KindOf(string_view body) {
    ParseShape(reinterpret_cast<const uint8_t*>(body.data()), body.size(), &shape_);
    if (shape_.kind == BodyKind::kUntagged) return kRest;
    if (shape_.kind == BodyKind::kOther || body.size() > kMostTemplateBytes) {
      const bool small = body.size() < kLargeBodyBytes;
      auto& tags = small ? small_tags_ : large_tags_;
      tags.insert(shape_.tags.begin(), shape_.tags.end());
      return small ? kSmallBody : kLargeBody;
    }
    zeroed_ = body;
    for (const Hole& hole : shape_.holes) std::memset(zeroed_.data() + hole.offset, 0, hole.width);
    const auto [known, is_new] =
        by_body_.emplace(zeroed_, static_cast<uint32_t>(kFirstTemplate + templates_.size()));
    if (is_new) {
      templates_.push_back({zeroed_, shape_.holes, {shape_.tags.begin(), shape_.tags.end()}});
      followers_.push_back(kRest);
    }
    return known->second;
  }

  void AddBody(uint32_t kind, string_view body) {
    lengths_[kind].push_back(body.size());
    Append(kind == kSmallBody ? &out_.small_bodies : &out_.large_bodies, body);
  }

  void AddRest(const uint8_t* at, size_t size) {
    if (!kinds_.empty() && kinds_.back() == kRest) {
      lengths_[kRest].back() += size;
    } else {
      lengths_[kRest].push_back(size);
      AddPiece(kRest);
    }
    Append(&rest_, View(at, size));
    out_.untagged = true;
  }

  void AddPiece(uint32_t kind) {
    kinds_.push_back(kind);
    followers_[last_kind_] = kind;
    last_kind_ = kind;
  }

  // --- from numbers in file order to columns ----------------------------------------------------

  size_t kinds() const { return kFirstTemplate + templates_.size(); }

  void Finish() {
    // Where each kind's events stand in the columns.
    first_.assign(kinds() + 1, 0);
    for (uint32_t kind : kinds_) first_[kind + 1] += kind != kRest;
    for (size_t kind = 0; kind < kinds(); ++kind) first_[kind + 1] += first_[kind];

    const Numbers order = Order(), walls = Walls(), steps = Steps();
    Values();
    PutHead(WidthOf(order), WidthOf(walls), WidthOf(steps));
    PutPlanes(order, WidthOf(order));
    PutPlanes(walls, WidthOf(walls));
    PutPlanes(steps, WidthOf(steps));
    PutPlanes(floats_, 4);
    PutPlanes(doubles_, 8);
    for (const Numbers& lengths : lengths_) {
      for (uint64_t length : lengths) PutVarint(length);
    }
    Append(&out_.columns, View(rest_.data(), rest_.size()));
    PutTags();
  }

  Numbers Order() const {
    Numbers order;
    order.reserve(kinds_.size());
    OrderGuess guess(kinds());
    for (uint32_t kind : kinds_) {
      order.push_back(kind == guess.Next() ? 0 : kind + 1);
      guess.See(kind);
    }
    return order;
  }

  Numbers Walls() const {
    Numbers grouped(walls_.size());
    uint64_t before = walls_.empty() ? 0 : walls_.front();
    ForEachEvent([&](size_t event, uint32_t, size_t at) {
      grouped[at] = ZigZag(walls_[event] - before);
      before = walls_[event];
    });
    return grouped;
  }

  // In each mode; then each kind takes the one that suits it.
  Numbers Steps() {
    Numbers candidates[kStepModes];
    for (int mode = 0; mode < kStepModes; ++mode) {
      candidates[mode] = StepsIn(static_cast<StepMode>(mode));
    }
    Numbers& chosen = candidates[0];
    step_modes_.assign(kinds(), StepMode::kFile);
    for (size_t kind = kSmallBody; kind < kinds(); ++kind) {
      const size_t first = first_[kind], count = first_[kind + 1] - first;
      double least = HUGE_VAL;
      for (int mode = 0; mode < kStepModes; ++mode) {
        const std::span<const uint64_t> slice(candidates[mode].data() + first, count);
        const double bytes = SampledBytes(slice, WidthOf(slice));
        if (bytes < least) {
          least = bytes;
          step_modes_[kind] = static_cast<StepMode>(mode);
        }
      }
      const Numbers& best = candidates[static_cast<int>(step_modes_[kind])];
      std::copy_n(best.begin() + static_cast<ptrdiff_t>(first), count,
                  chosen.begin() + static_cast<ptrdiff_t>(first));
    }
    return std::move(chosen);
  }

  Numbers StepsIn(StepMode mode) const {
    Numbers grouped(steps_.size());
    std::vector<StepGuess> guesses(kinds());
    uint64_t before = steps_.empty() ? 0 : steps_.front();
    ForEachEvent([&](size_t event, uint32_t kind, size_t at) {
      grouped[at] = ZigZag(steps_[event] - guesses[kind].Next(mode, before));
      guesses[kind].See(steps_[event]);
      before = steps_[event];
    });
    return grouped;
  }

  // `visit(event, kind, where in the columns)` for each event in file order.
  template <typename Visit>
  void ForEachEvent(Visit visit) const {
    std::vector<size_t> next(first_.begin(), first_.end() - 1);
    size_t event = 0;
    for (uint32_t kind : kinds_) {
      if (kind != kRest) visit(event++, kind, next[kind]++);
    }
  }

  void Values() {
    // Where each hole's values begin among those of its width.
    std::vector<std::vector<size_t>> begins(templates_.size());
    size_t floats = 0, doubles = 0;
    for (size_t i = 0; i < templates_.size(); ++i) {
      const size_t count = first_[kFirstTemplate + i + 1] - first_[kFirstTemplate + i];
      for (const Hole& hole : templates_[i].holes) {
        size_t& end = hole.width == 4 ? floats : doubles;
        begins[i].push_back(end);
        end += count;
      }
    }
    floats_.resize(floats);
    doubles_.resize(doubles);
    size_t next_value = 0;
    ForEachEvent([&](size_t, uint32_t kind, size_t at) {
      if (kind < kFirstTemplate) return;
      const size_t i = kind - kFirstTemplate, nth = at - first_[kind];
      for (size_t hole = 0; hole < begins[i].size(); ++hole) {
        Column(templates_[i].holes[hole])[begins[i][hole] + nth] = values_[next_value++];
      }
    });
    codings_.resize(templates_.size());
    for (size_t i = 0; i < templates_.size(); ++i) {
      const size_t count = first_[kFirstTemplate + i + 1] - first_[kFirstTemplate + i];
      for (size_t hole = 0; hole < begins[i].size(); ++hole) {
        const Hole& each = templates_[i].holes[hole];
        codings_[i].push_back(Code({Column(each).data() + begins[i][hole], count}, each.width));
      }
    }
  }

  Numbers& Column(const Hole& hole) { return hole.width == 4 ? floats_ : doubles_; }

  static Coding Code(std::span<uint64_t> values, int width) {
    const Coding coding = ChooseCoding(values, width);
    uint64_t before = 0;
    for (uint64_t& value : values) {
      const uint64_t bits = value;
      value = EncodeValue(coding, width, bits, before);
      before = bits;
    }
    return coding;
  }

  // --- from columns to bytes --------------------------------------------------------------------

  void PutHead(int order_width, int wall_width, int step_width) {
    PutVarint(kinds_.size());
    PutVarint(templates_.size());
    for (int width : {order_width, wall_width, step_width}) PutByte(static_cast<uint8_t>(width));
    PutWord(walls_.empty() ? 0 : walls_.front());
    PutWord(steps_.empty() ? 0 : steps_.front());
    PutByte(static_cast<uint8_t>(step_modes_[kSmallBody]));
    PutByte(static_cast<uint8_t>(step_modes_[kLargeBody]));
    for (size_t i = 0; i < templates_.size(); ++i) PutTemplate(i);
  }

  void PutTemplate(size_t i) {
    const Template& each = templates_[i];
    PutVarint(each.body.size());
    PutVarint(each.holes.size());
    PutByte(static_cast<uint8_t>(step_modes_[kFirstTemplate + i]));
    size_t at = 0;
    for (size_t hole = 0; hole < each.holes.size(); ++hole) {
      const auto& [offset, width] = each.holes[hole];
      PutVarint(offset - at);
      PutByte(static_cast<uint8_t>(static_cast<unsigned>(codings_[i][hole]) << 1 |
                                   static_cast<unsigned>(width == 8)));
      Append(&out_.columns, string_view(each.body).substr(at, offset - at));
      at = offset + width;
    }
    Append(&out_.columns, string_view(each.body).substr(at));
  }

  void PutPlanes(const Numbers& numbers, int width) {
    full_ |= !AppendPlanes(numbers, width, &out_.columns);
  }

  void PutByte(uint8_t byte) { full_ |= !out_.columns.Append(&byte, 1); }
  void PutWord(uint64_t word) {
    uint8_t bytes[8];
    StoreLittle64(bytes, word);
    full_ |= !out_.columns.Append(bytes, sizeof bytes);
  }
  void PutVarint(uint64_t value) {
    uint8_t bytes[wire::kMaxVarintBytes];
    full_ |=
        !out_.columns.Append(bytes, static_cast<size_t>(wire::PutVarint(bytes, value) - bytes));
  }
  void Append(ByteBuffer* to, string_view bytes) {
    full_ |= !to->Append(bytes.data(), bytes.size());
  }

  void PutTags() {
    std::set<std::string, std::less<>> scalar_tags;
    for (Template& each : templates_) scalar_tags.insert(each.tags.begin(), each.tags.end());
    out_.scalar_tags.assign(scalar_tags.begin(), scalar_tags.end());
    out_.small_tags.assign(small_tags_.begin(), small_tags_.end());
    out_.large_tags.assign(large_tags_.begin(), large_tags_.end());
  }

  Encoded& out_;
  bool full_ = false;  // no memory

  std::vector<Template> templates_;
  std::unordered_map<std::string, uint32_t> by_body_;
  std::set<std::string, std::less<>> small_tags_, large_tags_;
  Shape shape_;
  std::string zeroed_;

  // In file order.
  std::vector<uint32_t> kinds_;  // of all pieces
  Numbers walls_, steps_;        // of events
  Numbers values_;               // of the holes
  Numbers lengths_[kFirstTemplate];
  ByteBuffer rest_;
  std::vector<uint32_t> followers_ = std::vector<uint32_t>(kFirstTemplate, kRest);
  uint32_t last_kind_ = kRest;

  // Of each kind, each template.
  std::vector<size_t> first_;
  std::vector<StepMode> step_modes_;
  std::vector<std::vector<Coding>> codings_;
  Numbers floats_, doubles_;
};

}  // namespace

Status Encode(Bytes bytes, Encoded* encoded) {
  if (bytes.size() > kMaxBlockBytes) {
    return Status::Invalid("a block of " + std::to_string(bytes.size()) + " bytes is too large");
  }
  return Encoder(encoded).Take(bytes);
}

}  // namespace ringboard::archive
