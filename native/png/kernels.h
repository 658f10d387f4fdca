// The room's kernels as one choice, made once; nothing above this asks for an instruction set.
#pragma once

#include <cstdint>
#include <string>

#include "png/adler32.h"
#include "png/crc32.h"
#include "png/filter.h"
#include "png/literals.h"

namespace ringboard::png {

struct Kernels {
  cpu::Kernel<Crc32Fn> crc32;
  cpu::Kernel<Adler32Fn> adler32;
  cpu::Kernel<FilterRowFn> filter_row;
  cpu::Kernel<RowCostsFn> row_costs;
  cpu::Kernel<FindRangeFn> find_range;
  cpu::Kernel<FindZeroRunsFn> find_zero_runs;
  cpu::Kernel<PackLiteralsFn> pack_literals;

  // The best of each registry that a processor with `features` runs.  All write the same bytes.
  static Kernels For(uint32_t features);
  // For(cpu::Active()), chosen once.
  static const Kernels& Active();

  std::string Names() const;  // for bug reports and benchmark headers
};

}  // namespace ringboard::png
