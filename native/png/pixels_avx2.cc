// pixels_kernels.h with AVX2 and F16C.
//
// Quantize, one lane in scalar terms:
//     int32 t = truncate(min(255, x * 255));  out = saturate8(saturate16(t));
// minps returns its SECOND operand when either is NaN, so with the constant first a NaN passes
// through; cvttps makes INT32_MIN of it, and of anything too negative, and both packs saturate that
// to 0: the lower clip costs nothing.
//
// Interleave three channels, 16 pixels: byte p of channel c belongs at 3p + c of 48, which is byte
// (3p + c) mod 16 of some vector of three.  3 is invertible mod 16, so for one channel these are 16
// different places: one shuffle a channel puts every byte at its place, and byte i of output vector
// k is then the channel (16k + i) mod 3 at i.  Two blends choose it.
//
// Rearrange: four pixels lie in 16 bytes, so one shuffle makes four pixels of output.
//
// Interleave and rearrange use 16-byte vectors on purpose: they make 11 to 14 GB/s in cache, more
// than twice what memory takes, and rows of 16 pixels (28-pixel digits!) still go through them.
#include "png/pixels_kernels.h"

#if RB_X86_SIMD

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <type_traits>

#define RB_AVX2 RB_TARGET("avx2,f16c")
#define RB_AVX2_INLINE RB_ALWAYS_INLINE RB_AVX2

namespace ringboard::png {
namespace {

using Bytes16 = std::array<uint8_t, 16>;

RB_AVX2_INLINE __m128i Load16(const uint8_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
RB_AVX2_INLINE void Store16(uint8_t* to, __m128i value) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value);
}

// ---- Quantize: eight samples of a type → eight floats ----

template <typename Sample>
RB_AVX2_INLINE __m256 LoadEight(const uint8_t* from) {
  if constexpr (std::is_same_v<Sample, float>) {
    return _mm256_loadu_ps(reinterpret_cast<const float*>(from));
  } else if constexpr (std::is_same_v<Sample, double>) {
    const double* doubles = reinterpret_cast<const double*>(from);
    const __m128 low = _mm256_cvtpd_ps(_mm256_loadu_pd(doubles));
    const __m128 high = _mm256_cvtpd_ps(_mm256_loadu_pd(doubles + 4));
    return _mm256_insertf128_ps(_mm256_castps128_ps256(low), high, 1);
  } else if constexpr (std::is_same_v<Sample, Float16>) {
    return _mm256_cvtph_ps(Load16(from));
  } else {
    static_assert(std::is_same_v<Sample, Bfloat16>);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(Load16(from)), 16));
  }
}

template <typename Sample>
RB_AVX2_INLINE __m256i QuantizeEight(const uint8_t* samples) {
  const __m256 top = _mm256_set1_ps(255.0f);
  return _mm256_cvttps_epi32(_mm256_min_ps(top, _mm256_mul_ps(LoadEight<Sample>(samples), top)));
}

template <typename Sample>
RB_AVX2_INLINE void StoreEight(const uint8_t* samples, uint8_t* out) {
  const __m256i wide = QuantizeEight<Sample>(samples);
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(words, words));
}

template <typename Sample>
RB_AVX2_INLINE void StoreThirtyTwo(const uint8_t* samples, uint8_t* out) {
  constexpr size_t kEight = 8 * sizeof(Sample);
  const __m256i words01 =
      _mm256_packs_epi32(QuantizeEight<Sample>(samples), QuantizeEight<Sample>(samples + kEight));
  const __m256i words23 = _mm256_packs_epi32(QuantizeEight<Sample>(samples + 2 * kEight),
                                             QuantizeEight<Sample>(samples + 3 * kEight));
  // The packs work within 16-byte lanes, which leaves the groups of four samples in the order
  // 0 2 4 6 1 3 5 7.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words01, words23), order);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
}

