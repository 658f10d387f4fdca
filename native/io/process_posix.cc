// See process.h.
#include "base/platform.h"
#include "io/process.h"

#if RB_POSIX

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace ringboard::io {

int CallInForkedChild(void (*handler)()) { return pthread_atfork(nullptr, nullptr, handler); }

void CallAtExit(void (*handler)()) { std::atexit(handler); }

int64_t ProcessNumber() { return getpid(); }

double WallTime() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void BecomeBackgroundThread(const char* name) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
#if defined(__APPLE__)
  pthread_setname_np(name);
#else
  pthread_setname_np(pthread_self(), name);
#endif
}

}  // namespace ringboard::io

#endif  // RB_POSIX
