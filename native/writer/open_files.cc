// See open_files.h.
#include "writer/open_files.h"

#include <algorithm>

namespace ringboard::writer {

int OpenFiles::Open(Stream* stream, int* error) {
  if (stream->open_slot < 0) {
    const io::OpenResult opened = files_->Reopen(stream->path, stream->identity);
    if (opened.error != 0) {
      *error = opened.error;
      return -1;
    }
    Take(stream, opened.fd);
  }
  Slot& slot = slots_[static_cast<size_t>(stream->open_slot)];
  slot.last_used = ++uses_;
  return slot.fd.load(std::memory_order_relaxed);
}

void OpenFiles::Take(Stream* stream, int fd) {
  // Free slots have last_used 0, so that they are found first.
  auto slot = std::min_element(slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) {
    return a.last_used < b.last_used;
  });
  if (slot->stream != nullptr) Close(slot->stream);
  slot->fd.store(fd, std::memory_order_relaxed);
  slot->stream = stream;
  slot->last_used = ++uses_;
  stream->open_slot = static_cast<int>(slot - slots_.begin());
  count_.fetch_add(1, std::memory_order_relaxed);
}

int OpenFiles::Close(Stream* stream) {
  if (stream->open_slot < 0) return 0;
  Slot& slot = slots_[static_cast<size_t>(stream->open_slot)];
  const int fd = slot.fd.exchange(-1, std::memory_order_relaxed);
  slot.stream = nullptr;
  slot.last_used = 0;
  stream->open_slot = -1;
  count_.fetch_sub(1, std::memory_order_relaxed);
  return files_->Close(fd);
}

void OpenFiles::CloseAllInForkedChild() {
  for (Slot& slot : slots_) {
    const int fd = slot.fd.exchange(-1, std::memory_order_relaxed);
    if (fd >= 0) files_->Close(fd);
  }
}

}  // namespace ringboard::writer
