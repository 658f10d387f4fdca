// Files in memory that outlive their process but not the machine: where the ring lies, so that a
// killed process loses nothing.  Each process has a directory of its own there, which only its user
// may enter.
//
// Nothing here follows a symbolic link, nor enters a directory that is not this user's alone.
// Threads: all functions may be called from any thread.  Failure is an errno value, 0 is success.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ringboard::io {

// The directory that holds the processes' directories: $RINGBOARD_SHM_DIR, or the system's own;
// empty when that variable is set and empty.
std::string SharedMemoryRoot();

// Bytes that files in `directory` may still take; 0 when that can't be told.
uint64_t FreeBytes(const std::string& directory);

// "ringboard-<user>-": what the names of this user's directories start with.
std::string PrivateDirectoryPrefix();

// Makes a directory of that prefix, this process's number and a random part.
int MakePrivateDirectory(const std::string& root, std::string* path);

// 0 if `path` is a directory of this user that nobody else may enter, and no link to one.
int CheckPrivateDirectory(const std::string& path);

// The names in a directory, without "." and ".."; nothing when it can't be read.
std::vector<std::string> NamesIn(const std::string& directory);

// Seconds since something last changed in the directory.
double SecondsSinceChange(const std::string& directory);

// Removes a directory with the plain files in it: `first` before all others.
int RemovePrivateDirectory(const std::string& path, const std::string& first);

struct OpenedFile {
  int error = 0;
  int fd = -1;
  uint64_t size = 0;
};
// For reading and writing; the file must not exist, and only this user may open it.
OpenedFile CreatePrivateFile(const std::string& path);
// A plain file.
OpenedFile OpenPrivateFile(const std::string& path);            // for reading
OpenedFile OpenPrivateFileForWriting(const std::string& path);  // and for reading
void CloseFile(int fd);

// Makes the file `bytes` long, with room for all of them: a later store into its mapping can't
// fail.
int ReserveBytes(int fd, uint64_t bytes);
// Maps the file, shared; not there in forked children.  nullptr when that fails.
void* MapShared(int fd, size_t bytes);
void Unmap(void* pages, size_t bytes);

// A lock that the system drops when the process dies, and that forked children don't prolong once
// they have closed `fd`.  EWOULDBLOCK when somebody has it.
int LockUntilDeath(int fd);
// Whether `path` still names the file that `fd` has open.
bool IsNamed(int fd, const std::string& path);
bool Exists(const std::string& path);
int Rename(const std::string& from, const std::string& to);
int RemoveFile(const std::string& path);

// All or nothing: what a failure left is cut off again.  `at` is the file's size.
int AppendAll(int fd, uint64_t at, const void* bytes, size_t size);
// Reads exactly `size` bytes; EIO when the file is shorter.
int ReadAt(int fd, uint64_t offset, void* to, size_t size);
int SizeOf(int fd, uint64_t* size);

}  // namespace ringboard::io
