// Packing many codes at once.
//
// In scalar terms: a table entry is code | length << 12.  Two neighbours join as
//   code = code0 | code1 << length0,  length = length0 + length1,
// and joining is associative, so 32 entries in 16-bit lanes join to 16 pairs in 32-bit lanes, 8
// quads in 64-bit lanes, 4 groups of eight; each group is then one store.  A group of eight may be
// up to 96 bits long; where one exceeds what a store takes, its two quads (at most 48 bits each)
// are stored. The table lookup itself: 256 entries of 16 bits are eight registers; a two-register
// permute looks up 64 of them by the index's low six bits, and the upper two bits choose among four
// such permutes.
#include "base/platform.h"

#if RB_X86_SIMD

// GCC 12 takes its own AVX-512 headers' deliberately undefined operands for mistakes (GCC PR
// 105593).
#if RB_GCC
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <algorithm>

#include "png/literals_inline.h"

namespace ringboard::png {

RB_TARGET("bmi2")
void PackLiteralsBmi2(const uint8_t* bytes, size_t count, const LiteralTable& table,
                      BitWriter* writer) {
  PackScalar(bytes, count, table, writer);
}

namespace {

#define RB_RUNS_TARGET RB_TARGET("avx2,bmi,bmi2")

RB_TARGET("avx2") RB_ALWAYS_INLINE __m256i Load256(const uint8_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

RB_RUNS_TARGET RB_ALWAYS_INLINE uint64_t ZeroMask64(const uint8_t* bytes) {
  const __m256i zero = _mm256_setzero_si256();
  const uint32_t low =
      static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(Load256(bytes), zero)));
  const uint32_t high =
      static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(Load256(bytes + 32), zero)));
  return low | uint64_t{high} << 32;
}

// The index of the first byte from `at` on that is not zero, or `count`.
RB_RUNS_TARGET RB_ALWAYS_INLINE size_t EndOfZeros(const uint8_t* bytes, size_t at, size_t count) {
  for (; at < count; at += 64) {
    const uint64_t others = ~ZeroMask64(bytes + at);
    if (others != 0) return std::min(count, at + static_cast<size_t>(_tzcnt_u64(others)));
  }
  return count;
}

}  // namespace

// Sixteen zeros cover eight that start at a multiple of eight.  So where none of a window's eight
// words is zero, no run starts in it, but for the last seven bytes.
RB_RUNS_TARGET RB_ALWAYS_INLINE bool HasZeroWord(const uint8_t* bytes) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i low = _mm256_cmpeq_epi64(Load256(bytes), zero);
  const __m256i high = _mm256_cmpeq_epi64(Load256(bytes + 32), zero);
  const __m256i either = _mm256_or_si256(low, high);
  return _mm256_testz_si256(either, either) == 0;
}

// Bit i of a window's mask says that byte i is zero; and-ing the mask with itself shifted by 1, 2,
// 4 and 8 leaves the bits from which sixteen zeros start.  The last fifteen positions can't be
// judged in this window, so the next one starts there.
RB_RUNS_TARGET size_t FindZeroRunsAvx2(const uint8_t* bytes, size_t count, ZeroRun* runs) {
  static_assert(kMinZeroRun == 16);
  size_t found = 0;
  for (size_t i = 0; i + kMinZeroRun <= count;) {
    if (!HasZeroWord(bytes + i)) {
      i += 64 - 7;
      continue;
    }
    uint64_t starts = ZeroMask64(bytes + i);
    if (count - i < 64) starts &= (uint64_t{1} << (count - i)) - 1;
    starts &= starts >> 1;
    starts &= starts >> 2;
    starts &= starts >> 4;
    starts &= starts >> 8;
    if (starts == 0) {
      i += 64 - (kMinZeroRun - 1);
      continue;
    }
    const size_t start = i + _tzcnt_u64(starts);
    const size_t end = EndOfZeros(bytes, start + kMinZeroRun, count);
    runs[found++] = {static_cast<uint32_t>(start), static_cast<uint32_t>(end - start)};
    i = end + 1;
  }
  return found;
}

