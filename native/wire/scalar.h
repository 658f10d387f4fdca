// Scalar events.  Of a scalar's record only the wall time, the step and the value differ from one
// call to the next; the rest depends on the tag alone and is kept, serialized, in a ScalarTemplate:
//
//   record header │ wall time, step │ prefix: Event.summary ⊃ Summary.value ⊃ tag, key of the value
//                 │ value │ suffix (metadata of the tensor styles) │ record footer
//
// Threads: a ScalarTemplate is immutable after Make.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cpu/features.h"
#include "wire/event.h"

namespace ringboard::wire {

enum class ScalarStyle : uint8_t {
  kSimple,        // simple_value, a float: what add_scalar writes
  kFloatTensor,   // tensor DT_FLOAT with the scalars plugin's metadata: new_style=True
  kDoubleTensor,  // tensor DT_DOUBLE, likewise: new_style=True, double_precision=True
};

class ScalarTemplate {
 public:
  ScalarTemplate(std::string_view tag, ScalarStyle style);

  ScalarStyle style() const { return style_; }
  size_t payload_constant_bytes() const { return prefix_bytes_ + value_bytes_ + suffix_.size(); }
  // At least what any Encode writes, with the slack that whole-vector stores run over by.
  size_t max_record_bytes() const { return max_record_bytes_; }

  // Writes one record to `to` (max_record_bytes() of room), returns its end.
  uint8_t* Encode(uint8_t* to, double wall_time, int64_t step, double value) const {
    return encode_(*this, to, wall_time, step, value);
  }

  // One Summary.Value of a kSimple template, as part of an event with many values.
  size_t simple_value_bytes() const { return prefix_bytes_ - value_offset_ + sizeof(float); }
  uint8_t* PutSimpleValue(uint8_t* to, float value) const {
    to = PutBytes(to, prefix() + value_offset_, prefix_bytes_ - value_offset_);
    StoreLittleFloat(to, value);
    return to + sizeof(float);
  }

  using EncodeFunction = uint8_t* (*)(const ScalarTemplate&, uint8_t*, double, int64_t, double);
  // The implementations, best first.  The first three tests of tests/native/wire hold them
  // together.
  static std::span<const cpu::Kernel<EncodeFunction>> kernels();
  static const char* ActiveKernelName();

 private:
  friend struct ScalarEncoders;
  friend struct ScalarFold;

  const uint8_t* prefix() const { return prefix_.get(); }

  ScalarStyle style_;
  uint8_t value_bytes_;  // 4 or 8
  uint32_t prefix_bytes_ = 0;
  uint32_t value_offset_ = 0;     // where in the prefix Summary.value starts
  uint32_t fold_multiplier_ = 0;  // scalar_fold_x86.h: K
  uint32_t fold_constant_ = 0;    // scalar_fold_x86.h: crc0(prefix ‖ 0000)
  uint32_t fold_bytes_ = 0;       // scalar_fold_x86.h: the payload's, but for `rest`
  uint32_t fold_header_crcs_[8];  // scalar_fold_x86.h: by `rest`
  EncodeFunction encode_;
  size_t max_record_bytes_ = 0;
  std::unique_ptr<uint8_t[]>
      prefix_;  // padded with zeros to a multiple of kPrefixStep, and one more
  std::string suffix_;
};

// Prefixes are copied in steps of this many bytes.
inline constexpr size_t kPrefixStep = 32;

struct ScalarEncoders {
  // The specification: any style, step and value.
  static uint8_t* EncodePortable(const ScalarTemplate& scalar, uint8_t* to, double wall_time,
                                 int64_t step, double value);
  // kSimple templates only; byte-identical to EncodePortable.
  static uint8_t* EncodeSse42(const ScalarTemplate& scalar, uint8_t* to, double wall_time,
                              int64_t step, double value);
  static uint8_t* EncodeBmi2(const ScalarTemplate& scalar, uint8_t* to, double wall_time,
                             int64_t step, double value);
};

// An event of many simple values: writer.log({...}).
struct TaggedValue {
  const ScalarTemplate* scalar;
  float value;
};
size_t LogRecordMaxBytes(std::span<const TaggedValue> values);
uint8_t* PutLogRecord(uint8_t* record, double wall_time, int64_t step,
                      std::span<const TaggedValue> values);

}  // namespace ringboard::wire
