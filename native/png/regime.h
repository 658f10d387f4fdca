// How a stripe is best written, judged from a small sample of it.
//
// Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_buffer.h"
#include "png/kernels.h"
#include "png/matches.h"
#include "png/stripe.h"

namespace ringboard::png {

struct Regime {
  enum class Coding : uint8_t {
    kStored,    // noise
    kLiterals,  // a Huffman code and zero runs
    kMatches,   // a match search
  };
  Coding coding;
  bool filtered;  // by the cheapest filter of each scanline; otherwise None
  Content content;
};

// The filter that `costs` favours.
Filter CheapestFilter(const uint32_t costs[kFilterCount]);

// Puts the stripe's filtered bytes (or, unfiltered, its pixels behind filter bytes of None) at
// `to`. `filter` is that of a scanline which spans stripes.
void FilterStripe(const Kernels& kernels, const Stripe& stripe, size_t pixel_bytes, bool filtered,
                  Filter* filter, uint8_t* to);

class RegimeChooser {
 public:
  explicit RegimeChooser(const Kernels& kernels) : kernels_(kernels) {}

  // For the next image.
  void Start(Effort effort) {
    effort_ = effort;
    trusted_stripes_ = 0;
    trusted_.filtered = true;
  }
  // False: no memory.
  [[nodiscard]] bool Choose(const Stripe& stripe, size_t pixel_bytes, Regime* regime);

 private:
  static constexpr size_t kPieceBytes = 192;  // a multiple of every pixel size
  static constexpr size_t kSampleBytes = 8 * kPieceBytes;
  static constexpr size_t kTrialBytes = 8 * 1024, kThoroughTrialBytes = 32 * 1024;

  void TakeSample(const Stripe& stripe, size_t pixel_bytes);
  // Sets `regime`, and trusted_, to what a part of the stripe does best with.  `raw_too`:
  // unfiltered may be best.
  [[nodiscard]] bool TryMatches(const Stripe& stripe, size_t pixel_bytes, bool raw_too,
                                Regime* regime);
  struct Trial {
    uint64_t matched_bits, literal_bits;  // in 1/256 bit
    size_t symbols;                       // that the search left
  };
  [[nodiscard]] bool Try(const Stripe& part, size_t pixel_bytes, bool filtered, Trial* trial);

  Kernels kernels_;
  Effort effort_ = Effort::kBalanced;
  size_t sample_bytes_ = 0;
  uint8_t raw_[kSampleBytes + kPieceBytes + kOverrun];
  uint8_t filtered_[kSampleBytes + kPieceBytes + kOverrun];

  // The trial of a match search costs as much as a good part of a stripe, so its verdict stands for
  // the next stripes too as long as their samples look repetitive as well.
  unsigned trusted_stripes_ = 0;
  Regime trusted_ = {};
  Matcher matcher_;
  MatchedBlock block_;
  ByteBuffer trial_, trial_runs_;
};

}  // namespace ringboard::png
