// Counters that Python callers add to.  With the GIL they hold it, so no bus lock is needed (5 ns,
// of a call's 100); free-threaded builds pay for one.
#pragma once

#include <Python.h>

#include <atomic>
#include <cstdint>

namespace ringboard::bindings {

inline void Count(std::atomic<uint64_t>& counter, uint64_t count) {
#ifdef Py_GIL_DISABLED
  counter.fetch_add(count, std::memory_order_relaxed);
#else
  // relaxed: only holders of the GIL write it, and it orders nothing.
  counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
#endif
}

}  // namespace ringboard::bindings
