// See file_system.h.
#include "base/platform.h"
#include "io/file_system.h"

#if RB_POSIX

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ringboard::io {
namespace {

// Linux writes at most 0x7ffff000 bytes a call, macOS fails above INT_MAX.
constexpr size_t kMaxWriteBytes = size_t{1} << 30;

int OpenRetrying(const std::string& path, int flags) {
  int fd;
  do {
    fd = open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0666);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

bool Identify(int fd, FileIdentity* identity) {
  struct stat status;
  if (fstat(fd, &status) != 0) return false;
  *identity = {static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino)};
  return true;
}

OpenResult Opened(int fd) {
  OpenResult result;
  if (fd < 0 || !Identify(fd, &result.identity)) {
    result.error = errno;
    if (fd >= 0) close(fd);
    return result;
  }
  result.fd = fd;
  return result;
}

class Posix final : public FileSystem {
 public:
  OpenResult Create(const std::string& path) override {
    return Opened(OpenRetrying(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL));
  }

  OpenResult Reopen(const std::string& path, const FileIdentity& identity) override {
    OpenResult result = Opened(OpenRetrying(path, O_WRONLY | O_APPEND));
    if (result.error == 0 && result.identity != identity) {
      close(result.fd);
      result.fd = -1;
      result.error = ESTALE;
    }
    return result;
  }

  WriteResult Write(int fd, const uint8_t* bytes, size_t size) override {
    WriteResult result;
    while (result.written < size) {
      const ssize_t wrote =
          write(fd, bytes + result.written, std::min(size - result.written, kMaxWriteBytes));
      if (wrote > 0) {
        result.written += static_cast<size_t>(wrote);
      } else if (wrote < 0 && errno != EINTR) {
        result.error = errno;
        break;
      } else if (wrote == 0) {  // POSIX leaves this open; a loop without progress would never end
        result.error = EIO;
        break;
      }
    }
    return result;
  }

  int Remove(const std::string& path) override { return unlink(path.c_str()) == 0 ? 0 : errno; }
  int Sync(int fd) override { return fsync(fd) == 0 ? 0 : errno; }
  // After EINTR the state of the descriptor is unspecified, on Linux it is closed: never retried.
  int Close(int fd) override { return close(fd) == 0 || errno == EINTR ? 0 : errno; }
};

}  // namespace

FileSystem& System() {
  static Posix& posix =
      *new Posix;  // never destroyed: the writer thread outlives static destruction
  return posix;
}

void WriteToStderr(const std::string& line) {
  // A message about a failure that can't be written has nobody left to be told to.
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace ringboard::io

#endif  // RB_POSIX
