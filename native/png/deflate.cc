// See deflate.h.
#include "png/deflate.h"

#include <algorithm>
#include <cstring>

#include "png/literals_inline.h"

namespace ringboard::png {
namespace {

constexpr unsigned kBlockTypeStored = 0;
// So many symbols describe themselves well enough that the header of the next code pays.
constexpr size_t kSymbolsABlock = 24 * 1024;
constexpr size_t kFewLiterals = 8;  // not worth the call of a kernel

constexpr size_t StoredBytes(size_t count) {
  return count + (count / kMaxStoredBytes + 1) * kStoredHeaderBytes;
}
// Enough for `count` symbols of any sort but matches, a header and the writer's slack.
constexpr size_t BlockRoom(size_t count) {
  return StoredBytes(2 * count) + BlockCode::kMaxHeaderBytes + 2 * BitWriter::kSlackBytes;
}

void WriteStoredHeader(size_t count, bool last, BitWriter* writer) {
  writer->Put((last ? 1u : 0u) | kBlockTypeStored << 1, 3);
  writer->AlignToByte();
  writer->Put(count | (~count & 0xffff) << 16, 32);
}

// What a run's zeros become: a literal zero that starts it, matches at distance 1, and up to two
// literal zeros that are too few for a match.
template <typename OnMatch>
RB_ALWAYS_INLINE uint32_t ForEachRunMatch(const ZeroRun& run, OnMatch on_match) {
  uint32_t left = run.length - 1;
  while (left >= kMinMatch) {
    const uint32_t length = std::min<uint32_t>(left, kMaxMatch);
    on_match(length);
    left -= length;
  }
  return left;
}

}  // namespace

bool ZlibStream::Start(const Image& image, Effort effort, ByteBuffer* out) {
  effort_ = effort;
  pixel_bytes_ = image.pixel_bytes();
  scanline_bytes_ = image.width * pixel_bytes_ + 1;
  stream_bytes_ = image.height * scanline_bytes_;
  pending_ = {};
  adler_ = kAdlerStart;
  history_ = 0;
  matcher_started_ = false;
  matched_.Clear();
  window_.Clear();
  zero_runs_.Clear();
  const size_t stripe = std::min(stream_bytes_, StripeReader::kMaxFilteredBytes);
  const size_t history = stream_bytes_ <= stripe ? 0 : kWindowBytes;
  // CMF: deflate with a 32 KB window.  FLG: no dictionary, fastest level, and CMF · 256 + FLG ≡ 0
  // mod 31.
  static constexpr uint8_t kHeader[2] = {0x78, 0x01};
  return window_.Reserve(history + stripe + kOverrun) != nullptr &&
         zero_runs_.Reserve(MaxZeroRuns(stripe) * sizeof(ZeroRun)) != nullptr &&
         out->Append(kHeader, sizeof(kHeader));
}

void ZlibStream::Commit(const BitWriter& writer, ByteBuffer* out) {
  pending_ = writer.pending();
  out->Advance(static_cast<size_t>(writer.next() - (out->data() + out->size())));
}

// What Literals will write.  Of a large stripe only a quarter is looked at: a byte's share of 16 KB
// is off by so little that the code loses 0.3 %, and counting is a good part of all the work.
void ZlibStream::CountLiterals(const uint8_t* bytes, size_t count, std::span<const ZeroRun> runs) {
  constexpr size_t kSampledFrom = 24 * 1024;
  std::memset(&counts_, 0, sizeof(counts_));
  uint32_t* literal = counts_.literal;
  literal[kEndOfBlock] = 1;
  size_t in_runs = 0;
  for (const ZeroRun& run : runs) in_runs += run.length;
  if (in_runs >= count / 2) return CountBetweenRuns(bytes, count, runs);

  const bool sampled = count >= kSampledFrom;
  if (sampled) {
    CountSampledBytes(bytes, count, literal);
  } else {
    CountBytes(bytes, count, literal);
  }
  size_t period = 0;
  for (const ZeroRun& run : runs) {
    const uint32_t left = ForEachRunMatch(run, [this](uint32_t length) {
      ++counts_.literal[SplitLength(length).symbol];
      ++counts_.distance[0];
    });
    // Matched zeros are no literals; take those out that the sample holds.
    const size_t from = run.start + 1, to = run.start + run.length - left;
    if (!sampled) literal[0] -= static_cast<uint32_t>(to - from);
    for (; sampled && period * kSamplePeriod < to; ++period) {
      const size_t group = SampleGroupStart(period);
      const size_t low = std::max(group, from), high = std::min(group + kSampleGroup, to);
      if (low < high) literal[0] -= static_cast<uint32_t>(high - low);
      if ((period + 1) * kSamplePeriod > to) break;  // the next run may reach into this period too
    }
  }
  if (sampled) {
    // What the sample lacks may still occur, but only inside the range.  Codes for all 256 would
    // waste 1/16 of the code space on smooth images, as no code is longer than kMaxLiteralBits.
    const SignedRange range = kernels_.find_range.function(bytes, count);
    for (int value = range.low; value <= range.high; ++value) {
      uint32_t& symbol_count = literal[static_cast<uint8_t>(value)];
      symbol_count = symbol_count * kSampleEvery + 1;
    }
  }
}

// The same where runs make up most of the text: little is left to be counted.
void ZlibStream::CountBetweenRuns(const uint8_t* bytes, size_t count,
                                  std::span<const ZeroRun> runs) {
  size_t done = 0;
  for (const ZeroRun& run : runs) {
    for (; done <= run.start; ++done) ++counts_.literal[bytes[done]];
    const uint32_t left = ForEachRunMatch(run, [this](uint32_t length) {
      ++counts_.literal[SplitLength(length).symbol];
      ++counts_.distance[0];
    });
    done = run.start + run.length - left;
  }
  CountBytes(bytes + done, count - done, counts_.literal);
}

bool ZlibStream::Literals(const Stripe& stripe, ByteBuffer* out) {
  const size_t count = stripe.filtered_bytes();
  if (!FlushMatches(false, out)) return false;
  const uint8_t* bytes = stripe_bytes();
  adler_ = kernels_.adler32.function(adler_, bytes, count);

  auto* runs = reinterpret_cast<ZeroRun*>(zero_runs_.data());
  const size_t run_count = kernels_.find_zero_runs.function(bytes, count, runs);
  CountLiterals(bytes, count, {runs, run_count});
  code_.Build(counts_);
  history_ = 0;
  if (code_.header_bits() + code_.BodyBits(counts_) >= 8 * StoredBytes(count)) {
    return StoreBytes(bytes, count, stripe.last, out);
  }

  uint8_t* to = out->Reserve(BlockRoom(count));
  if (to == nullptr) return false;
  BitWriter writer(to, pending_);
  code_.WriteHeader(stripe.last, &writer);
  size_t done = 0;
  for (size_t i = 0; i < run_count; ++i) {
    const size_t first = runs[i].start + 1;
    kernels_.pack_literals.function(bytes + done, first - done, code_.literal_table(), &writer);
    const uint32_t left =
        ForEachRunMatch(runs[i], [&](uint32_t length) { code_.WriteMatch(length, 0, 0, &writer); });
    done = runs[i].start + runs[i].length - left;
  }
  kernels_.pack_literals.function(bytes + done, count - done, code_.literal_table(), &writer);
  code_.WriteEndOfBlock(&writer);
  // The counts may have been a sample, so only now is it certain that coding paid.
  if (static_cast<size_t>(writer.next() - to) >= StoredBytes(count)) {
    return StoreBytes(bytes, count, stripe.last, out);
  }
  Commit(writer, out);
  return true;
}

bool ZlibStream::Matches(const Stripe& stripe, const Content& content, ByteBuffer* out) {
  const size_t count = stripe.filtered_bytes();
  if (!matcher_started_) {
    if (!matcher_.Start(stream_bytes_, pixel_bytes_, scanline_bytes_, effort_)) return false;
    matcher_started_ = true;
  }
  adler_ = kernels_.adler32.function(adler_, stripe_bytes(), count);
  if (!matcher_.Search(window_.data(), history_, history_ + count, stripe.starts_row, content,
                       &matched_))
    return false;
  KeepHistory(count);
  if (stripe.last || matched_.symbol_count() >= kSymbolsABlock) {
    return FlushMatches(stripe.last, out);
  }
  return true;
}

void ZlibStream::KeepHistory(size_t count) {
  const size_t filled = history_ + count;
  history_ = std::min(filled, kWindowBytes);
  std::memmove(window_.data(), window_.data() + filled - history_, history_);
  matcher_.Slide(filled - history_);
}

bool ZlibStream::FlushMatches(bool last, ByteBuffer* out) {
  if (matched_.symbol_count() == 0) return true;
  matched_.counts.literal[kEndOfBlock] = 1;
  code_.Build(matched_.counts);
  uint8_t* to = out->Reserve(BlockRoom(matched_.literals.size()) + 8 * matched_.sequence_count());
  if (to == nullptr) return false;
  BitWriter writer(to, pending_);
  code_.WriteHeader(last, &writer);
  const uint8_t* literal = matched_.literals.data();
  const auto* sequences = reinterpret_cast<const Sequence*>(matched_.sequences.data());
  for (const Sequence& sequence : std::span(sequences, matched_.sequence_count())) {
    const size_t count = sequence.literal_count;
    if (count == 0) {
      // The usual case in content of small blocks.
    } else if (count < kFewLiterals) {
      PackScalar(literal, count, code_.literal_table(), &writer);
    } else {
      BitWriter lent = writer;  // whose address may escape, so that `writer` lives in registers
      kernels_.pack_literals.function(literal, count, code_.literal_table(), &lent);
      writer = lent;
    }
    literal += count;
    code_.WriteMatch(sequence.length, sequence.distance_minus_1, sequence.distance_symbol, &writer);
  }
  kernels_.pack_literals.function(literal, matched_.loose_literals, code_.literal_table(), &writer);
  code_.WriteEndOfBlock(&writer);
  Commit(writer, out);
  matched_.Clear();
  return true;
}

bool ZlibStream::StoreBytes(const uint8_t* bytes, size_t count, bool last, ByteBuffer* out) {
  uint8_t* to = out->Reserve(StoredBytes(count) + 2 * BitWriter::kSlackBytes);
  if (to == nullptr) return false;
  BitWriter writer(to, pending_);
  while (count != 0) {
    const size_t part = std::min(count, kMaxStoredBytes);
    count -= part;
    WriteStoredHeader(part, last && count == 0, &writer);
    std::memcpy(writer.next(), bytes, part);
    writer.Skip(part);
    bytes += part;
  }
  Commit(writer, out);
  return true;
}

bool ZlibStream::Stored(const Stripe& stripe, ByteBuffer* out) {
  if (!FlushMatches(false, out)) return false;
  history_ = 0;
  uint8_t* to = out->Reserve(StoredBytes(stripe.filtered_bytes()) + 2 * BitWriter::kSlackBytes);
  if (to == nullptr) return false;
  BitWriter writer(to, pending_);
  size_t left = stripe.filtered_bytes();  // in the stripe
  size_t room = 0;                        // in the open block
  auto put = [&](const uint8_t* bytes, size_t count) {
    while (count != 0) {
      if (room == 0) {
        room = std::min(left, kMaxStoredBytes);
        left -= room;
        WriteStoredHeader(room, stripe.last && left == 0, &writer);
      }
      const size_t part = std::min(count, room);
      std::memcpy(writer.next(), bytes, part);
      adler_ = kernels_.adler32.function(adler_, writer.next(), part);
      writer.Skip(part);
      bytes += part;
      count -= part;
      room -= part;
    }
  };
  static constexpr uint8_t kFilterByte = static_cast<uint8_t>(Filter::kNone);
  for (size_t i = 0; i < stripe.rows; ++i) {
    if (stripe.starts_row) put(&kFilterByte, 1);
    put(stripe.Row(i), stripe.row_bytes);
  }
  Commit(writer, out);
  return true;
}

bool ZlibStream::Finish(ByteBuffer* out) {
  uint8_t* to = out->Reserve(2 * BitWriter::kSlackBytes);
  if (to == nullptr) return false;
  BitWriter writer(to, pending_);
  writer.AlignToByte();
  StoreBig32(writer.next(), adler_);
  writer.Skip(4);
  Commit(writer, out);
  return true;
}

}  // namespace ringboard::png
