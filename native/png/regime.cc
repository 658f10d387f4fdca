// See regime.h.
#include "png/regime.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "base/endian.h"

namespace ringboard::png {
namespace {

// Entropies are integers (1/256 bit), as the file must not depend on a machine's floating point.
constexpr unsigned kFractionBits = 8;
constexpr uint64_t kBit = 1u << kFractionBits;

constexpr std::array<uint16_t, 256> kLog2Mantissa = [] {
  std::array<uint16_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint64_t x = uint64_t{256 + i} << 23;  // in [1, 2), 31 fraction bits
    unsigned log = 0;
    for (unsigned bit = 0; bit < kFractionBits; ++bit) {  // squaring doubles the logarithm
      x = (x * x) >> 31;
      log <<= 1;
      if (x >> 32 != 0) {
        x >>= 1;
        log |= 1;
      }
    }
    table[i] = static_cast<uint16_t>(log);
  }
  return table;
}();
static_assert(kLog2Mantissa[0] == 0 && kLog2Mantissa[128] == 149);  // log2 1.5 = 0.585

// log2(n) for n ≥ 1, in 1/256; the mantissa is cut to 8 bits.
constexpr uint32_t Log2(uint32_t n) {
  const unsigned width = static_cast<unsigned>(std::bit_width(n));
  const uint32_t mantissa = width <= 9 ? n << (9 - width) : n >> (width - 9);
  return (width - 1) * static_cast<uint32_t>(kBit) + kLog2Mantissa[mantissa & 255];
}

// What coding all of `counts` costs under its own ideal code, in 1/256 bit.
uint64_t IdealBits(const uint32_t* counts, size_t symbols) {
  uint64_t sum = 0, weighted = 0;
  for (size_t i = 0; i < symbols; ++i) {
    if (counts[i] == 0) continue;
    sum += counts[i];
    weighted += uint64_t{counts[i]} * Log2(counts[i]);
  }
  return sum == 0 ? 0 : sum * Log2(static_cast<uint32_t>(sum)) - weighted;
}

// Bits a byte of a longer text, in 1/256, from a sample of it.  A sample's own entropy is too low
// by (symbols seen - 1) / (2 ln 2) bits in all (Miller and Madow).
uint64_t BitsAByte(const uint8_t* bytes, size_t count) {
  uint32_t counts[256] = {};
  CountBytes(bytes, count, counts);
  const auto seen = static_cast<uint64_t>(256 - std::count(counts, counts + 256, 0u));
  constexpr uint64_t kPerSymbol = 185;  // 256 / (2 ln 2)
  return (IdealBits(counts, 256) + (seen - 1) * kPerSymbol) / count;
}

// How many in 256 of the sample's pixels begin a key that the sample has shown before.
unsigned Repetition(const uint8_t* bytes, size_t count, size_t pixel_bytes) {
  constexpr size_t kPositions = 512, kKeyBytes = 8;
  constexpr unsigned kBits = 10;
  const uint64_t mask = pixel_bytes % 3 == 0 || pixel_bytes == 1 ? 0xffffffffffff : ~uint64_t{0};
  if (count < kKeyBytes + pixel_bytes) return 0;
  uint16_t heads[1 << kBits] = {};
  const size_t end = std::min(count - kKeyBytes, kPositions * pixel_bytes);
  unsigned seen = 0, positions = 0;
  for (size_t at = 0; at < end; at += pixel_bytes, ++positions) {
    const uint64_t key = LoadLittle64(bytes + at) & mask;
    uint16_t& head = heads[(key * 0x9e3779b97f4a7c15u) >> (64 - kBits)];
    seen += (LoadLittle64(bytes + head) & mask) == key && at != 0;
    head = static_cast<uint16_t>(at);
  }
  return seen * 256 / positions;
}

// How many in 256 of the sample's pixels are grey: all their bytes (but a constant alpha) equal.
// Grey in RGB rarely repeats a long key, yet each of its pixels is a match for an earlier one.
unsigned Greyness(const uint8_t* bytes, size_t count, size_t pixel_bytes) {
  if (pixel_bytes != 3 && pixel_bytes != 4) return 0;
  unsigned grey = 0, pixels = 0;
  for (size_t at = 0; at + pixel_bytes <= count; at += pixel_bytes, ++pixels) {
    grey += bytes[at] == bytes[at + 1] && bytes[at] == bytes[at + 2];
  }
  return grey * 256 / pixels;
}

// Is every pixel three equal bytes, and the row above as well, so that no filter changes that? What
// is not grey mostly shows it in the first few pixels.
bool IsGrey(const Stripe& stripe, size_t pixel_bytes) {
  if (pixel_bytes != 3 || !stripe.starts_row) return false;
  // Two pixels a step; 0, 1, 3 and 4 are the bytes that their right neighbours must equal.
  constexpr size_t kStep = 6;
  constexpr uint64_t kCompared = 0xffff00ffff;
  for (size_t i = 0; i <= stripe.rows; ++i) {
    const uint8_t* row = stripe.first_row + i * stripe.pitch - stripe.pitch;
    uint64_t differ = 0;
    size_t at = 0;
    for (; at + kStep <= stripe.row_bytes; at += kStep) {
      const uint64_t pixels = LoadLittle64(row + at);
      differ |= (pixels ^ pixels >> 8) & kCompared;
    }
    if (at < stripe.row_bytes) differ |= (row[at] ^ row[at + 1]) | (row[at] ^ row[at + 2]);
    if (differ != 0) return false;
  }
  return true;
}

// Thresholds, from benches/png_sizes.py.
constexpr uint64_t kNoiseBits = 7 * kBit + 220;    // 7.86: a Huffman code would gain under 2 %
constexpr uint64_t kPhotographBits = 5 * kBit;     // more than charts and texts cost as literals
constexpr unsigned kRepetitive = 24;               // in 256
constexpr unsigned kPhotographRepetitive = 64;     // in 256
constexpr unsigned kVeryRepetitive = 128;          // in 256
constexpr unsigned kEnlarged = 244;                // in 256
constexpr unsigned kMostlyGrey = 160;              // in 256
constexpr unsigned kSparse = 8, kVerySparse = 48;  // bytes a symbol
constexpr unsigned kRunBits = 10;                  // what a zero run costs about
constexpr unsigned kTrustedStripes = 7;
constexpr size_t kFewBytes = 1024;  // a match search would take longer than all else, for 30 bytes

constexpr unsigned RoundedBits(uint64_t bits) {
  return static_cast<unsigned>((bits + kBit / 2) / kBit);
}

// Every scanline but perhaps the first is the one above: nearly nothing is left but zeros.
bool IsStill(const Stripe& stripe) {
  constexpr size_t kFewRows = 8;
  for (size_t i = stripe.rows > kFewRows ? 1 : 0; i < stripe.rows; ++i) {
    const uint8_t* row = stripe.Row(i);
    if (std::memcmp(row, row - stripe.pitch, stripe.row_bytes) != 0) return false;
  }
  return stripe.starts_row;
}

}  // namespace

