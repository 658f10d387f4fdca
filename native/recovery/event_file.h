// One event file that is being completed: it gets bytes, and where each is to stand, and appends
// those that are not there.
#pragma once

#include <cstdint>
#include <string>

#include "io/file_system.h"
#include "recovery/recovery.h"
#include "segment/names.h"

namespace ringboard::recovery {

class EventFile {
 public:
  EventFile(const segment::StreamName& name, io::FileSystem* files);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // Until it can't be completed: nothing happens to it any more.
  bool usable() const { return report_.state == FileState::kComplete; }
  // Behind all that it holds, and all that it was given.
  int64_t end() const { return end_; }

  // `bytes` are to stand at `offset`.  In ascending order.  If whole records are given, those that
  // were not there, or not whole, are counted.
  void Put(int64_t offset, const uint8_t* bytes, size_t size, bool whole_records);
  // It can't be completed.
  void Leave(std::string why);
  void Note(std::string what) { report_.detail = std::move(what); }

  const FileReport& report() const { return report_; }

 private:
  bool Holds(int64_t offset, const uint8_t* bytes, size_t size);

  const int64_t head_bytes_;
  io::FileSystem* const files_;
  FileReport report_;
  int read_fd_ = -1, append_fd_ = -1;
  int64_t found_ = 0;  // its size when it was opened
  int64_t end_ = 0;
};

}  // namespace ringboard::recovery
