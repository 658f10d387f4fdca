// See memory.h.
#include "base/platform.h"
#include "io/memory.h"

#if RB_POSIX

#include <sys/mman.h>

namespace ringboard::io {

void* MapZeroedPages(size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
#if defined(MADV_DONTFORK)
  madvise(pages, bytes, MADV_DONTFORK);  // an optimization: nothing is lost where it fails
#endif
  return pages;
}

void UnmapPages(void* pages, size_t bytes) { munmap(pages, bytes); }

}  // namespace ringboard::io

#endif  // RB_POSIX