Filter CheapestFilter(const uint32_t costs[kFilterCount]) {
  return static_cast<Filter>(std::min_element(costs, costs + kFilterCount) - costs);
}

void FilterStripe(const Kernels& kernels, const Stripe& stripe, size_t pixel_bytes, bool filtered,
                  Filter* filter, uint8_t* to) {
  for (size_t i = 0; i < stripe.rows; ++i) {
    const uint8_t *row = stripe.Row(i), *above = row - stripe.pitch;
    // Charts, masks and enlarged images have many scanlines that are the one above.
    if (filtered && stripe.starts_row && std::memcmp(row, above, stripe.row_bytes) == 0) {
      *filter = Filter::kUp;
      *to++ = static_cast<uint8_t>(*filter);
      std::memset(to, 0, stripe.row_bytes);
      to += stripe.row_bytes;
      continue;
    }
    if (stripe.starts_row) {
      *filter = Filter::kNone;
      if (filtered) {
        uint32_t costs[kFilterCount];
        kernels.row_costs.function(row, above, pixel_bytes, stripe.row_bytes, costs);
        *filter = CheapestFilter(costs);
      }
      *to++ = static_cast<uint8_t>(*filter);
    }
    kernels.filter_row.function(*filter, row, above, pixel_bytes, stripe.row_bytes, to);
    to += stripe.row_bytes;
  }
}

