// Finds the records of an event file, whole or growing, sound or damaged.
//
// A record is handed on only when both of its checksums hold.  What is damaged is reported with its
// place, and reading goes on at the next offset where a whole record stands whose checksums hold.
//
// Nothing in the bytes is trusted.  A length is believed once its checksum holds, and memory is
// taken only for bytes that the file really has; records longer than kKeptBytes are never held
// whole.  The work is linear in the file's size: looking for a record costs one step a byte, and
// all checksums that turn out wrong (of damaged records, and of what only looked like one) may
// together cover kVainFactor times the file; an honest file's damaged records can't overlap, so
// they stay below 2.  A file that exceeds it was made to, and its rest is reported as damaged.
//
// Threads: one owner at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/byte_buffer.h"
#include "base/status.h"
#include "crc32c/crc32c.h"
#include "reader/source.h"
#include "wire/record.h"

namespace ringboard::reader {

enum class ProblemKind : uint8_t {
  kTornTail,    // the last record is not whole
  kZeros,       // nothing but zero bytes where a record should stand
  kBadLength,   // no length whose checksum holds, or one that reaches beyond the end
  kBadPayload,  // the payload's checksum does not hold
  kBadEvent,    // checksums hold, but the payload is no Event
};

struct Problem {
  ProblemKind kind;
  uint64_t offset;  // in the file
  uint64_t length;  // the bytes that could not be read; reading goes on behind them
};

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // A whole record, its checksums right; `offset` is its header's.  The bytes live until the
  // return.
  virtual void OnRecord(uint64_t offset, const uint8_t* payload, size_t size) = 0;
  // One too long to be held; its payload stands at offset + kRecordHeaderBytes of the source.
  virtual void OnLongRecord(uint64_t offset, uint64_t size, Source& source) = 0;
};

class Scanner {
 public:
  static constexpr size_t kBlockBytes = size_t{256} << 10;  // fits the second-level cache
  static constexpr size_t kKeptBytes = size_t{4} << 20;
  static constexpr uint64_t kVainFactor = 4;
  static constexpr uint64_t kVainFreeBytes = uint64_t{1} << 20;

  explicit Scanner(RecordSink* sink);

  // Hands on what the source has behind offset().  Unless `final`, an unfinished end is left for
  // the next call, by when the file may have grown; otherwise it is reported.
  Status Scan(Source& source, bool final);

  // Where the next record should stand.
  uint64_t offset() const { return offset_; }
  void Seek(uint64_t offset);
  uint64_t records() const { return records_; }
  std::vector<Problem>& problems() { return problems_; }

 private:
  enum class Outcome { kMore, kUnfinished, kBadLength, kBadPayload };

  Outcome ScanHeld();
  Status Fill(Source& source, size_t* got);
  Status Checksum(Source& source, uint64_t offset, uint64_t size, bool* whole, uint32_t* crc);
  Status LongRecord(Source& source, Outcome* outcome);
  Status LooksSound(Source& source, uint64_t offset, uint64_t end, bool* sound);
  // Looks for a record from search_from_ on; then offset_ is there and *found, or search_from_ is
  // where to go on.
  Status FindRecord(Source& source, uint64_t end, bool final, bool* found, uint64_t* at);
  Status IsZeros(Source& source, uint64_t from, uint64_t to, bool* zeros);
  Status Report(Source& source, uint64_t to);
  Status PassDamage(Source& source, uint64_t end, bool final, bool* resumed);
  Status ScanAll(Source& source, bool final);
  Status ScanSound(Source& source, Outcome* outcome);
  uint32_t PayloadCrc(const uint8_t* payload, size_t size) const {
    return crc32c::Mask(~extend_(~0u, payload, size));
  }

  RecordSink* const sink_;
  const wire::RecordHeaderCrcTable& header_crcs_;
  const crc32c::RawExtendFn extend_;

  ByteBuffer held_;  // bytes of the file from offset_ on
  uint64_t offset_ = 0;
  uint64_t record_bytes_ = 0;  // of the record at offset_, once its length is believed; else 0
  uint64_t search_from_ = 0;   // above offset_ while the record at offset_ is known to be damaged
  ProblemKind damage_ = ProblemKind::kBadLength;  // then: how
  uint64_t vain_bytes_ = 0;
  uint64_t records_ = 0;
  std::vector<Problem> problems_;
};

}  // namespace ringboard::reader
