// The fewest decimal digits that give a floating-point number back (shortest round trip).
//
// Two ways to them: the standard library's, where it has one for floating point, and printf's,
// which every C library has.  The second is always compiled, so that every build can test it.
//
// Threads: no state; any thread may call anything.
#pragma once

namespace ringboard::tsv {

// digits[0].digits[1]digits[2]… × 10^exponent; no trailing zeros, but zero itself is one digit 0.
struct Decimal {
  char digits[17];
  int count;
  int exponent;
};

// `value` must be finite; its sign is not looked at.
Decimal Shortest(float value);
Decimal Shortest(double value);

// The same with printf and strtod alone, some ten times slower.  A power of two may take a digit
// more: printf knows nothing of the gap below it, which is narrower than the one above.
Decimal ShortestByPrintf(float value);
Decimal ShortestByPrintf(double value);

}  // namespace ringboard::tsv
