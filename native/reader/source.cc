// See source.h.
#include "reader/source.h"

#include <utility>

#include "io/file_system.h"

namespace ringboard::reader {

FileSource::~FileSource() {
  if (fd_ >= 0) io::System().Close(fd_);
}

Status FileSource::Open(std::string path) {
  path_ = std::move(path);
  const io::OpenResult opened = io::OpenForReading(path_);
  if (opened.error != 0) return Status::Os(opened.error, "opening an event file", path_);
  fd_ = opened.fd;
  return Status::Ok();
}

Status FileSource::Size(uint64_t* size) {
  const int error = io::FileSize(fd_, size);
  return error == 0 ? Status::Ok() : Status::Os(error, "asking an event file's size", path_);
}

Status FileSource::Read(uint64_t offset, uint8_t* to, size_t size, size_t* got) {
  const io::ReadResult result = io::ReadUpTo(fd_, offset, to, size);
  *got = result.read;
  return result.error == 0 ? Status::Ok()
                           : Status::Os(result.error, "reading an event file", path_);
}

}  // namespace ringboard::reader
