// The only home of calls to the operating system on files.  FileSystem is an interface so that
// tests can hand the writer a double that fails the n-th call; System() is the real one.
//
// Event files are opened so that nothing that is already there can be hit: Create fails on an
// existing file and on a symbolic link (O_EXCL), Reopen fails unless it finds the very file that
// Create made (same device and inode, not through a link).  All are opened O_APPEND | O_CLOEXEC,
// mode 0666 & ~umask.
//
// Threads: all functions may be called from any thread.  Failure is an errno value, 0 is success.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ringboard::io {

struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

struct OpenResult {
  int error = 0;  // errno; 0 when `fd` is open
  int fd = -1;
  FileIdentity identity;
};

struct WriteResult {
  int error = 0;       // errno of the call that stopped it
  size_t written = 0;  // bytes that went out before
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual OpenResult Create(const std::string& path) = 0;
  virtual OpenResult Reopen(const std::string& path, const FileIdentity& identity) = 0;
  // Writes until all is out or a call fails; EINTR is retried, a short write goes on.
  virtual WriteResult Write(int fd, const uint8_t* bytes, size_t size) = 0;
  virtual int Remove(const std::string& path) = 0;
  virtual int Sync(int fd) = 0;
  virtual int Close(int fd) = 0;

  // What not every file system can tell or do; one that can't says so by these answers.
  // Whether an open file has lost its last name, so that nobody will ever find what is written.
  virtual bool Deleted(int fd) {
    (void)fd;
    return false;
  }
  // Makes the directories above `path` that are missing (mode 0777 & ~umask).
  virtual int MakeDirectoriesFor(const std::string& path) {
    (void)path;
    return 0;
  }
  // Makes the name of a new file durable: its directory, and that one's own entry.
  virtual int SyncDirectoriesOf(const std::string& path) {
    (void)path;
    return 0;
  }
};

FileSystem& System();

// The very file that Create made, for reading; ESTALE when another has its name.
OpenResult OpenToRead(const std::string& path, const FileIdentity& identity);
FileIdentity IdentityOf(int fd);

// A plain file of any name, through links too, for reading; EISDIR, or EINVAL for what is no file.
OpenResult OpenForReading(const std::string& path);
int FileSize(int fd, uint64_t* size);
struct ReadResult {
  int error = 0;    // errno of the call that stopped it
  size_t read = 0;  // bytes that came before
};
// Up to `size` bytes; fewer where the file ends.
ReadResult ReadUpTo(int fd, uint64_t offset, void* to, size_t size);
// Whether what is left of the path's directories lies on this device.
bool IsOnDevice(const std::string& path, uint64_t device);

// One line to stderr, as one write.
void WriteToStderr(const std::string& line);

}  // namespace ringboard::io