template <typename Sample>
RB_AVX2 void QuantizeAvx2(const uint8_t* samples, size_t count, uint8_t* out) {
  constexpr size_t kBytes = sizeof(Sample);
  if (count < 8) return QuantizePortable<Sample>(samples, count, out);
  size_t i = 0;
  for (; i + 32 <= count; i += 32) StoreThirtyTwo<Sample>(samples + i * kBytes, out + i);
  for (; i + 8 <= count; i += 8) StoreEight<Sample>(samples + i * kBytes, out + i);
  // The last eight once more, in part: the same bytes over themselves.
  if (i < count) StoreEight<Sample>(samples + (count - 8) * kBytes, out + count - 8);
}

// ---- Interleave: 16 pixels ----

// kPlace[c][i]: the pixel p of channel c with (3p + c) mod 16 == i.  11 is the inverse of 3.
constexpr std::array<Bytes16, 3> MakePlaces() {
  std::array<Bytes16, 3> places{};
  for (unsigned c = 0; c < 3; ++c) {
    for (unsigned i = 0; i < 16; ++i) places[c][i] = static_cast<uint8_t>((i + 16 - c) * 11 % 16);
  }
  return places;
}
// kTakes[c - 1][k][i]: 0xff where byte i of output vector k is of channel c.
constexpr std::array<std::array<Bytes16, 3>, 2> MakeTakes() {
  std::array<std::array<Bytes16, 3>, 2> takes{};
  for (unsigned c = 1; c < 3; ++c) {
    for (unsigned k = 0; k < 3; ++k) {
      for (unsigned i = 0; i < 16; ++i) takes[c - 1][k][i] = (16 * k + i) % 3 == c ? 0xff : 0;
    }
  }
  return takes;
}
constexpr std::array<Bytes16, 3> kPlace = MakePlaces();
constexpr std::array<std::array<Bytes16, 3>, 2> kTakes = MakeTakes();

template <unsigned kVector>
RB_AVX2_INLINE __m128i Choose(__m128i first, __m128i second, __m128i third) {
  const __m128i takes_second = Load16(kTakes[0][kVector].data());
  const __m128i takes_third = Load16(kTakes[1][kVector].data());
  return _mm_blendv_epi8(_mm_blendv_epi8(first, second, takes_second), third, takes_third);
}

template <unsigned kChannels>
RB_AVX2_INLINE void InterleaveSixteen(const uint8_t* const planes[], size_t x, uint8_t* out) {
  const __m128i a = Load16(planes[0] + x);
  const __m128i b = Load16(planes[1] + x);
  if constexpr (kChannels == 2) {
    Store16(out, _mm_unpacklo_epi8(a, b));
    Store16(out + 16, _mm_unpackhi_epi8(a, b));
  } else if constexpr (kChannels == 3) {
    const __m128i first = _mm_shuffle_epi8(a, Load16(kPlace[0].data()));
    const __m128i second = _mm_shuffle_epi8(b, Load16(kPlace[1].data()));
    const __m128i third = _mm_shuffle_epi8(Load16(planes[2] + x), Load16(kPlace[2].data()));
    Store16(out, Choose<0>(first, second, third));
    Store16(out + 16, Choose<1>(first, second, third));
    Store16(out + 32, Choose<2>(first, second, third));
  } else {
    const __m128i c = Load16(planes[2] + x);
    const __m128i d = Load16(planes[3] + x);
    const __m128i low_ab = _mm_unpacklo_epi8(a, b), low_cd = _mm_unpacklo_epi8(c, d);
    const __m128i high_ab = _mm_unpackhi_epi8(a, b), high_cd = _mm_unpackhi_epi8(c, d);
    Store16(out, _mm_unpacklo_epi16(low_ab, low_cd));
    Store16(out + 16, _mm_unpackhi_epi16(low_ab, low_cd));
    Store16(out + 32, _mm_unpacklo_epi16(high_ab, high_cd));
    Store16(out + 48, _mm_unpackhi_epi16(high_ab, high_cd));
  }
}