// Pieces of scanlines, spread over the stripe; all of it when it is small.
void RegimeChooser::TakeSample(const Stripe& stripe, size_t pixel_bytes) {
  const size_t piece = std::min(kPieceBytes, stripe.row_bytes);
  const size_t pieces = std::clamp<size_t>(stripe.row_bytes / piece * stripe.rows, 1,
                                           std::max<size_t>(1, kSampleBytes / piece));
  sample_bytes_ = 0;
  for (size_t k = 0; k < pieces; ++k) {
    // Multiples of the golden section fill an interval evenly, however many there are, and keep no
    // period that the picture might share.
    const size_t across = k * 40503 % 65536, along = k * 25033 % 65536;
    const uint8_t* row = stripe.Row((k * 65536 + across) * stripe.rows / (pieces * 65536));
    row += along * ((stripe.row_bytes - piece) / pixel_bytes + 1) / 65536 * pixel_bytes;
    const uint8_t* above = row - stripe.pitch;
    uint32_t costs[kFilterCount];
    kernels_.row_costs.function(row, above, pixel_bytes, piece, costs);
    kernels_.filter_row.function(CheapestFilter(costs), row, above, pixel_bytes, piece,
                                 filtered_ + sample_bytes_);
    std::memcpy(raw_ + sample_bytes_, row, piece);
    sample_bytes_ += piece;
  }
}

bool RegimeChooser::Choose(const Stripe& stripe, size_t pixel_bytes, Regime* regime) {
  if (IsStill(stripe)) {
    *regime = {Regime::Coding::kLiterals, true, {1}};
    return true;
  }
  const bool few = stripe.filtered_bytes() < kFewBytes;
  const bool all_grey = effort_ == Effort::kBalanced && !few && IsGrey(stripe, pixel_bytes);
  const bool brief =
      stripe.filtered_bytes() <= kTrialBytes;  // a trial would be the whole work again
  if (!all_grey || !brief) TakeSample(stripe, pixel_bytes);
  // What is enlarged is better off with the general search.
  if (all_grey && (brief || Repetition(filtered_, sample_bytes_, pixel_bytes) < kEnlarged)) {
    *regime = {Regime::Coding::kMatches, true, {0, true}};
    return true;
  }
  const uint64_t raw_bits = BitsAByte(raw_, sample_bytes_);
  const uint64_t filtered_bits = BitsAByte(filtered_, sample_bytes_);
  const uint64_t bits = std::min(filtered_bits, raw_bits);
  // Where the lines' own filters gain nothing they only cost time.
  *regime = {Regime::Coding::kLiterals, filtered_bits <= raw_bits, {RoundedBits(bits)}};
  const bool thorough = effort_ == Effort::kSmall;
  if (few) return true;

  const bool grey = Greyness(filtered_, sample_bytes_, pixel_bytes) >= kMostlyGrey;
  if (bits >= kNoiseBits && !grey) {
    regime->coding = Regime::Coding::kStored;
    return true;
  }
  if (effort_ == Effort::kSpeed) return true;
  const unsigned raw_repetition = Repetition(raw_, sample_bytes_, pixel_bytes);
  const unsigned filtered_repetition = Repetition(filtered_, sample_bytes_, pixel_bytes);
  // Photographs repeat little, and least of all unfiltered.
  const bool photograph =
      raw_bits >= kPhotographBits && raw_bits > filtered_bits + filtered_bits / 4;
  const unsigned worth_a_trial = photograph ? kPhotographRepetitive : kRepetitive;
  if (!grey && !thorough && std::max(raw_repetition, filtered_repetition) < worth_a_trial) {
    trusted_stripes_ = 0;
    return true;
  }
  if (brief && !thorough) {
    const bool repetitive = std::max(raw_repetition, filtered_repetition) >= kVeryRepetitive;
    if (grey || repetitive) regime->coding = Regime::Coding::kMatches;
    return true;
  }
  if (trusted_stripes_ == 0) {
    const bool raw_too =
        thorough || (!photograph && (grey || 2 * raw_repetition >= filtered_repetition));
    if (!TryMatches(stripe, pixel_bytes, raw_too, regime)) return false;
  }
  --trusted_stripes_;
  *regime = trusted_;
  regime->content.literal_bits = RoundedBits(trusted_.filtered ? filtered_bits : raw_bits);
  return true;
}

