// See kernels.h.
#include "png/kernels.h"

namespace ringboard::png {
namespace {

template <typename Function>
cpu::Kernel<Function> Best(std::span<const cpu::Kernel<Function>> registry, uint32_t features) {
  for (const cpu::Kernel<Function>& kernel : registry) {
    if (kernel.RunsOn(features)) return kernel;
  }
  return registry.back();
}

}  // namespace

Kernels Kernels::For(uint32_t features) {
  return {Best(Crc32Kernels(), features),       Best(Adler32Kernels(), features),
          Best(FilterRowKernels(), features),   Best(RowCostsKernels(), features),
          Best(FindRangeKernels(), features),   Best(FindZeroRunsKernels(), features),
          Best(PackLiteralsKernels(), features)};
}

const Kernels& Kernels::Active() {
  static const Kernels active = For(cpu::Active());
  return active;
}

std::string Kernels::Names() const {
  return std::string("crc32 ") + crc32.name + ", adler32 " + adler32.name + ", filter " +
         filter_row.name + ", costs " + row_costs.name + ", range " + find_range.name + ", runs " +
         find_zero_runs.name + ", pack " + pack_literals.name;
}

}  // namespace ringboard::png
