// CRC-32C with AVX-512 and VPCLMULQDQ (Ice Lake, Zen 4 and later).
//
// The fold of folding_x86.h, four accumulators a register: lane i of a 64-byte register holds bytes
// 16i … 16i + 15 of its group, and one instruction moves all four past the same distance.  Four
// registers hide the latency of a fold (about nine cycles), so a step is 256 bytes.
//
//   | a0: 64 bytes | a1: 64 | a2: 64 | a3: 64 |  | the same, 256 bytes on |  …
//
// At the end: four registers → one (which then still takes whole groups of 64 bytes) → its last
// lane → the state; fewer than 64 bytes are left for crc32q in series.
//
// This room's suite runs it only where the processor has VPCLMULQDQ.  The machine it was written on
// does not; there it was run in Bochs 2.7 (model corei7_icelake_u): each length to 1100 at each of
// 64 alignments, and longer ones to 128 KiB, against division bit by bit.
#include "crc32c/folding_x86.h"
#include "crc32c/hardware_steps.h"
#include "crc32c/kernels.h"
#include "crc32c/polynomial.h"

#if RB_X86_SIMD

// kSse42, kPclmul, kAvx512 and kVpclmul, as the registry says.
#define RB_CRC32C_AVX512 RB_TARGET("sse4.2,pclmul,avx512f,avx512vl,vpclmulqdq")

namespace ringboard::crc32c {
namespace {

using folding::Constants;
using folding::Fold;
using hardware::StepSerial;

constexpr size_t kGroupBytes = 64;
constexpr size_t kStepBytes = 4 * kGroupBytes;

RB_CRC32C_AVX512 RB_ALWAYS_INLINE __m512i LoadGroup(const uint8_t* at) {
  return _mm512_loadu_si512(at);
}

// folding::Fold in each of the four lanes.  0x96 is the truth table of a three-way xor.
RB_CRC32C_AVX512 RB_ALWAYS_INLINE __m512i FoldGroup(__m512i accumulators, __m512i k, __m512i next) {
  const __m512i high = _mm512_clmulepi64_epi128(accumulators, k, 0x00);
  const __m512i low = _mm512_clmulepi64_epi128(accumulators, k, 0x11);
  return _mm512_ternarylogic_epi64(high, low, next, 0x96);
}

// folding::Constants in each of the four lanes.
template <size_t kBytes>
RB_CRC32C_AVX512 RB_ALWAYS_INLINE __m512i GroupConstants() {
  const auto low = static_cast<int64_t>(MoveConstant(kBytes));
  const auto high = static_cast<int64_t>(MoveConstant(kBytes + 8));
  return _mm512_set4_epi64(low, high, low, high);
}

// With a mask of all lanes, because GCC 12 warns about its own header's unmasked form (GCC bug
// 105593).
template <int kLane>
RB_CRC32C_AVX512 RB_ALWAYS_INLINE __m128i Lane(__m512i lanes) {
  return _mm512_maskz_extracti32x4_epi32(static_cast<__mmask8>(-1), lanes, kLane);
}

// The state after the 64 bytes of the four lanes.
RB_CRC32C_AVX512 RB_ALWAYS_INLINE uint64_t ReduceGroup(__m512i lanes) {
  const __m128i k16 = Constants<16>(), k32 = Constants<32>();
  const __m128i pair0 = Fold(Lane<0>(lanes), k16, Lane<1>(lanes));
  const __m128i pair1 = Fold(Lane<2>(lanes), k16, Lane<3>(lanes));
  return folding::Reduce(Fold(pair0, k32, pair1));
}

// Out of line, so that a short run meets no 64-byte register (and no VZEROUPPER).
RB_CRC32C_AVX512 RB_NOINLINE uint32_t ExtendLong(uint32_t state, const uint8_t* at, size_t size) {
  // Head: the state is added to the first four bytes, as crc32q would.
  __m512i a0 = _mm512_xor_si512(
      LoadGroup(at), _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int32_t>(state))));
  __m512i a1 = LoadGroup(at + 64), a2 = LoadGroup(at + 128), a3 = LoadGroup(at + 192);
  at += kStepBytes;
  size -= kStepBytes;

  // Body.
  const __m512i k256 = GroupConstants<kStepBytes>();
  for (; size >= kStepBytes; at += kStepBytes, size -= kStepBytes) {
    a0 = FoldGroup(a0, k256, LoadGroup(at));
    a1 = FoldGroup(a1, k256, LoadGroup(at + 64));
    a2 = FoldGroup(a2, k256, LoadGroup(at + 128));
    a3 = FoldGroup(a3, k256, LoadGroup(at + 192));
  }

  // Tail.
  const __m512i k64 = GroupConstants<64>(), k128 = GroupConstants<128>();
  a1 = FoldGroup(a0, k64, a1);
  a3 = FoldGroup(a2, k64, a3);
  a3 = FoldGroup(a1, k128, a3);
  for (; size >= kGroupBytes; at += kGroupBytes, size -= kGroupBytes) {
    a3 = FoldGroup(a3, k64, LoadGroup(at));
  }
  return static_cast<uint32_t>(StepSerial(ReduceGroup(a3), at, size));
}

}  // namespace

RB_CRC32C_HARDWARE uint32_t RawExtendAvx512(uint32_t state, const void* data, size_t size) {
  const auto* at = static_cast<const uint8_t*>(data);
  if (size >= kStepBytes) return ExtendLong(state, at, size);
  return static_cast<uint32_t>(StepSerial(state, at, size));
}

}  // namespace ringboard::crc32c

#endif  // RB_X86_SIMD
