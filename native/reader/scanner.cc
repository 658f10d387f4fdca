// See scanner.h.
#include "reader/scanner.h"

#include <algorithm>

#include "base/endian.h"

namespace ringboard::reader {
namespace {

using wire::kRecordHeaderBytes;
using wire::kRecordOverhead;

// Lengths above this are no file's; it keeps sums below 2^64.
constexpr uint64_t kAbsurdBytes = uint64_t{1} << 62;

crc32c::RawExtendFn ActiveExtend() {
  for (const auto& kernel : crc32c::kernels()) {
    if (kernel.RunsOn(cpu::Active())) return kernel.function;
  }
  return crc32c::RawExtend;
}

bool AllZero(const uint8_t* bytes, size_t size) {
  return size == 0 || (bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0);
}

Status NoMemory() { return Status::OutOfMemory("no memory for a block of an event file"); }

}  // namespace

Scanner::Scanner(RecordSink* sink)
    : sink_(sink), header_crcs_(wire::RecordHeaderCrcTable::Get()), extend_(ActiveExtend()) {}

void Scanner::Seek(uint64_t offset) {
  offset_ = offset;
  search_from_ = record_bytes_ = 0;
  held_.Clear();
}

// The loop that an undamaged file spends its time in.
Scanner::Outcome Scanner::ScanHeld() {
  const uint8_t* const begin = held_.data();
  const uint8_t* const end = begin + held_.size();
  const uint8_t* at = begin;
  Outcome outcome = Outcome::kMore;
  record_bytes_ = 0;
  uint64_t records = 0;
  while (static_cast<size_t>(end - at) >= kRecordHeaderBytes) {
    const uint64_t length = LoadLittle64(at);
    if (LoadLittle32(at + 8) != header_crcs_[length]) {
      outcome = Outcome::kBadLength;
      break;
    }
    const size_t left = static_cast<size_t>(end - at);
    if (left < kRecordOverhead || length > left - kRecordOverhead) {
      record_bytes_ = std::min(length, kAbsurdBytes) + kRecordOverhead;
      break;
    }
    const uint8_t* const payload = at + kRecordHeaderBytes;
    if (LoadLittle32(payload + length) != PayloadCrc(payload, length)) {
      record_bytes_ = length + kRecordOverhead;
      outcome = Outcome::kBadPayload;
      break;
    }
    sink_->OnRecord(offset_ + static_cast<uint64_t>(at - begin), payload, length);
    ++records;
    at = payload + length + wire::kRecordFooterBytes;
  }
  records_ += records;
  const size_t done = static_cast<size_t>(at - begin);
  offset_ += done;
  held_.DropFront(done);
  return outcome;
}

Status Scanner::Fill(Source& source, size_t* got) {
  // A record that is not whole yet, but will fit: make room for it all.  That the file has as many
  // bytes has been seen before.
  const size_t wanted = std::max<size_t>(kBlockBytes, record_bytes_);
  const size_t room = wanted - std::min(wanted, held_.size());
  uint8_t* const to = held_.Reserve(room);
  if (to == nullptr) return NoMemory();
  Status status = source.Read(offset_ + held_.size(), to, room, got);
  held_.Advance(*got);
  return status;
}

// Of `size` bytes at `offset`, in blocks; held_ is only used as memory.
Status Scanner::Checksum(Source& source, uint64_t offset, uint64_t size, bool* whole,
                         uint32_t* crc) {
  held_.Clear();
  uint8_t* const block = held_.Reserve(kBlockBytes);
  if (block == nullptr) return NoMemory();
  uint32_t state = ~0u;
  *whole = false;
  while (size != 0) {
    size_t got = 0;
    const size_t step = static_cast<size_t>(std::min<uint64_t>(size, kBlockBytes));
    Status status = source.Read(offset, block, step, &got);
    if (!status.ok()) return status;
    if (got == 0) return status;
    state = extend_(state, block, got);
    offset += got;
    size -= got;
  }
  *whole = true;
  *crc = crc32c::Mask(~state);
  return Status::Ok();
}

// The record at offset_, of record_bytes_, all of which the source has.
Status Scanner::LongRecord(Source& source, Outcome* outcome) {
  const uint64_t size = record_bytes_ - kRecordOverhead;
  const uint64_t payload = offset_ + kRecordHeaderBytes;
  bool whole = false;
  uint32_t crc = 0;
  Status status = Checksum(source, payload, size, &whole, &crc);
  if (!status.ok()) return status;
  uint8_t footer[wire::kRecordFooterBytes];
  size_t got = 0;
  status = source.Read(payload + size, footer, sizeof footer, &got);
  if (!status.ok()) return status;
  held_.Clear();
  if (!whole || got != sizeof footer || LoadLittle32(footer) != crc) {
    *outcome = Outcome::kBadPayload;
    return status;
  }
  *outcome = Outcome::kMore;
  ++records_;
  sink_->OnLongRecord(offset_, size, source);
  offset_ += record_bytes_;
  record_bytes_ = 0;
  return status;
}

// Whether `offset` is where a record starts, or nothing more.
Status Scanner::LooksSound(Source& source, uint64_t offset, uint64_t end, bool* sound) {
  uint8_t header[kRecordHeaderBytes];
  size_t got = 0;
  *sound = true;
  if (offset == end) return Status::Ok();
  Status status = source.Read(offset, header, sizeof header, &got);
  *sound = got == sizeof header && LoadLittle32(header + 8) == header_crcs_[LoadLittle64(header)];
  return status;
}

Status Scanner::FindRecord(Source& source, uint64_t end, bool final, bool* found, uint64_t* at) {
  *found = false;
  ByteBuffer window;
  while (search_from_ < end && end - search_from_ >= kRecordOverhead) {
    window.Clear();
    uint8_t* const bytes = window.Reserve(kBlockBytes);
    if (bytes == nullptr) return NoMemory();
    size_t got = 0;
    Status status = source.Read(search_from_, bytes, kBlockBytes, &got);
    if (!status.ok()) return status;
    if (got < kRecordOverhead) break;
    const size_t places = got - kRecordHeaderBytes + 1;
    for (size_t place = 0; place < places; ++place) {
      const uint64_t length = LoadLittle64(bytes + place);
      const uint64_t here = search_from_ + place;
      // Nearly every place is done with here: eight bytes of anything else are a huge number.
      const bool fits = end - here >= kRecordOverhead && length <= end - here - kRecordOverhead;
      if (!fits && (final || length > kAbsurdBytes)) continue;
      if (LoadLittle32(bytes + place + 8) != header_crcs_[length]) continue;
      if (!fits) {  // and the file is growing: it may be the record that is being written
        search_from_ = here;
        return Status::Ok();
      }
      if (vain_bytes_ > kVainFactor * end + kVainFreeBytes) {
        search_from_ = end;
        return Status::Ok();
      }
      bool whole = false;
      uint32_t crc = 0;
      uint8_t footer[wire::kRecordFooterBytes] = {};
      const uint8_t* const payload = bytes + place + kRecordHeaderBytes;
      if (length <= got - place && length + kRecordOverhead <= got - place) {
        whole = true;
        crc = PayloadCrc(payload, static_cast<size_t>(length));
        std::memcpy(footer, payload + length, sizeof footer);
      } else {
        status = Checksum(source, here + kRecordHeaderBytes, length, &whole, &crc);
        if (!status.ok()) return status;
        size_t footer_bytes = 0;
        status =
            source.Read(here + kRecordHeaderBytes + length, footer, sizeof footer, &footer_bytes);
        if (!status.ok()) return status;
        whole = whole && footer_bytes == sizeof footer;
      }
      if (whole && LoadLittle32(footer) == crc) {
        *found = true;
        *at = here;
        return Status::Ok();
      }
      vain_bytes_ += length + kRecordOverhead;
    }
    search_from_ += places;
  }
  // The last few bytes may be the start of a header.
  if (final) search_from_ = end;
  return Status::Ok();
}

Status Scanner::IsZeros(Source& source, uint64_t from, uint64_t to, bool* zeros) {
  *zeros = true;
  held_.Clear();
  uint8_t* const block = held_.Reserve(kBlockBytes);
  if (block == nullptr) return NoMemory();
  while (from < to && *zeros) {
    size_t got = 0;
    const size_t step = static_cast<size_t>(std::min<uint64_t>(to - from, kBlockBytes));
    Status status = source.Read(from, block, step, &got);
    if (!status.ok()) return status;
    if (got == 0) break;
    *zeros = AllZero(block, got);
    from += got;
  }
  return Status::Ok();
}

// The bytes from offset_ to `to` are of no use; reading goes on at `to`.
Status Scanner::Report(Source& source, uint64_t to) {
  bool zeros = false;
  if (damage_ != ProblemKind::kBadPayload) {
    Status status = IsZeros(source, offset_, to, &zeros);
    if (!status.ok()) return status;
  }
  problems_.push_back({zeros ? ProblemKind::kZeros : damage_, offset_, to - offset_});
  Seek(to);
  return Status::Ok();
}

// The record at offset_ is damaged: goes on behind it, or at the next one that can be found.
Status Scanner::PassDamage(Source& source, uint64_t end, bool final, bool* resumed) {
  *resumed = true;
  if (damage_ == ProblemKind::kBadPayload && search_from_ <= offset_) {
    vain_bytes_ += record_bytes_;
    bool sound = false;
    Status status = LooksSound(source, offset_ + record_bytes_, end, &sound);
    if (!status.ok()) return status;
    if (sound) return Report(source, offset_ + record_bytes_);
  }
  search_from_ = std::max(search_from_, offset_ + 1);
  bool found = false;
  uint64_t at = end;
  Status status = FindRecord(source, end, final, &found, &at);
  if (!status.ok()) return status;
  if (found) {
    if (damage_ == ProblemKind::kTornTail) damage_ = ProblemKind::kBadLength;
    return Report(source, at);
  }
  *resumed = false;
  return final ? Report(source, end) : Status::Ok();
}

// Hands on records until one is damaged, or is not whole.
Status Scanner::ScanSound(Source& source, Outcome* outcome) {
  held_.Clear();
  record_bytes_ = 0;
  for (;;) {
    size_t got = 0;
    Status status = Fill(source, &got);
    if (!status.ok()) return status;
    *outcome = ScanHeld();
    if (*outcome != Outcome::kMore) return status;
    if (got == 0) {
      *outcome = Outcome::kUnfinished;
      return status;
    }
    if (record_bytes_ <= kBlockBytes) continue;
    uint64_t end = 0;
    status = source.Size(&end);
    if (!status.ok()) return status;
    if (end < offset_ || record_bytes_ > end - offset_) {
      *outcome = Outcome::kUnfinished;
      return status;
    }
    if (record_bytes_ <= kKeptBytes) continue;
    status = LongRecord(source, outcome);
    if (!status.ok() || *outcome != Outcome::kMore) return status;
  }
}

Status Scanner::Scan(Source& source, bool final) {
  Status status = ScanAll(source, final);
  held_.Free();  // who follows a thousand files has a thousand scanners
  return status;
}

Status Scanner::ScanAll(Source& source, bool final) {
  for (bool resumed = true; resumed;) {
    if (search_from_ <= offset_) {
      Outcome outcome = Outcome::kMore;
      Status status = ScanSound(source, &outcome);
      if (!status.ok()) return status;
      damage_ = outcome == Outcome::kBadLength    ? ProblemKind::kBadLength
                : outcome == Outcome::kBadPayload ? ProblemKind::kBadPayload
                                                  : ProblemKind::kTornTail;
      held_.Clear();
      if (outcome == Outcome::kUnfinished && !final) return status;
    }
    uint64_t end = 0;
    Status status = source.Size(&end);
    if (!status.ok()) return status;
    if (offset_ >= end) return status;
    status = PassDamage(source, end, final, &resumed);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

}  // namespace ringboard::reader