// At least 16 pixels.
template <unsigned kChannels>
RB_AVX2 void InterleaveChannels(const uint8_t* const given[], size_t count, uint8_t* out) {
  const uint8_t* planes[kChannels];  // a copy that the stores below cannot alias
  std::copy_n(given, kChannels, planes);
  size_t x = 0;
  for (; x + 16 <= count; x += 16) InterleaveSixteen<kChannels>(planes, x, out + x * kChannels);
  // As in QuantizeAvx2: the last sixteen once more.
  if (x < count) InterleaveSixteen<kChannels>(planes, count - 16, out + (count - 16) * kChannels);
}

void InterleaveAvx2(const uint8_t* const planes[], unsigned channels, size_t count, uint8_t* out) {
  if (count < 16) return kPortablePixels.interleave(planes, channels, count, out);
  if (channels == 2) return InterleaveChannels<2>(planes, count, out);
  if (channels == 3) return InterleaveChannels<3>(planes, count, out);
  return InterleaveChannels<4>(planes, count, out);
}

// ---- Rearrange: 4 pixels ----

RB_AVX2 void RearrangeAvx2(const uint8_t* from, ptrdiff_t column_step, ptrdiff_t channel_step,
                           unsigned channels, size_t count, uint8_t* out) {
  // All offsets are from the sample (pixel 0, channel 0), so that no pointer leaves the row.
  const ptrdiff_t last = static_cast<ptrdiff_t>(channels - 1) * channel_step;
  const ptrdiff_t pixel_low = std::min<ptrdiff_t>(0, last);
  const ptrdiff_t pixel_high = std::max<ptrdiff_t>(0, last);
  // The window stands against the pixels that were read already: it starts with the lowest byte of
  // four pixels when columns go up, and ends with the highest when they go down.  Then only the
  // row's far end, `room` below, can be too near.
  const bool up = column_step >= 0;
  const ptrdiff_t window = up ? pixel_low : pixel_high - (kWindowBytes - 1);
  Bytes16 places;
  places.fill(0x80);
  for (unsigned p = 0; p < 4; ++p) {
    for (unsigned c = 0; c < channels; ++c) {
      places[p * channels + c] =
          static_cast<uint8_t>(static_cast<ptrdiff_t>(p) * column_step +
                               static_cast<ptrdiff_t>(c) * channel_step - window);
    }
  }
  const __m128i shuffle = Load16(places.data());

  // Up to `end` there are pixels with a whole window and a whole store before them, and so also
  // with their whole group of four.  The row spans (count - 1) |column_step| + |last| + 1 bytes.
  const ptrdiff_t step = std::abs(column_step);
  const ptrdiff_t room =
      (static_cast<ptrdiff_t>(count) - 1) * step + std::abs(last) - (kWindowBytes - 1);
  const size_t store_pixels = (16 + channels - 1) / channels;
  size_t x = 0;
  if (room >= 0 && step > 0 && count >= store_pixels) {
    const size_t loads_end = static_cast<size_t>(room / step) + 1;
    const size_t end = std::min(loads_end, count - store_pixels + 1);
    for (; x < end; x += 4) {
      const uint8_t* read = from + (static_cast<ptrdiff_t>(x) * column_step + window);
      Store16(out + x * channels, _mm_shuffle_epi8(Load16(read), shuffle));
    }
  }
  kPortablePixels.rearrange(from + static_cast<ptrdiff_t>(x) * column_step, column_step,
                            channel_step, channels, count - x, out + x * channels);
}

}  // namespace

// Bools and integers stay portable: rare, and from memory int64 keeps up with a memcpy of its
// input.
constinit const PixelKernels kAvx2Pixels = {
    .quantize = {QuantizePortable<Bool>, QuantizePortable<int8_t>, nullptr,
                 QuantizePortable<int16_t>, nullptr, QuantizePortable<int32_t>,
                 QuantizePortable<uint32_t>, QuantizePortable<int64_t>, QuantizePortable<uint64_t>,
                 QuantizeAvx2<Float16>, QuantizeAvx2<Bfloat16>, QuantizeAvx2<float>,
                 QuantizeAvx2<double>},
    .interleave = InterleaveAvx2,
    .rearrange = RearrangeAvx2,
};

}  // namespace ringboard::png

#endif  // RB_X86_SIMD