RB_TARGET("avx2") SignedRange FindRangeAvx2(const uint8_t* bytes, size_t count) {
  constexpr size_t kBlock = 32;
  if (count < kBlock) return FindRangePortable(bytes, count);
  __m256i low = Load256(bytes + count - kBlock),
          high = low;  // the last block overlaps the one before
  size_t i = 0;
  for (; i + 2 * kBlock <= count; i += 2 * kBlock) {
    const __m256i first = Load256(bytes + i), second = Load256(bytes + i + kBlock);
    low = _mm256_min_epi8(low, _mm256_min_epi8(first, second));
    high = _mm256_max_epi8(high, _mm256_max_epi8(first, second));
  }
  if (i + kBlock <= count) {
    low = _mm256_min_epi8(low, Load256(bytes + i));
    high = _mm256_max_epi8(high, Load256(bytes + i));
  }
  alignas(kBlock) uint8_t lows[kBlock], highs[kBlock];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lows), low);
  _mm256_store_si256(reinterpret_cast<__m256i*>(highs), high);
  return {FindRangePortable(lows, kBlock).low, FindRangePortable(highs, kBlock).high};
}

namespace {

#define RB_PACK_TARGET RB_TARGET("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2")
#define RB_PACK_INLINE RB_PACK_TARGET RB_ALWAYS_INLINE
constexpr size_t kStep = 32;
constexpr size_t kVectorTail = 8;  // from so many literals on, a vector step beats the scalar loop

struct WideTable {
  __m512i part[8];  // of 32 entries each
};

// Residuals of smooth images all lie in -32…31, whose low six bits tell them apart: one permute
// does.
RB_PACK_INLINE bool IsNarrow(const WideTable& t) {
  const __m512i low = _mm512_or_si512(_mm512_or_si512(t.part[1], t.part[2]), t.part[3]);
  const __m512i high = _mm512_or_si512(_mm512_or_si512(t.part[4], t.part[5]), t.part[6]);
  const __m512i outside = _mm512_or_si512(low, high);
  return _mm512_test_epi32_mask(outside, outside) == 0;
}

RB_PACK_INLINE __m512i Widen(const uint8_t* bytes) { return _mm512_cvtepu8_epi16(Load256(bytes)); }

RB_PACK_INLINE bool HasOneBitCode(const WideTable& t) {
  const __m512i length_mask = _mm512_set1_epi16(static_cast<int16_t>(~kLiteralCodeMask));
  const __m512i one = _mm512_set1_epi16(1 << kLiteralLengthShift);
  __mmask32 found = 0;
  for (const __m512i& part : t.part) {
    found |= _mm512_cmpeq_epi16_mask(_mm512_and_si512(part, length_mask), one);
  }
  return found != 0;
}

template <bool kNarrow>
RB_PACK_INLINE __m512i LookUp(const WideTable& t, __m512i index) {
  if constexpr (kNarrow) return _mm512_permutex2var_epi16(t.part[0], index, t.part[7]);
  const __mmask32 bit6 = _mm512_test_epi16_mask(index, _mm512_set1_epi16(0x40));
  const __mmask32 bit7 = _mm512_test_epi16_mask(index, _mm512_set1_epi16(0x80));
  const __m512i in0 = _mm512_permutex2var_epi16(t.part[0], index, t.part[1]);
  const __m512i in1 = _mm512_permutex2var_epi16(t.part[2], index, t.part[3]);
  const __m512i in2 = _mm512_permutex2var_epi16(t.part[4], index, t.part[5]);
  const __m512i in3 = _mm512_permutex2var_epi16(t.part[6], index, t.part[7]);
  return _mm512_mask_blend_epi16(bit7, _mm512_mask_blend_epi16(bit6, in0, in1),
                                 _mm512_mask_blend_epi16(bit6, in2, in3));
}

// The entries of 32 literals, joined to eight quads.
struct Quads {
  __m512i codes, lengths;
};

RB_PACK_INLINE Quads JoinFours(__m512i entries) {
  const __m512i code_mask = _mm512_set1_epi32(kLiteralCodeMask);
  const __m512i low_half = _mm512_set1_epi64(0xffffffff);
  // 16 → 32 bits.
  const __m512i n0 =
      _mm512_and_si512(_mm512_srli_epi32(entries, kLiteralLengthShift), _mm512_set1_epi32(0xf));
  const __m512i code0 = _mm512_and_si512(entries, code_mask);
  const __m512i code1 = _mm512_and_si512(_mm512_srli_epi32(entries, 16), code_mask);
  const __m512i pairs = _mm512_or_si512(code0, _mm512_sllv_epi32(code1, n0));
  const __m512i pair_bits =
      _mm512_add_epi32(n0, _mm512_srli_epi32(entries, 16 + kLiteralLengthShift));
  // 32 → 64 bits.
  const __m512i first_bits = _mm512_and_si512(pair_bits, low_half);
  return {_mm512_or_si512(_mm512_and_si512(pairs, low_half),
                          _mm512_sllv_epi64(_mm512_srli_epi64(pairs, 32), first_bits)),
          _mm512_add_epi64(first_bits, _mm512_srli_epi64(pair_bits, 32))};
}

// What one step leaves to be written: four groups in the even lanes or, if one of them is too long
// for a Put, eight quads.
struct alignas(64) Joined {
  uint64_t codes[8], lengths[8];
  bool fits;
};

// Looks up and joins the literals at `bytes` that `keep` selects; the others become codes of length
// 0.
template <bool kNarrow>
RB_PACK_INLINE void Join(const uint8_t* bytes, __mmask32 keep, const WideTable& table,
                         Joined* joined) {
  const Quads quads = JoinFours(_mm512_maskz_mov_epi16(keep, LookUp<kNarrow>(table, Widen(bytes))));
  // 64 → "128": the even lanes take their odd neighbours in, as far as 64 bits hold them.
  const __m512i odd_quads = _mm512_unpackhi_epi64(quads.codes, quads.codes);
  const __m512i odd_bits = _mm512_unpackhi_epi64(quads.lengths, quads.lengths);
  const __m512i groups = _mm512_or_si512(quads.codes, _mm512_sllv_epi64(odd_quads, quads.lengths));
  const __m512i group_bits = _mm512_add_epi64(quads.lengths, odd_bits);

  constexpr __mmask8 kEvenLanes = 0x55;
  const __mmask8 too_long = _mm512_mask_cmpgt_epu64_mask(kEvenLanes, group_bits,
                                                         _mm512_set1_epi64(BitWriter::kMaxPutBits));
  joined->fits = too_long == 0;
  if (__builtin_expect(joined->fits, 1)) {
    _mm512_store_si512(joined->codes, groups);
    _mm512_store_si512(joined->lengths, group_bits);
  } else {
    _mm512_store_si512(joined->codes, quads.codes);
    _mm512_store_si512(joined->lengths, quads.lengths);
  }
}

RB_PACK_INLINE void Write(const Joined& joined, BitWriter* writer) {
  // From memory: GCC would extract lane by lane, on the two ports that Join is short of.
  asm volatile("" ::"m"(joined));
  if (__builtin_expect(joined.fits, 1)) {
#pragma GCC unroll 4
    for (size_t lane = 0; lane < 8; lane += 2) {
      writer->Put(joined.codes[lane], static_cast<unsigned>(joined.lengths[lane]));
    }
    return;
  }
#pragma GCC unroll 8
  for (size_t lane = 0; lane < 8; ++lane) {
    writer->Put(joined.codes[lane], static_cast<unsigned>(joined.lengths[lane]));
  }
}

// A step is written while the next one is joined: each is a chain of some thirty cycles, and one
// after the other they would fill the scheduler without overlapping (a third slower).
template <bool kNarrow>
RB_PACK_INLINE void PackAll(const uint8_t* bytes, size_t count, const WideTable& wide,
                            const LiteralTable& table, BitWriter* to) {
  BitWriter writer = *to;
  Joined joined[2];
  size_t i = 0;
  if (count >= kStep) {
    Join<kNarrow>(bytes, ~__mmask32{0}, wide, &joined[0]);
    unsigned ready = 0;
    for (i = kStep; i + kStep <= count; i += kStep, ready ^= 1) {
      Join<kNarrow>(bytes + i, ~__mmask32{0}, wide, &joined[ready ^ 1]);
      Write(joined[ready], &writer);
    }
    Write(joined[ready], &writer);
  }
  if (count - i >= kVectorTail) {
    Join<kNarrow>(bytes + i, (__mmask32{1} << (count - i)) - 1, wide, &joined[0]);
    Write(joined[0], &writer);
  } else {
    PackScalar(bytes + i, count - i, table, &writer);
  }
  *to = writer;
}

// Where every code has two bits or more, a quad fills a byte at least, and its place can be found
// without a chain from quad to quad: shifted to where it begins within its first byte, it lacks
// only the bits that the quad before it left in that byte.  So a step is eight stores at offsets
// that a prefix sum gives, each of which puts right what the one before left behind its end.
struct alignas(64) Placed {
  uint64_t words[8];
  uint64_t ends[8];  // in whole bytes; where the next quad's word is stored
};

struct Place {
  __m512i left;   // in the highest lane: what the last quad left in its last byte
  __m512i count;  // in all lanes: how many bits of that byte are taken
};

RB_PACK_INLINE void PlaceStep(const Quads& quads, Place* place, Placed* placed) {
  const __m512i zero = _mm512_setzero_si512(), seven = _mm512_set1_epi64(7);
  __m512i sums = _mm512_add_epi64(quads.lengths, _mm512_alignr_epi64(quads.lengths, zero, 7));
  sums = _mm512_add_epi64(sums, _mm512_alignr_epi64(sums, zero, 6));
  sums = _mm512_add_epi64(sums, _mm512_alignr_epi64(sums, zero, 4));
  const __m512i ends = _mm512_add_epi64(sums, place->count);
  const __m512i starts = _mm512_and_si512(_mm512_sub_epi64(ends, quads.lengths), seven);
  const __m512i shifted = _mm512_sllv_epi64(quads.codes, starts);
  const __m512i whole_bytes = _mm512_andnot_si512(seven, _mm512_add_epi64(starts, quads.lengths));
  const __m512i left = _mm512_srlv_epi64(shifted, whole_bytes);
  _mm512_store_si512(placed->words,
                     _mm512_or_si512(shifted, _mm512_alignr_epi64(left, place->left, 7)));
  _mm512_store_si512(placed->ends, _mm512_srli_epi64(ends, 3));
  place->left = left;
  place->count = _mm512_and_si512(_mm512_permutexvar_epi64(seven, ends), seven);
}

RB_PACK_INLINE uint8_t* WritePlaced(const Placed& placed, uint8_t* to) {
  asm volatile("" ::"m"(placed));  // as in Write
  StoreLittle64(to, placed.words[0]);
#pragma GCC unroll 7
  for (size_t lane = 1; lane < 8; ++lane) {
    StoreLittle64(to + placed.ends[lane - 1], placed.words[lane]);
  }
  return to + placed.ends[7];
}

// `count` is a multiple of kStep, and not 0.
template <bool kNarrow>
RB_PACK_INLINE void PackPlaced(const uint8_t* bytes, size_t count, const WideTable& wide,
                               BitWriter* to) {
  const PendingBits pending = to->pending();
  Place place = {_mm512_set1_epi64(static_cast<int64_t>(pending.bits)),
                 _mm512_set1_epi64(pending.count)};
  uint8_t* next = to->next();
  // Four steps are under way, each at another stage: one step is a chain of some seventy cycles,
  // and the scheduler does not hold two of them.
  const auto look_up = [&](size_t i) RB_PACK_TARGET {
    return LookUp<kNarrow>(wide, Widen(bytes + std::min(i, count - kStep)));
  };
  Placed placed[2];
  __m512i entries = look_up(0);
  Quads quads = JoinFours(entries);
  entries = look_up(kStep);
  PlaceStep(quads, &place, &placed[0]);
  quads = JoinFours(entries);
  entries = look_up(2 * kStep);
  unsigned ready = 0;
  for (size_t i = kStep; i < count; i += kStep, ready ^= 1) {
    next = WritePlaced(placed[ready], next);
    PlaceStep(quads, &place, &placed[ready ^ 1]);
    quads = JoinFours(entries);
    entries = look_up(i + 2 * kStep);
  }
  next = WritePlaced(placed[ready], next);
  alignas(64) uint64_t left[8];
  _mm512_store_si512(left, place.left);
  *to = BitWriter(next, {left[7], static_cast<unsigned>(_mm512_cvtsi512_si32(place.count))});
}

}  // namespace

RB_PACK_TARGET void PackLiteralsAvx512(const uint8_t* bytes, size_t count,
                                       const LiteralTable& table, BitWriter* writer) {
  if (count < kVectorTail) return PackScalar(bytes, count, table, writer);
  WideTable wide;
  for (size_t i = 0; i < 8; ++i) wide.part[i] = _mm512_loadu_si512(table + 32 * i);
  const bool narrow = IsNarrow(wide);
  if (count >= kStep && !HasOneBitCode(wide)) {
    const size_t steps = count / kStep * kStep;
    narrow ? PackPlaced<true>(bytes, steps, wide, writer)
           : PackPlaced<false>(bytes, steps, wide, writer);
    bytes += steps;
    count -= steps;
  }
  if (narrow) {
    PackAll<true>(bytes, count, wide, table, writer);
  } else {
    PackAll<false>(bytes, count, wide, table, writer);
  }
}

}  // namespace ringboard::png

#endif  // RB_X86_SIMD
