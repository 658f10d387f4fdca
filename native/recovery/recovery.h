// Completes the event files of processes that died: what their rings held (segment/layout.h) is
// encoded again, as their writer threads would have, and each file gets exactly the bytes that it
// lacks.
//
//   ring + names ─► the same Batch as the writer thread's ─► bytes and where they begin in the file
//   bytes that the file has already: compared.  Those that it lacks: appended.
//
// So it may be killed at any moment and done again: nothing is written twice.  A segment is removed
// when all of its files are complete, and left alone otherwise.  Nothing in it is trusted: what no
// writer leaves behind is reported, and a file is only ever appended to, only if it is the very one
// that the dead process made, and only if its end is what that process wrote.
//
// Threads: any; two recoveries of one segment exclude each other, in all processes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace ringboard::recovery {

enum class FileState : uint8_t {
  kComplete,  // it holds all that was accepted, now or before
  kGone,      // it has been deleted, and so nobody wants the rest
  kLeft,      // it can't be completed; `detail` says why
};

struct FileReport {
  std::string path;
  FileState state = FileState::kComplete;
  uint64_t events = 0;  // appended, of those that were in the ring
  uint64_t bytes = 0;   // appended
  std::string detail;
};

enum class SegmentState : uint8_t {
  kAlive,      // its process lives, or another recovery is at it
  kElsewhere,  // none of its files is where one was asked to look
  kRecovered,  // all files are complete or gone; the segment has been removed
  kLeft,       // some files could not be completed; the segment is still there
  kUnusable,   // no segment, or another version's, or damaged; left alone
};

struct SegmentReport {
  std::string path;
  int64_t process = 0;
  SegmentState state = SegmentState::kAlive;
  std::vector<FileReport> files;  // those that lacked something, and those that were left
  std::string detail;
};

struct Choice {
  // Only segments with a file below this absolute path; empty: all.
  std::string log_dir;
  // Removes segments that can't be completed, and with them what they hold.
  bool discard = false;
};

SegmentReport RecoverSegment(const std::string& segment, const Choice& choice,
                             io::FileSystem* files);

// All of this user's segments below `root`, oldest name first.
std::vector<SegmentReport> RecoverAll(const std::string& root, const Choice& choice,
                                      io::FileSystem* files);

}  // namespace ringboard::recovery
