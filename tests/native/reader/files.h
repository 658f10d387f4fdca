// Event files as strings, made the way writers make them, for the reader's tests.
#pragma once

#include <string>

#include "wire/event.h"
#include "wire/scalar.h"

namespace ringboard::reader {

inline std::string Record(const std::string& payload) {
  std::string record(payload.size() + wire::kRecordOverhead, '\0');
  auto* const at = reinterpret_cast<uint8_t*>(record.data());
  wire::FrameRecord(at,
                    wire::PutBytes(at + wire::kRecordHeaderBytes, payload.data(), payload.size()));
  return record;
}

inline std::string Scalar(const std::string& tag, double wall_time, int64_t step, double value,
                          wire::ScalarStyle style = wire::ScalarStyle::kSimple) {
  const wire::ScalarTemplate scalar(tag, style);
  std::string record(scalar.max_record_bytes(), '\0');
  auto* const at = reinterpret_cast<uint8_t*>(record.data());
  record.resize(static_cast<size_t>(scalar.Encode(at, wall_time, step, value) - at));
  return record;
}

inline std::string Varint(uint64_t value) {
  uint8_t bytes[wire::kMaxVarintBytes];
  return {reinterpret_cast<char*>(bytes),
          static_cast<size_t>(wire::PutVarint(bytes, value) - bytes)};
}
inline std::string VarintField(uint32_t field, uint64_t value) {
  return Varint(field << 3 | wire::kVarint) + Varint(value);
}
inline std::string BytesField(uint32_t field, const std::string& bytes) {
  return Varint(field << 3 | wire::kBytes) + Varint(bytes.size()) + bytes;
}
inline std::string FloatField(uint32_t field, float value) {
  std::string bytes(4, '\0');
  StoreLittleFloat(bytes.data(), value);
  return Varint(field << 3 | wire::kFixed32) + bytes;
}
inline std::string DoubleField(uint32_t field, double value) {
  std::string bytes(8, '\0');
  StoreLittleDouble(bytes.data(), value);
  return Varint(field << 3 | wire::kFixed64) + bytes;
}

// A summary of one value in an Event with wall time 1 and step 2.
inline std::string ValueEvent(const std::string& value) {
  return DoubleField(1, 1) + VarintField(2, 2) + BytesField(5, BytesField(1, value));
}

}  // namespace ringboard::reader
