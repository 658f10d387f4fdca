// From pending bytes to files.  A write that fails loses nothing: the bytes stay pending, the next
// attempt comes after a growing pause and goes on at the exact byte, and stderr hears of it at most
// once a second.
//
// Threads: the writer thread's own.
#pragma once

#include <string>
#include <vector>

#include "writer/open_files.h"
#include "writer/stream.h"

namespace ringboard::writer {

class Output {
 public:
  explicit Output(io::FileSystem* files) : files_(files), open_files_(files) {}

  // Writes all that is pending, unless the stream is failing and neither its pause is over nor
  // `now_due`. True when nothing is pending afterwards.
  bool WriteOut(Stream* stream, bool now_due);
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
  OpenFiles open_files_;
  std::vector<Stream*> failing_;
  Clock::time_point last_message_{};
};

}  // namespace ringboard::writer
