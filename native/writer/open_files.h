// At most kLimit event files are open at a time, however many streams there are: the one unused for
// longest gives way, and is reopened (the same file, never another of that name) when it is needed.
// Counted are also those that callers have created and the thread has not looked at yet.
//
// Threads: the writer thread's own, but for Claim(), Unclaim(), count() and
// CloseAllInForkedChild().
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "io/file_system.h"
#include "writer/stream.h"

namespace ringboard::writer {

class OpenFiles {
 public:
  static constexpr int kLimit = 64;

  explicit OpenFiles(io::FileSystem* files) : files_(files) {
    for (Slot& slot : slots_) slot.fd.store(-1, std::memory_order_relaxed);
  }

  // Before a descriptor is sent to Adopt().  False when it must be closed instead: otherwise
  // callers could open ever more of them while the thread is busy.
  bool Claim();
  void Unclaim() { count_.fetch_sub(1, std::memory_order_relaxed); }

  // Takes over a descriptor that is open already, and claimed.
  void Adopt(Stream* stream, int fd) { Take(stream, fd); }

  // The stream's descriptor, opened if need be; -1 and *error when that fails.
  int Open(Stream* stream, int* error);

  // The same for a file that does not exist (any more): it is created, and the stream's from now
  // on. 0 or an errno.
  int Create(Stream* stream);

  // The stream goes on in another file, which is open already.  0 or the errno of closing the one
  // it had.
  int Replace(Stream* stream, const io::OpenResult& opened);

  // The descriptor if it is open just now, or -1.
  int Peek(const Stream* stream) const {
    return stream->open_slot < 0 ? -1
                                 : slots_[static_cast<size_t>(stream->open_slot)].fd.load(
                                       std::memory_order_relaxed);  // only this thread opens
  }

  // 0 or the errno of close(2), which some file systems use to report a failed write.
  int Close(Stream* stream);

  int count() const { return count_.load(std::memory_order_relaxed); }

  // In a forked child: the parent's descriptors are not ours to use.  Only calls close(2).
  void CloseAllInForkedChild();

 private:
  struct Slot {
    std::atomic<int> fd;  // atomic: a fork may happen at any moment, and the child reads it
    Stream* stream = nullptr;
    uint64_t last_used = 0;
  };
  void MakeRoom();  // for one more, which is claimed then
  void Take(Stream* stream, int fd);
  Stream* UnusedForLongest() const;  // nullptr: none is held

  // One less: a caller has a file open for a moment while it creates it.
  static constexpr int kHeld = kLimit - 1;

  io::FileSystem* const files_;
  std::array<Slot, kLimit> slots_;
  uint64_t uses_ = 0;
  std::atomic<int> count_{0};
};

}  // namespace ringboard::writer
