// What the compiler and the target are, said once.  Every #if on a compiler, an operating system or
// an instruction set tests a macro from here, so porting starts (and mostly ends) in this file.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#define RB_X86_64 1
#else
#define RB_X86_64 0
#endif

#if defined(__aarch64__) || defined(_M_ARM64)
#define RB_AARCH64 1
#else
#define RB_AARCH64 0
#endif

// Whether std::to_chars takes floating point.  libc++ had it long before it said so; Apple's is in
// the system library, where an older macOS has none.
#include <version>
#if defined(__cpp_lib_to_chars) || \
    (defined(_LIBCPP_VERSION) && _LIBCPP_VERSION >= 14000 && !defined(__APPLE__))
#define RB_FLOAT_TO_CHARS 1
#else
#define RB_FLOAT_TO_CHARS 0
#endif

#if defined(_WIN32)
#define RB_WINDOWS 1
#define RB_POSIX 0
#else
#define RB_WINDOWS 0
#define RB_POSIX 1
#endif

#if defined(__GNUC__) && !defined(__clang__)
#define RB_GCC 1  // and no compiler that calls itself so
#else
#define RB_GCC 0
#endif

#if defined(__GNUC__) || defined(__clang__)
#define RB_GNUC 1
#define RB_ALWAYS_INLINE inline __attribute__((always_inline))
#define RB_NOINLINE __attribute__((noinline))
#define RB_RESTRICT __restrict__
// Compiles ONE function for an instruction set that the rest of the file may not use.  The build
// has one flag list for all sources, so this is how an ISA file says what it needs.
#define RB_TARGET(isa) __attribute__((target(isa)))
#define RB_PREFETCH(address) __builtin_prefetch(address)
#else
#define RB_GNUC 0
#define RB_ALWAYS_INLINE inline
#define RB_NOINLINE
#define RB_RESTRICT
#define RB_TARGET(isa)
#define RB_PREFETCH(address) ((void)0)
#endif

// Intrinsics with per-function targets are a GCC/Clang feature; other compilers get the portable
// path.
#define RB_X86_SIMD (RB_X86_64 && RB_GNUC)
#define RB_ARM_SIMD (RB_AARCH64 && RB_GNUC)