bool RegimeChooser::Try(const Stripe& part, size_t pixel_bytes, bool filtered, Trial* trial) {
  const size_t count = part.filtered_bytes();
  trial_.Clear();
  uint8_t* bytes = trial_.Reserve(count + kOverrun);
  if (bytes == nullptr) return false;
  Filter filter = Filter::kNone;
  FilterStripe(kernels_, part, pixel_bytes, filtered, &filter, bytes);

  uint32_t byte_counts[256] = {};
  CountBytes(bytes, count, byte_counts);
  const uint64_t ideal = IdealBits(byte_counts, 256);
  auto* runs =
      reinterpret_cast<ZeroRun*>(trial_runs_.Reserve(MaxZeroRuns(count) * sizeof(ZeroRun)));
  if (runs == nullptr) return false;
  const size_t run_count = kernels_.find_zero_runs.function(bytes, count, runs);
  size_t literals = count;
  for (const ZeroRun& run : std::span(runs, run_count)) literals -= run.length - 1;
  byte_counts[0] -= static_cast<uint32_t>(count - literals);
  // A literal takes a bit at least.
  trial->literal_bits =
      std::max(IdealBits(byte_counts, 256), literals * kBit) + run_count * kRunBits * kBit;

  block_.Clear();
  if (!matcher_.Start(count, pixel_bytes, part.row_bytes + 1, effort_) ||
      !matcher_.Search(bytes, 0, count, part.starts_row, {RoundedBits(ideal / count)}, &block_)) {
    return false;
  }
  const SymbolCounts& counts = block_.counts;
  trial->symbols = block_.symbol_count();
  trial->matched_bits =
      IdealBits(counts.literal, kLiteralSymbols) + IdealBits(counts.distance, kDistanceSymbols);
  for (unsigned i = kEndOfBlock + 1; i < kLiteralSymbols; ++i) {
    trial->matched_bits += uint64_t{counts.literal[i]} * LengthExtraBits(i) * kBit;
  }
  for (unsigned i = 0; i < kDistanceSymbols; ++i) {
    trial->matched_bits += uint64_t{counts.distance[i]} * DistanceExtraBits(i) * kBit;
  }
  return true;
}

bool RegimeChooser::TryMatches(const Stripe& stripe, size_t pixel_bytes, bool raw_too,
                               Regime* regime) {
  Stripe part = stripe;  // some scanlines from the middle
  const bool thorough = effort_ == Effort::kSmall;
  const size_t trial_bytes = thorough ? kThoroughTrialBytes : kTrialBytes;
  part.rows = std::clamp(trial_bytes / (stripe.row_bytes + 1), std::min<size_t>(4, stripe.rows),
                         stripe.rows);
  part.first_row = stripe.Row((stripe.rows - part.rows) / 2);
  Trial raw = {UINT64_MAX, UINT64_MAX, 0}, filtered;
  if (raw_too && !Try(part, pixel_bytes, false, &raw)) return false;
  if (!Try(part, pixel_bytes, true, &filtered)) return false;

  const uint64_t literals = std::min(raw.literal_bits, filtered.literal_bits);
  const uint64_t matched = std::min(raw.matched_bits, filtered.matched_bits);
  trusted_stripes_ = thorough ? 1 : kTrustedStripes;
  const size_t symbols = raw.matched_bits < filtered.matched_bits ? raw.symbols : filtered.symbols;
  regime->content.sparse = symbols * kVerySparse < part.filtered_bytes();
  // So empty a part tells nothing of the next stripes, nor much of this one; a search is fast
  // there, and goes on in what the last one knows.
  if (literals < part.filtered_bytes() * kBit / 8) {
    regime->coding = Regime::Coding::kMatches;
    regime->filtered = trusted_.filtered;
    trusted_ = *regime;
    trusted_stripes_ = 1;
    return true;
  }
  // Where a search leaves few symbols it is fast, and has more to find in the whole stripe than in
  // the trial.  Elsewhere literals are many times faster to write, so matches must gain something.
  const bool sparse = !thorough && pixel_bytes >= 3 && symbols * kSparse < part.filtered_bytes();
  const uint64_t margin = thorough ? 0 : matched / 14;
  if (sparse ? matched > literals + literals / 2 : matched + margin > literals) {
    regime->filtered = filtered.literal_bits <= raw.literal_bits;
    trusted_ = *regime;
    return true;
  }
  regime->coding = Regime::Coding::kMatches;
  // Unfiltered charts and texts have more matches far away, which the trial doesn't see.
  const uint64_t unseen = sparse ? raw.matched_bits / 4 : 0;
  regime->filtered = filtered.matched_bits < raw.matched_bits - unseen;
  trusted_ = *regime;
  return true;
}

}  // namespace ringboard::png
