// See huffman.h.
#include "png/huffman.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ringboard::png {
namespace {

constexpr unsigned kSymbolBits = 9;
static_assert(kLiteralSymbols <= 1u << kSymbolBits);
constexpr unsigned kDeepest =
    32;  // Fibonacci: counts summing to 2^22 make no tree deeper than this

// Keys are count << 9 | symbol.  A stable byte-wise radix sort on the count; the symbols start in
// order, so equal counts stay in symbol order and the result does not depend on the machine.
unsigned SortByCount(const uint32_t* counts, unsigned symbol_count, uint32_t* keys) {
  uint32_t other[kLiteralSymbols];
  unsigned used = 0;
  uint32_t all = 0;
  for (unsigned i = 0; i < symbol_count; ++i) {
    if (counts[i] == 0) continue;
    keys[used++] = counts[i] << kSymbolBits | i;
    all |= counts[i];
  }
  uint32_t *from = keys, *to = other;
  for (unsigned shift = kSymbolBits; shift < 32 && (all >> (shift - kSymbolBits)) != 0;
       shift += 8) {
    unsigned starts[256] = {};
    for (unsigned i = 0; i < used; ++i) ++starts[from[i] >> shift & 0xff];
    const unsigned highest = std::min(all >> (shift - kSymbolBits), 255u);
    for (unsigned i = 0, before = 0; i <= highest; ++i) {
      before += std::exchange(starts[i], before);
    }
    for (unsigned i = 0; i < used; ++i) to[starts[from[i] >> shift & 0xff]++] = from[i];
    std::swap(from, to);
  }
  if (from != keys) std::memcpy(keys, from, used * sizeof(keys[0]));
  return used;
}

// How many leaves an optimal code has at each depth, from weights in rising order (at least two).
// Merging the two lightest makes inner nodes whose weights rise too, so two queues replace a heap.
// `keys` has room for one more, which ends the leaves; which queue is next cannot be guessed, so
// nothing branches on it.
void CountDepths(uint32_t* keys, unsigned used, unsigned depth_counts[kDeepest + 1]) {
  uint32_t weight[kLiteralSymbols];  // of inner node i
  uint16_t parent[kLiteralSymbols];  // of inner node i; later its depth
  keys[used] = UINT32_MAX;
  unsigned leaf = 0, inner = 0;
  for (unsigned made = 0; made + 1 < used; ++made) {
    weight[made] = UINT32_MAX;  // not yet there
    uint32_t sum = 0;
    for (int child = 0; child < 2; ++child) {
      const uint32_t leaf_weight = keys[leaf] >> kSymbolBits, inner_weight = weight[inner];
      const unsigned is_leaf = leaf_weight <= inner_weight;
      sum += std::min(leaf_weight, inner_weight);
      parent[inner] = static_cast<uint16_t>(made);  // of a leaf: written over
      leaf += is_leaf;
      inner += 1 - is_leaf;
    }
    weight[made] = sum;
  }
  // The root is the last node.  At each depth, places that inner nodes do not take are leaves.
  unsigned inner_counts[kDeepest + 1] = {};
  parent[used - 2] = 0;
  inner_counts[0] = 1;
  for (unsigned i = used - 2; i-- > 0;) {
    parent[i] = static_cast<uint16_t>(parent[parent[i]] + 1);
    ++inner_counts[parent[i]];
  }
  for (unsigned depth = 1; depth <= kDeepest; ++depth) {
    depth_counts[depth] = 2 * inner_counts[depth - 1] - inner_counts[depth];
  }
}

// Raises the leaves that lie too deep to `limit`, then pays for it.  With K = Σ 2^(limit - depth)
// the code fits when K ≤ 2^limit.  Pushing a leaf from depth d to d + 1 frees 2^(limit - d - 1);
// the deepest one above the limit costs least.  What the last push freed too much goes back to the
// deepest leaves.
void LimitDepths(unsigned limit, unsigned depth_counts[kDeepest + 1]) {
  uint64_t space = 0;
  for (unsigned depth = limit + 1; depth <= kDeepest; ++depth) {
    depth_counts[limit] += depth_counts[depth];
    depth_counts[depth] = 0;
  }
  for (unsigned depth = 1; depth <= limit; ++depth) {
    space += static_cast<uint64_t>(depth_counts[depth]) << (limit - depth);
  }
  const uint64_t whole = uint64_t{1} << limit;
  while (space > whole) {
    unsigned depth = limit - 1;
    while (depth_counts[depth] == 0) --depth;
    --depth_counts[depth];
    ++depth_counts[depth + 1];
    space -= uint64_t{1} << (limit - depth - 1);
  }
  // Lifting a leaf from depth d to d - 1 takes 2^(limit - d); try the dearest first.  The deepest
  // leaves always fit: every term of `space`, so also what is missing, is a multiple of their step.
  for (unsigned depth = 2; space < whole;) {
    const uint64_t step = uint64_t{1} << (limit - depth);
    if (depth_counts[depth] == 0 || space + step > whole) {
      ++depth;
      continue;
    }
    --depth_counts[depth];
    ++depth_counts[depth - 1];
    space += step;
    depth = std::max(2u, depth - 1);  // what did not fit before still does not, but for this leaf
  }
}

}  // namespace

void BuildCodeLengths(const uint32_t* counts, unsigned symbol_count, unsigned limit,
                      uint8_t* lengths) {
  std::memset(lengths, 0, symbol_count);
  uint32_t keys[kLiteralSymbols + 1];
  const unsigned used = SortByCount(counts, symbol_count, keys);
  if (used < 2) {
    const unsigned first = used == 1 ? keys[0] & ((1u << kSymbolBits) - 1) : 0;
    lengths[first] = 1;
    lengths[first == 0 ? 1 : 0] = 1;
    return;
  }
  unsigned depth_counts[kDeepest + 1] = {};
  CountDepths(keys, used, depth_counts);
  LimitDepths(limit, depth_counts);
  // The rarest symbols take the longest codes.
  unsigned next = 0;
  for (unsigned depth = limit; depth >= 1; --depth) {
    for (unsigned i = 0; i < depth_counts[depth]; ++i) {
      lengths[keys[next++] & ((1u << kSymbolBits) - 1)] = static_cast<uint8_t>(depth);
    }
  }
}

void AssignCodes(const uint8_t* lengths, unsigned symbol_count, uint16_t* codes) {
  unsigned length_counts[16] = {}, next_code[16] = {};
  for (unsigned i = 0; i < symbol_count; ++i) ++length_counts[lengths[i]];
  length_counts[0] = 0;
  for (unsigned bits = 1; bits < 16; ++bits) {
    next_code[bits] = (next_code[bits - 1] + length_counts[bits - 1]) << 1;
  }
  for (unsigned i = 0; i < symbol_count; ++i) {
    if (lengths[i] == 0) continue;
    unsigned code = next_code[lengths[i]]++;
    // Reverse 16 bits by swapping ever larger groups, then drop the unused low ones.
    code = (code >> 1 & 0x5555) | (code & 0x5555) << 1;
    code = (code >> 2 & 0x3333) | (code & 0x3333) << 2;
    code = (code >> 4 & 0x0f0f) | (code & 0x0f0f) << 4;
    code = (code >> 8 & 0x00ff) | (code & 0x00ff) << 8;
    codes[i] = static_cast<uint16_t>(code >> (16 - lengths[i]));
  }
}

}  // namespace ringboard::png
