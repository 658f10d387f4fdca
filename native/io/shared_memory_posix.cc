// See shared_memory.h.
#include "base/platform.h"
#include "io/shared_memory.h"

#if RB_POSIX

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <random>

namespace ringboard::io {
namespace {

constexpr int kAttempts = 100;
constexpr uint64_t kReserveStep = uint64_t{1} << 20;

template <typename Call>
auto Retrying(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

int ErrnoUnless(bool success) { return success ? 0 : errno; }

OpenedFile OpenPrivately(const std::string& path, int flags) {
  OpenedFile opened;
  // O_NONBLOCK: should a FIFO lie there, opening it must not wait.
  opened.fd = Retrying([&] {
    return open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
  });
  struct stat status;
  if (opened.fd < 0 || fstat(opened.fd, &status) != 0) {
    opened.error = errno;
  } else if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
    opened.error = EACCES;
  } else {
    opened.size = static_cast<uint64_t>(status.st_size);
  }
  if (opened.error != 0 && opened.fd >= 0) {
    close(opened.fd);
    opened.fd = -1;
  }
  return opened;
}

}  // namespace

std::string SharedMemoryRoot() {
  if (const char* chosen = std::getenv("RINGBOARD_SHM_DIR")) {
    // Absolute, because the program may change its directory.
    char directory[PATH_MAX];
    if (*chosen == '\0' || *chosen == '/' || getcwd(directory, sizeof directory) == nullptr) {
      return chosen;
    }
    return std::string(directory) + "/" + chosen;
  }
#if defined(__linux__)
  return "/dev/shm";
#else
  // Without a file system in memory: the pages of a mapped file outlive the process as well.
  const char* temporary = std::getenv("TMPDIR");
  return temporary != nullptr && *temporary != '\0' ? temporary : "/tmp";
#endif
}

uint64_t FreeBytes(const std::string& directory) {
  struct statvfs status;
  if (statvfs(directory.c_str(), &status) != 0) return 0;
  return static_cast<uint64_t>(status.f_bavail) * status.f_frsize;
}

std::string PrivateDirectoryPrefix() {
  return "ringboard-" + std::to_string(static_cast<unsigned long>(geteuid())) + "-";
}

int MakePrivateDirectory(const std::string& root, std::string* path) {
  std::random_device random;
  const std::string stem =
      root + "/" + PrivateDirectoryPrefix() + std::to_string(static_cast<long>(getpid())) + "-";
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    *path = stem + std::to_string(random());
    if (mkdir(path->c_str(), 0700) == 0) return 0;
    if (errno != EEXIST) return errno;
  }
  return EEXIST;
}

int CheckPrivateDirectory(const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) return errno;
  if (!S_ISDIR(status.st_mode)) return ENOTDIR;
  return status.st_uid == geteuid() && (status.st_mode & 077) == 0 ? 0 : EACCES;
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  DIR* const open = opendir(directory.c_str());
  if (open == nullptr) return names;
  while (const dirent* entry = readdir(open)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(open);
  return names;
}

double SecondsSinceChange(const std::string& directory) {
  struct stat status;
  if (lstat(directory.c_str(), &status) != 0) return 0;
  return std::difftime(std::time(nullptr), status.st_mtime);
}

int RemovePrivateDirectory(const std::string& path, const std::string& first) {
  unlink((path + "/" + first).c_str());
  for (const std::string& name : NamesIn(path)) unlink((path + "/" + name).c_str());
  return ErrnoUnless(rmdir(path.c_str()) == 0);
}

OpenedFile CreatePrivateFile(const std::string& path) {
  return OpenPrivately(path, O_RDWR | O_CREAT | O_EXCL);
}

OpenedFile OpenPrivateFile(const std::string& path) { return OpenPrivately(path, O_RDONLY); }

OpenedFile OpenPrivateFileForWriting(const std::string& path) {
  return OpenPrivately(path, O_RDWR);
}

void CloseFile(int fd) { close(fd); }

int ReserveBytes(int fd, uint64_t bytes) {
#if defined(__APPLE__)
  fstore_t store = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, static_cast<off_t>(bytes), 0};
  if (fcntl(fd, F_PREALLOCATE, &store) != 0) return errno;
  return ErrnoUnless(ftruncate(fd, static_cast<off_t>(bytes)) == 0);
#else
  // Step by step: a signal undoes what one call has reserved so far, and they may come every
  // millisecond.
  for (uint64_t at = 0; at < bytes;) {
    const uint64_t step = std::min(bytes - at, kReserveStep);
    const int error = posix_fallocate(fd, static_cast<off_t>(at), static_cast<off_t>(step));
    if (error == EINTR) continue;
    if (error != 0) return error;
    at += step;
  }
  return 0;
#endif
}

void* MapShared(int fd, size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (pages == MAP_FAILED) return nullptr;
#if defined(MADV_DONTFORK)
  madvise(pages, bytes, MADV_DONTFORK);
#endif
  return pages;
}

void Unmap(void* pages, size_t bytes) { munmap(pages, bytes); }

int LockUntilDeath(int fd) {
  return ErrnoUnless(Retrying([&] { return flock(fd, LOCK_EX | LOCK_NB); }) == 0);
}

bool IsNamed(int fd, const std::string& path) {
  struct stat open, named;
  return fstat(fd, &open) == 0 && lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

bool Exists(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0;
}

int Rename(const std::string& from, const std::string& to) {
  return ErrnoUnless(rename(from.c_str(), to.c_str()) == 0);
}

int RemoveFile(const std::string& path) { return ErrnoUnless(unlink(path.c_str()) == 0); }

int AppendAll(int fd, uint64_t at, const void* bytes, size_t size) {
  const auto* from = static_cast<const uint8_t*>(bytes);
  for (size_t done = 0; done < size;) {
    const ssize_t wrote = Retrying(
        [&] { return pwrite(fd, from + done, size - done, static_cast<off_t>(at + done)); });
    if (wrote <= 0) {
      const int error = wrote < 0 ? errno : EIO;
      if (ftruncate(fd, static_cast<off_t>(at)) != 0) return errno;
      return error;
    }
    done += static_cast<size_t>(wrote);
  }
  return 0;
}

int ReadAt(int fd, uint64_t offset, void* to, size_t size) {
  auto* into = static_cast<uint8_t*>(to);
  for (size_t done = 0; done < size;) {
    const ssize_t got = Retrying(
        [&] { return pread(fd, into + done, size - done, static_cast<off_t>(offset + done)); });
    if (got < 0) return errno;
    if (got == 0) return EIO;
    done += static_cast<size_t>(got);
  }
  return 0;
}

int SizeOf(int fd, uint64_t* size) {
  struct stat status;
  if (fstat(fd, &status) != 0) return errno;
  *size = static_cast<uint64_t>(status.st_size);
  return 0;
}

}  // namespace ringboard::io

#endif  // RB_POSIX
