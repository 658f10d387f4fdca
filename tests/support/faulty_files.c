// A file system that misbehaves on command, for whole processes: preloaded, it stands between them
// and libc for event files (names that hold "tfevents") and leaves all others alone.
//
// What it does stands in the shared file $FAULTY_FILES, which tests/support/faulty.py writes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct Control {
  volatile int32_t write_error;     // 0: none
  volatile int32_t write_budget;    // bytes that still go out before it
  volatile int32_t most_bytes;      // of one write; 0: any number
  volatile int32_t interrupted;     // every second write is EINTR
  volatile int32_t hold_writes;     // a write returns only when this is 0
  volatile int32_t held;            // how many are being held
  volatile int32_t fsync_error;     // 0: none
  volatile int32_t fsyncs;          // how many of event files there were
  volatile int32_t directory_fsyncs;
  volatile int32_t open_error;      // 0: none
};
static struct Control* control;
static struct Control nothing;

__attribute__((constructor)) static void start(void) {
  control = &nothing;
  const char* path = getenv("FAULTY_FILES");
  const int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* pages = mmap(NULL, sizeof(struct Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (pages != MAP_FAILED) control = pages;
  close(fd);
}

static int is_event_file(int fd) {
  char link[64], name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, name, sizeof name - 1);
  if (length <= 0) return 0;
  name[length] = 0;
  return strstr(name, "tfevents") != NULL;
}

ssize_t write(int fd, const void* bytes, size_t size) {
  static ssize_t (*real)(int, const void*, size_t);
  if (real == NULL) real = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  if (!is_event_file(fd)) return real(fd, bytes, size);
  if (control->hold_writes) {
    __sync_add_and_fetch(&control->held, 1);
    while (control->hold_writes) usleep(1000);
    __sync_add_and_fetch(&control->held, -1);
  }
  static int calls;
  if (control->interrupted && ++calls % 2) {
    errno = EINTR;
    return -1;
  }
  if (control->most_bytes != 0 && size > (size_t)control->most_bytes) size = (size_t)control->most_bytes;
  if (control->write_error != 0) {
    if (control->write_budget <= 0) {
      errno = control->write_error;
      return -1;
    }
    if (size > (size_t)control->write_budget) size = (size_t)control->write_budget;
    control->write_budget -= (int32_t)size;
  }
  return real(fd, bytes, size);
}

int fsync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  if (is_event_file(fd)) {
    __sync_add_and_fetch(&control->fsyncs, 1);
    if (control->fsync_error != 0) {
      errno = control->fsync_error;
      return -1;
    }
  } else {
    __sync_add_and_fetch(&control->directory_fsyncs, 1);
  }
  return real(fd);
}

static int faulty_open(const char* symbol, const char* path, int flags, mode_t mode) {
  int (*real)(const char*, int, ...) = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, symbol);
  if (control != NULL && control->open_error != 0 && strstr(path, "tfevents") != NULL) {
    errno = control->open_error;
    return -1;
  }
  return real(path, flags, mode);
}

#define OPEN(name)                                        \
  int name(const char* path, int flags, ...) {            \
    va_list arguments;                                    \
    va_start(arguments, flags);                           \
    const mode_t mode = va_arg(arguments, unsigned int);  \
    va_end(arguments);                                    \
    return faulty_open(#name, path, flags, mode);         \
  }
OPEN(open)
OPEN(open64)
