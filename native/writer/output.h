// From pending bytes to files.  A write that fails loses nothing: the bytes stay pending, the next
// attempt comes after a growing pause and goes on at the exact byte, and stderr hears of it at most
// once a second.
//
// A file that was deleted meanwhile (its directory with it, perhaps) is noticed within a second of
// the next write or flush.  What is pending then, whole records, and all that follows goes to a new
// file of the same name, which begins as the first one did.  Only names that are free are taken:
// what others put there stays, and counts as a failure.
//
// A stream with a Rotation goes on in another file when its file is full or old enough.  Where no
// new file can be made, the one at hand takes what comes, and a second later it is tried again.
//
// Threads: the writer thread's own, but for watch().
#pragma once

#include <string>
#include <vector>

#include "segment/segment.h"
#include "writer/call_watch.h"
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
  // Finds out now whether the file is still there, instead of within a second.
  void LookAgain(Stream* stream);
  // Makes what is in the file durable, its name included.
  void Sync(Stream* stream);
  // The same for the streams that want it every so often and whose time it is.
  void SyncDue(bool now_due);
  // How long nothing needs to be done here, at most `limit`.
  Clock::duration Idle(Clock::duration limit) const;
  void Close(Stream* stream);
  OpenFiles& open_files() { return open_files_; }
  const CallWatch& watch() const { return watch_; }

  const std::vector<Stream*>& failing() const { return failing_; }
  void Forget(Stream* stream);

 private:
  void Written(Stream* stream);
  // Writes what is pending, in pieces, and remembers how far it came.
  int WritePending(Stream* stream, int fd, CallWatch::Call* call);
  // The stream's descriptor, of a new file if need be; -1 and *error, *call when that fails.
  int Open(Stream* stream, int* error, const char** call);
  int Remake(Stream* stream);  // 0 or an errno
  // Up to where the stream's file takes what is pending from `from` on, where a record begins.
  static size_t FileTakes(const Stream& stream, size_t from);
  // Returns the descriptor of the file to go on in: a new one, or `fd` if none can be made.
  int BeginFile(Stream* stream, int fd);
  int MakeFile(Stream* stream, const std::string& head, std::string* path, io::OpenResult* made);
  int SyncEarlier(Stream* stream);
  void Deleted(Stream* stream);
  void MarkUnsynced(Stream* stream);
  static void SetPending(Stream* stream);
  // Whether a line may go to stderr: at most one a second does.
  bool MayTell();
  void Failed(Stream* stream, int error, const char* call);
  void Recovered(Stream* stream);

  io::FileSystem* const files_;
  segment::Segment* const segment_;
  OpenFiles open_files_;
  CallWatch watch_;
  std::vector<Stream*> failing_;
  std::vector<Stream*> unsynced_;
  Clock::time_point last_message_{};
  uint64_t deletions_untold_ = 0;
};

}  // namespace ringboard::writer
