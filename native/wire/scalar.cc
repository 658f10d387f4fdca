// See scalar.h.
#include "wire/scalar.h"

#include "base/platform.h"
#include "crc32c/polynomial.h"

namespace ringboard::wire {
namespace {

constexpr std::string_view kPluginName = "scalars";

constexpr cpu::Kernel<ScalarTemplate::EncodeFunction> kKernels[] = {
#if RB_X86_SIMD
    {"bmi2", cpu::kSse42 | cpu::kPclmul | cpu::kFastPdep, ScalarEncoders::EncodeBmi2},
    {"sse42", cpu::kSse42 | cpu::kPclmul, ScalarEncoders::EncodeSse42},
#endif
    {"portable", 0, ScalarEncoders::EncodePortable},
};

// SummaryMetadata{plugin_data{plugin_name: "scalars"}} as field 9 of the value.
std::string MetadataField() {
  uint8_t bytes[32];
  constexpr size_t kPluginBytes = BytesFieldSize(kPluginName.size());
  uint8_t* end = PutBytesHead(bytes, value::kMetadata, BytesFieldSize(kPluginBytes));
  end = PutBytesHead(end, metadata::kPluginData, kPluginBytes);
  end = PutBytesField(end, metadata::kPluginName, kPluginName);
  return std::string(bytes, end);
}

// What stands between the tag and the value: the value's own key, or the tensor up to its one
// element.
std::string ValueHead(ScalarStyle style) {
  uint8_t bytes[8];
  uint8_t* end = bytes;
  if (style == ScalarStyle::kSimple) {
    *end++ = static_cast<uint8_t>(Key(value::kSimpleValue, kFixed32));
  } else {
    const bool is_double = style == ScalarStyle::kDoubleTensor;
    const size_t element = is_double ? sizeof(double) : sizeof(float);
    const uint64_t dtype = is_double ? tensor::kDtDouble : tensor::kDtFloat;
    end = PutBytesHead(end, value::kTensor, VarintFieldSize(dtype) + BytesFieldSize(element));
    end = PutVarintField(end, tensor::kDtype, dtype);
    end = PutBytesHead(end, is_double ? tensor::kDoubleVal : tensor::kFloatVal, element);
  }
  return std::string(bytes, end);
}

}  // namespace

std::span<const cpu::Kernel<ScalarTemplate::EncodeFunction>> ScalarTemplate::kernels() {
  return kKernels;
}
const char* ScalarTemplate::ActiveKernelName() { return cpu::Select(kKernels).name; }

ScalarTemplate::ScalarTemplate(std::string_view tag, ScalarStyle style)
    : style_(style),
      value_bytes_(style == ScalarStyle::kDoubleTensor ? sizeof(double) : sizeof(float)) {
  const std::string head = ValueHead(style);
  if (style != ScalarStyle::kSimple) suffix_ = MetadataField();
  const size_t inside_value =
      BytesFieldSize(tag.size()) + head.size() + value_bytes_ + suffix_.size();
  const size_t inside_summary = BytesFieldSize(inside_value);
  value_offset_ = static_cast<uint32_t>(BytesHeadSize(inside_summary));
  prefix_bytes_ =
      static_cast<uint32_t>(value_offset_ + inside_summary - value_bytes_ - suffix_.size());
  prefix_ = std::make_unique<uint8_t[]>((prefix_bytes_ / kPrefixStep + 2) * kPrefixStep);
  uint8_t* end = PutBytesHead(prefix_.get(), event::kSummary, inside_summary);
  end = PutBytesHead(end, summary::kValue, inside_value);
  end = PutBytesField(end, value::kTag, tag);
  PutBytes(end, head.data(), head.size());

  max_record_bytes_ =
      kRecordOverhead + kMaxEventHeadBytes + payload_constant_bytes() + 2 * kPrefixStep;
  encode_ = style == ScalarStyle::kSimple ? cpu::Select(kKernels).function
                                          : &ScalarEncoders::EncodePortable;

  // For scalar_fold_x86.h, whose head comment derives all of them.
  const uint32_t zeros = 0;
  fold_multiplier_ = crc32c::MoveConstant(prefix_bytes_ + sizeof(float));
  fold_constant_ = crc32c::RawExtend(crc32c::RawExtend(0, prefix_.get(), prefix_bytes_), &zeros, 4);
  fold_bytes_ = static_cast<uint32_t>(sizeof(uint64_t) + prefix_bytes_ + sizeof(float));
  for (uint32_t rest = 0; rest < 8; ++rest) {
    fold_header_crcs_[rest] = RecordHeaderCrcTable::Get()[fold_bytes_ + rest];
  }
}

uint8_t* ScalarEncoders::EncodePortable(const ScalarTemplate& scalar, uint8_t* to, double wall_time,
                                        int64_t step, double value) {
  uint8_t* end = PutEventHead(to + kRecordHeaderBytes, wall_time, step);
  end = PutBytes(end, scalar.prefix(), scalar.prefix_bytes_);
  if (scalar.value_bytes_ == sizeof(double)) {
    StoreLittleDouble(end, value);
  } else {
    StoreLittleFloat(end, static_cast<float>(value));
  }
  end = PutBytes(end + scalar.value_bytes_, scalar.suffix_.data(), scalar.suffix_.size());
  return FrameRecord(to, end);
}

size_t LogRecordMaxBytes(std::span<const TaggedValue> values) {
  size_t bytes = kRecordOverhead + kMaxEventHeadBytes + 1 + kMaxVarintBytes;
  for (const TaggedValue& tagged : values) bytes += tagged.scalar->simple_value_bytes();
  return bytes;
}

uint8_t* PutLogRecord(uint8_t* record, double wall_time, int64_t step,
                      std::span<const TaggedValue> values) {
  size_t summary_bytes = 0;
  for (const TaggedValue& tagged : values) summary_bytes += tagged.scalar->simple_value_bytes();
  uint8_t* end = PutEventHead(record + kRecordHeaderBytes, wall_time, step);
  end = PutBytesHead(end, event::kSummary, summary_bytes);
  for (const TaggedValue& tagged : values) end = tagged.scalar->PutSimpleValue(end, tagged.value);
  return FrameRecord(record, end);
}

}  // namespace ringboard::wire
