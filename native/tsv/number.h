// Numbers as text, laid out as Python's repr() lays a float out, so that a file of float64 values
// is byte for byte what a loop over str(x) would write.
//
//   12.5  100000.0  1e+16  0.0001  1e-05  -0.0  nan  inf  -inf        integers: 12  -3
//
// A float32 is written with the digits that a float32 needs: 0.1, where Python, which widens it
// first, shows 0.10000000149011612.  Readers parse to float64 and round to float32.  Of all 2^31
// magnitudes, which were tried, rounding twice misses one, and that one is written as a float64.
//
// Threads: no state; any thread may call anything.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringboard::tsv {

inline constexpr size_t kNumberBytes = 24;  // -1.7976931348623157e+308; nothing is longer

// Write at most kNumberBytes at `out`; return where they end.
char* Format(float value, char* out);
char* Format(double value, char* out);
char* Format(int64_t value, char* out);
char* Format(uint64_t value, char* out);

}  // namespace ringboard::tsv
