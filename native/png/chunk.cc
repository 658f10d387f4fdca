// See chunk.h.
#include "png/chunk.h"

#include <cstring>

#include "base/endian.h"

namespace ringboard::png {

bool AppendSignature(ByteBuffer* out) {
  static constexpr uint8_t kSignature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  return out->Append(kSignature, sizeof(kSignature));
}

bool ChunkWriter::Begin(const char type[4]) {
  uint8_t* head = out_->Reserve(kHeadBytes);
  if (head == nullptr) return false;
  std::memcpy(head + 4, type, 4);
  start_ = out_->size();
  summed_ = start_ + 4;  // the CRC covers the type but not the length
  crc_ = 0;
  out_->Advance(kHeadBytes);
  return true;
}

void ChunkWriter::Sum() {
  crc_ = crc32_(crc_, out_->data() + summed_, out_->size() - summed_);
  summed_ = out_->size();
}

bool ChunkWriter::End() {
  Sum();
  uint8_t* tail = out_->Reserve(4);
  if (tail == nullptr) return false;
  StoreBig32(out_->data() + start_, static_cast<uint32_t>(data_bytes()));
  StoreBig32(tail, crc_);
  out_->Advance(4);
  return true;
}

bool ChunkWriter::Write(const char type[4], const void* data, size_t count) {
  return Begin(type) && out_->Append(data, count) && End();
}

bool DataChunks::Begin() {
  if (next_sequence_ == nullptr) return chunk_->Begin("IDAT");
  uint8_t number[4];
  StoreBig32(number, (*next_sequence_)++);
  return chunk_->Begin("fdAT") && out()->Append(number, sizeof(number));
}

bool DataChunks::StripeWritten() {
  chunk_->Sum();
  return chunk_->data_bytes() < kCutBytes || (chunk_->End() && Begin());
}

bool DataChunks::End() { return chunk_->End(); }

void DataChunks::KeepSmaller(const Mark& start, const Mark& first_end) {
  const size_t second_bytes = out()->size() - first_end.bytes;
  if (second_bytes < first_end.bytes - start.bytes) {
    std::memmove(out()->data() + start.bytes, out()->data() + first_end.bytes, second_bytes);
    out()->Truncate(start.bytes + second_bytes);
  } else {
    out()->Truncate(first_end.bytes);
    NumberFrom(first_end);
  }
}

}  // namespace ringboard::png
