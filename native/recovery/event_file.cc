// See event_file.h.
#include "recovery/event_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/endian.h"
#include "io/shared_memory.h"
#include "wire/record.h"

namespace ringboard::recovery {
namespace {

constexpr size_t kCompareBytes = size_t{64} << 10;

// How many of these whole records end behind `from`.
uint64_t RecordsBehind(size_t from, const uint8_t* bytes, size_t size) {
  uint64_t count = 0;
  for (size_t at = 0; size - at >= wire::kRecordHeaderBytes;) {
    at += LoadLittle64(bytes + at) + wire::kRecordHeaderBytes + wire::kRecordFooterBytes;
    if (at > size) break;
    count += at > from;
  }
  return count;
}

}  // namespace

EventFile::EventFile(const segment::StreamName& name, io::FileSystem* files)
    : head_bytes_(static_cast<int64_t>(name.head_bytes)), files_(files) {
  report_.path = name.path;
  const io::FileIdentity identity{name.device, name.inode};
  const io::OpenResult opened = io::OpenToRead(name.path, identity);
  read_fd_ = opened.fd;
  if (opened.error == ENOENT && io::IsOnDevice(name.path, name.device)) {
    report_.state = FileState::kGone;
    return;
  }
  uint64_t size = 0;
  const int error = opened.error != 0 ? opened.error : io::SizeOf(read_fd_, &size);
  if (error != 0) {
    Leave(error == ESTALE ? "another file has its name"
                          : "cannot open it: " + std::generic_category().message(error));
  }
  found_ = end_ = static_cast<int64_t>(size);
}

EventFile::~EventFile() {
  if (read_fd_ >= 0) io::CloseFile(read_fd_);
  if (append_fd_ >= 0) files_->Close(append_fd_);
}

void EventFile::Leave(std::string why) {
  report_.state = FileState::kLeft;
  report_.detail = std::move(why);
}

bool EventFile::Holds(int64_t offset, const uint8_t* bytes, size_t size) {
  uint8_t there[kCompareBytes];
  for (size_t done = 0; done < size;) {
    const size_t step = std::min(size - done, sizeof there);
    if (io::ReadAt(read_fd_, static_cast<uint64_t>(offset) + done, there, step) != 0) return false;
    if (std::memcmp(there, bytes + done, step) != 0) return false;
    done += step;
  }
  return true;
}

void EventFile::Put(int64_t offset, const uint8_t* bytes, size_t size, bool whole_records) {
  if (!usable()) return;
  // Should the process have had to go on in a new file, what came through the ring and would stand
  // before that file's head went with the old one.
  const int64_t below_head =
      whole_records ? std::clamp<int64_t>(head_bytes_ - offset, 0, static_cast<int64_t>(size)) : 0;
  const int64_t known =
      std::clamp<int64_t>(found_ - offset, below_head, static_cast<int64_t>(size));
  if (!Holds(offset + below_head, bytes + below_head, static_cast<size_t>(known - below_head))) {
    return Leave("its end is not what the process wrote, so nothing is appended to it");
  }
  const size_t lacking = size - static_cast<size_t>(known);
  end_ = std::max(end_, offset + static_cast<int64_t>(size));
  if (lacking == 0) return;
  if (append_fd_ < 0) {
    const io::OpenResult opened = files_->Reopen(report_.path, io::IdentityOf(read_fd_));
    if (opened.error != 0) {
      return Leave("cannot append to it: " + std::generic_category().message(opened.error));
    }
    append_fd_ = opened.fd;
  }
  const io::WriteResult result = files_->Write(append_fd_, bytes + known, lacking);
  report_.bytes += result.written;
  if (result.error != 0) {
    return Leave("cannot write to it: " + std::generic_category().message(result.error));
  }
  if (whole_records) report_.events += RecordsBehind(static_cast<size_t>(known), bytes, size);
}

}  // namespace ringboard::recovery
