// What the writer needs to know of its process: that it was forked, that it ends, what time it is.
#pragma once

#include <cstdint>

namespace ringboard::io {

// Runs `handler` in every child that this process forks (by any means that runs pthread_atfork
// handlers), before fork returns there.  The handler may only do what is safe in a signal handler.
// Returns 0 or an errno.
int CallInForkedChild(void (*handler)());

// Runs `handler` when the process exits by exit() or by returning from main: in CPython's life that
// is after the interpreter is gone.  Not run by os._exit and not by signals.
void CallAtExit(void (*handler)());

int64_t ProcessNumber();

// Seconds since the epoch, as time.time() has it.
double WallTime();

// Keeps the calling thread from handling any signal, so that they reach the program's own threads,
// and gives it a name that shows in top and gdb.
void BecomeBackgroundThread(const char* name);

// While one lives, a write of this thread's beyond RLIMIT_FSIZE is an error (EFBIG) and no SIGXFSZ,
// which would end the process where it is not ignored.  A background thread needs none: its signals
// are never handled.
class FileSizeSignalHeld {
 public:
  FileSizeSignalHeld();
  ~FileSizeSignalHeld();
  FileSizeSignalHeld(const FileSizeSignalHeld&) = delete;
  FileSizeSignalHeld& operator=(const FileSizeSignalHeld&) = delete;

 private:
  bool was_pending_, was_blocked_;
};

}  // namespace ringboard::io
