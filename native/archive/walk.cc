// See walk.h.
#include "archive/walk.h"

#include "wire/record.h"

namespace ringboard::archive {
namespace {

// Whether 12 bytes are a record's header; `*payload_bytes` is then its length, not above `most`.
bool IsHeader(const uint8_t* at, uint64_t most, uint64_t* payload_bytes) {
  *payload_bytes = LoadLittle64(at);
  // The length first: in bytes that are no header it is nearly always too large, which costs less
  // to find out than a checksum.
  return *payload_bytes <= most &&
         LoadLittle32(at + 8) == (*payload_bytes < wire::RecordHeaderCrcTable::kLengths
                                      ? wire::RecordHeaderCrcTable::Get()[*payload_bytes]
                                      : wire::RecordHeaderCrc(*payload_bytes));
}

}  // namespace

bool Walker::IsRecord(const uint8_t* at, size_t* size) {
  const auto left = static_cast<size_t>(end_ - at);
  uint64_t payload_bytes = 0;
  if (left < wire::kRecordOverhead || !IsHeader(at, left - wire::kRecordOverhead, &payload_bytes) ||
      payload_bytes > patience_) {
    return false;
  }
  const uint8_t* const payload = at + wire::kRecordHeaderBytes;
  if (LoadLittle32(payload + payload_bytes) !=
      crc32c::Mask(crc32c::Value(payload, payload_bytes))) {
    patience_ -= payload_bytes;
    return false;
  }
  *size = payload_bytes + wire::kRecordOverhead;
  return true;
}

Piece Walker::Next() {
  Piece piece;
  const uint8_t* const from = at_;
  if (from == end_) return piece;
  if (IsRecord(from, &piece.size)) {
    piece.record = true;
    at_ += piece.size;
    return piece;
  }
  size_t unused = 0;
  do {
    ++at_;
  } while (at_ != end_ && !IsRecord(at_, &unused));
  piece.size = static_cast<size_t>(at_ - from);
  return piece;
}

size_t Split(const uint8_t* data, size_t size) {
  const uint8_t* const end = data + size;
  Walker walker(data, size);
  for (;;) {
    const auto left = static_cast<size_t>(end - walker.at());
    uint64_t payload_bytes = 0;
    if (left < wire::kRecordHeaderBytes) break;
    if (!IsHeader(walker.at(), UINT64_MAX, &payload_bytes)) {
      walker.Next();
    } else if (left < wire::kRecordOverhead || payload_bytes > left - wire::kRecordOverhead) {
      break;
    } else {
      walker.Skip(payload_bytes + wire::kRecordOverhead);
    }
  }
  return static_cast<size_t>(walker.at() - data);
}

}  // namespace ringboard::archive
