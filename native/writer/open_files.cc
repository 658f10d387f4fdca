// See open_files.h.
#include "writer/open_files.h"

#include <algorithm>

namespace ringboard::writer {

// Relaxed: the number bounds resources and orders nothing.
bool OpenFiles::Claim() {
  int open = count();
  do {
    if (open >= kHeld) return false;
  } while (!count_.compare_exchange_weak(open, open + 1, std::memory_order_relaxed));
  return true;
}

void OpenFiles::MakeRoom() {
  while (!Claim()) {
    Stream* unused = UnusedForLongest();
    if (unused == nullptr) {  // all are claimed by callers: one more, until they are adopted
      count_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    Close(unused);
  }
}

int OpenFiles::Open(Stream* stream, int* error) {
  if (stream->open_slot < 0) {
    MakeRoom();
    const io::OpenResult opened = files_->Reopen(stream->path(), stream->identity);
    if (opened.error != 0) {
      Unclaim();
      *error = opened.error;
      return -1;
    }
    Take(stream, opened.fd);
  }
  Slot& slot = slots_[static_cast<size_t>(stream->open_slot)];
  slot.last_used = ++uses_;
  return slot.fd.load(std::memory_order_relaxed);
}

int OpenFiles::Create(Stream* stream) {
  Close(stream);
  MakeRoom();
  const io::OpenResult made = files_->Create(stream->path());
  if (made.error != 0) {
    Unclaim();
    return made.error;
  }
  stream->identity = made.identity;
  Take(stream, made.fd);
  return 0;
}

int OpenFiles::Replace(Stream* stream, const io::OpenResult& opened) {
  const int error = Close(stream);
  MakeRoom();
  stream->identity = opened.identity;
  Take(stream, opened.fd);
  return error;
}

// There is a free slot: each that is taken is counted, and the count has a limit.
void OpenFiles::Take(Stream* stream, int fd) {
  auto slot = std::find_if(slots_.begin(), slots_.end(),
                           [](const Slot& each) { return each.stream == nullptr; });
  slot->fd.store(fd, std::memory_order_relaxed);
  slot->stream = stream;
  slot->last_used = ++uses_;
  stream->open_slot = static_cast<int>(slot - slots_.begin());
}

Stream* OpenFiles::UnusedForLongest() const {
  const Slot* found = nullptr;
  for (const Slot& slot : slots_) {
    if (slot.stream == nullptr) continue;
    if (found == nullptr || slot.last_used < found->last_used) found = &slot;
  }
  return found == nullptr ? nullptr : found->stream;
}

int OpenFiles::Close(Stream* stream) {
  if (stream->open_slot < 0) return 0;
  Slot& slot = slots_[static_cast<size_t>(stream->open_slot)];
  const int fd = slot.fd.exchange(-1, std::memory_order_relaxed);
  slot.stream = nullptr;
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
