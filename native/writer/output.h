// From pending bytes to files.  A write that fails loses nothing: the bytes stay pending, the next
// attempt comes after a growing pause and goes on at the exact byte, and stderr hears of it at most
// once a second.
//
// Threads: the writer thread's own.
#pragma once

#include <string>
#include <vector>

#include "segment/segment.h"
#include "writer/open_files.h"
#include "writer/stream.h"

namespace ringboard::writer {

class Output {
 public:
  // `segment`: where pending bytes are kept for the case of the process's death; may be null.
  Output(io::FileSystem* files, segment::Segment* segment)
      : files_(files), segment_(segment), open_files_(files) {}

  // Writes all that is pending, unless the stream is failing and neither its pause is over nor
  // `now_due`. True when nothing is pending afterwards.
  bool WriteOut(Stream* stream, bool now_due);
  // To be called before the ring's room is given back, for a stream with something pending.
  void Spill(Stream* stream);
  void Sync(Stream* stream);
  void Close(Stream* stream);
  OpenFiles& open_files() { return open_files_; }

  const std::vector<Stream*>& failing() const { return failing_; }
  void Forget(Stream* stream);

 private:
  static void Written(Stream* stream);
  void Failed(Stream* stream, int error, const char* call);
  void Recovered(Stream* stream);

  io::FileSystem* const files_;
  segment::Segment* const segment_;
  OpenFiles open_files_;
  std::vector<Stream*> failing_;
  Clock::time_point last_message_{};
};

}  // namespace ringboard::writer
