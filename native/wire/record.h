// TFRecord framing, the container of an event file:
//   uint64 length | uint32 masked CRC-32C of those 8 bytes | payload | uint32 masked CRC-32C of
//   payload
// all little-endian.  Spec: tensorflow/core/lib/io/record_writer.h
#pragma once

#include <array>
#include <cstdint>

#include "base/endian.h"
#include "crc32c/crc32c.h"

namespace ringboard::wire {

inline constexpr size_t kRecordHeaderBytes = 12;
inline constexpr size_t kRecordFooterBytes = 4;
inline constexpr size_t kRecordOverhead = kRecordHeaderBytes + kRecordFooterBytes;

inline uint32_t RecordHeaderCrc(uint64_t payload_bytes) {
  uint8_t length[8];
  StoreLittle64(length, payload_bytes);
  return crc32c::Mask(crc32c::Value(length, sizeof length));
}

// A scalar's record is nearly always shorter than this: its header's checksum is then a table
// look-up.
class RecordHeaderCrcTable {
 public:
  static constexpr size_t kLengths = 1024;
  static const RecordHeaderCrcTable& Get() {
    static const RecordHeaderCrcTable table;
    return table;
  }
  uint32_t operator[](size_t payload_bytes) const {
    return payload_bytes < kLengths ? crcs_[payload_bytes] : RecordHeaderCrc(payload_bytes);
  }

 private:
  RecordHeaderCrcTable() {
    for (size_t length = 0; length < kLengths; ++length) crcs_[length] = RecordHeaderCrc(length);
  }
  std::array<uint32_t, kLengths> crcs_;
};

inline uint8_t* PutRecordHeader(uint8_t* to, uint64_t payload_bytes, uint32_t header_crc) {
  StoreLittle64(to, payload_bytes);
  StoreLittle32(to + 8, header_crc);
  return to + kRecordHeaderBytes;
}

// Frames the payload that stands at record + kRecordHeaderBytes and ends at `payload_end`; returns
// the end of the record.
inline uint8_t* FrameRecord(uint8_t* record, uint8_t* payload_end) {
  const uint8_t* payload = record + kRecordHeaderBytes;
  const uint64_t payload_bytes = static_cast<uint64_t>(payload_end - payload);
  PutRecordHeader(record, payload_bytes, RecordHeaderCrcTable::Get()[payload_bytes]);
  StoreLittle32(payload_end, crc32c::Mask(crc32c::Value(payload, payload_bytes)));
  return payload_end + kRecordFooterBytes;
}

}  // namespace ringboard::wire
