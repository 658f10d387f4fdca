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

OpenResult OpenTheVery(const std::string& path, const FileIdentity& identity, int flags) {
  OpenResult result = Opened(OpenRetrying(path, flags));
  if (result.error == 0 && result.identity != identity) {
    close(result.fd);
    result.fd = -1;
    result.error = ESTALE;
  }
  return result;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

int SyncDirectory(const std::string& path) {
  int fd;
  do {
    fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return errno;
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return error == EINVAL ? 0 : error;  // a file system whose directories need no fsync
}

class Posix final : public FileSystem {
 public:
  OpenResult Create(const std::string& path) override {
    return Opened(OpenRetrying(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL));
  }

  OpenResult Reopen(const std::string& path, const FileIdentity& identity) override {
    return OpenTheVery(path, identity, O_WRONLY | O_APPEND);
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

  bool Deleted(int fd) override {
    struct stat status;
    // ESTALE: another machine has removed it from a network file system.
    return fstat(fd, &status) == 0 ? status.st_nlink == 0 : errno == ESTALE;
  }

  int MakeDirectoriesFor(const std::string& path) override {
    const std::string directory = DirectoryOf(path);
    for (size_t at = 1; at != std::string::npos;) {
      at = directory.find('/', at);
      const std::string part = directory.substr(0, at);
      if (at != std::string::npos) ++at;
      // What exists can't be made, for whatever reason (EROFS, EACCES on the way down): the last
      // one tells.
      if (mkdir(part.c_str(), 0777) != 0 && part == directory && errno != EEXIST) return errno;
    }
    return 0;
  }

  int SyncDirectoriesOf(const std::string& path) override {
    const std::string directory = DirectoryOf(path);
    if (const int error = SyncDirectory(directory); error != 0) return error;
    const int error = SyncDirectory(DirectoryOf(directory));
    return error == EACCES ? 0 : error;  // not ours to read, so not ours to have made either
  }
};

}  // namespace

FileSystem& System() {
  static Posix& posix =
      *new Posix;  // never destroyed: the writer thread outlives static destruction
  return posix;
}

OpenResult OpenToRead(const std::string& path, const FileIdentity& identity) {
  // O_NONBLOCK: should a FIFO have taken its place, opening it must not wait.
  return OpenTheVery(path, identity, O_RDONLY | O_NONBLOCK);
}

FileIdentity IdentityOf(int fd) {
  FileIdentity identity;
  Identify(fd, &identity);
  return identity;
}

bool IsOnDevice(const std::string& path, uint64_t device) {
  struct stat status;
  for (std::string at = path; !at.empty(); at.resize(at.find_last_of('/'))) {
    if (stat(at.c_str(), &status) == 0) return static_cast<uint64_t>(status.st_dev) == device;
    if (at.find('/') == at.npos) break;
  }
  return stat("/", &status) == 0 && static_cast<uint64_t>(status.st_dev) == device;
}

OpenResult OpenForReading(const std::string& path) {
  // O_NONBLOCK: opening a FIFO that nobody writes to must not wait.
  int fd;
  do {
    fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  OpenResult result = Opened(fd);
  struct stat status;
  if (result.error != 0 || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))) return result;
  close(fd);
  return {S_ISDIR(status.st_mode) ? EISDIR : EINVAL, -1, {}};
}

int FileSize(int fd, uint64_t* size) {
  struct stat status;
  if (fstat(fd, &status) != 0) return errno;
  *size = static_cast<uint64_t>(status.st_size);
  return 0;
}

ReadResult ReadUpTo(int fd, uint64_t offset, void* to, size_t size) {
  ReadResult result;
  auto* into = static_cast<uint8_t*>(to);
  while (result.read < size) {
    const ssize_t got = pread(fd, into + result.read, std::min(size - result.read, kMaxWriteBytes),
                              static_cast<off_t>(offset + result.read));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) result.error = errno;
    if (got <= 0) break;
    result.read += static_cast<size_t>(got);
  }
  return result;
}

void WriteToStderr(const std::string& line) {
  // A message about a failure that can't be written has nobody left to be told to.
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace ringboard::io

#endif  // RB_POSIX
