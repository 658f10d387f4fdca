// The registry and the dispatch.  See histogram.h.
#include "histogram/histogram.h"

#include <array>

#include "histogram/edges.h"
#include "histogram/kernels.h"

namespace ringboard::histogram {
namespace {

static_assert(kEdgeCount == 2 * kPositiveEdgeCount + 1);

constexpr std::array<double, kEdgeCount> Mirrored() {
  std::array<double, kEdgeCount> edges = {};
  for (size_t i = 0; i < kPositiveEdgeCount; ++i) {
    edges[kPositiveEdgeCount + 1 + i] = kPositiveEdges[i];
    edges[kPositiveEdgeCount - 1 - i] = -kPositiveEdges[i];
  }
  return edges;
}
constexpr std::array<double, kEdgeCount> kEdges = Mirrored();

constexpr cpu::Kernel<CountFn> kKernels[] = {
#if RB_X86_SIMD
    {"avx2", cpu::kAvx2, CountAvx2},  // uses FMA, too
#endif
    {"portable", 0, CountPortable},
};

}  // namespace

const double* Edges() { return kEdges.data(); }

void Count(const void* data, Dtype dtype, size_t n, Histogram* out) {
  static const CountFn count = cpu::Select(kKernels).function;
  count(data, dtype, n, out);
}

std::span<const cpu::Kernel<CountFn>> kernels() { return kKernels; }

const char* ActiveKernelName() { return cpu::Select(kKernels).name; }

}  // namespace ringboard::histogram
