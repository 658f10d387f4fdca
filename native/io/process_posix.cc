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
namespace {

sigset_t FileSizeSignal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGXFSZ);
  return set;
}

bool IsPending() {
  sigset_t pending;
  return sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
}

}  // namespace

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

FileSizeSignalHeld::FileSizeSignalHeld() : was_pending_(IsPending()) {
  sigset_t before;
  const sigset_t signal = FileSizeSignal();
  pthread_sigmask(SIG_BLOCK, &signal, &before);
  was_blocked_ = sigismember(&before, SIGXFSZ) == 1;
}

FileSizeSignalHeld::~FileSizeSignalHeld() {
  const sigset_t signal = FileSizeSignal();
  int taken;
  if (!was_pending_ && IsPending()) sigwait(&signal, &taken);  // it is pending, so this is at once
  if (!was_blocked_) pthread_sigmask(SIG_UNBLOCK, &signal, nullptr);
}

}  // namespace ringboard::io

#endif  // RB_POSIX
