// Pages from the operating system: zeroed, aligned, given physical memory only when touched, and
// not there in forked children (which would otherwise make every page that the parent writes to be
// copied).
#pragma once

#include <cstddef>

namespace ringboard::io {

// nullptr when the system has no such memory.
void* MapZeroedPages(size_t bytes);
void UnmapPages(void* pages, size_t bytes);

}  // namespace ringboard::io
