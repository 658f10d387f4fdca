// What a living process keeps for those who come after its death: layout.h says what and why.
//
// Threads: Define… and Keep… may be called from any thread; BeginBatch, Intend, Spill and Forget
// are the writer thread's.  Nothing here waits for anything but the memory's own file system.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/status.h"
#include "segment/layout.h"
#include "segment/names.h"
#include "sync/ring.h"

namespace ringboard::segment {

class Segment {
 public:
  // Makes one below `root` for a ring of `ring_bytes`, a power of two; all the memory that it will
  // need for the ring is reserved when this returns.
  static Status Make(const std::string& root, size_t ring_bytes, std::unique_ptr<Segment>* made);
  // Lets go of the memory; the files stay, unless Remove() came before.
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  const std::string& path() const { return path_; }
  size_t ring_bytes() const { return mapped_bytes_ - kHeaderBytes; }
  sync::Cell* cells() const { return cells_; }
  sync::Marks* marks() const { return &header_->marks; }

  // --- names, before the first record that uses them --------------------------------------------
  bool DefineStream(uint32_t id, const StreamName& stream);  // false: it could not be kept
  void DefineSeries(uint32_t id, uint32_t stream, uint8_t style, std::string_view tag);
  void Forget(uint32_t stream);

  // --- the current batch ------------------------------------------------------------------------
  void BeginBatch();
  // The stream's part of this batch begins at `offset` of the stream (StreamName::base).  Not more
  // than kMaxIntents a batch.
  void Intend(uint32_t stream, int64_t offset);
  bool CanIntend() const { return header_->intents.load(std::memory_order_relaxed) < kMaxIntents; }

  // --- what is pending because its file fails ---------------------------------------------------
  // `size` pending bytes are to stand at `offset` of the stream.  What was spilled of them
  // before is not written again.
  void Spill(uint32_t stream, int64_t offset, const uint8_t* bytes, size_t size);
  // Nothing is pending any more.
  void Unspill(uint32_t stream);
  bool HasSpilled(uint32_t stream) const { return spills_.contains(stream); }

  // --- events that are too large for the ring ---------------------------------------------------
  // Returns their number, or 0 when there is no room to keep them.
  uint64_t KeepFar(const uint8_t* bytes, size_t size);
  void RemoveFar(uint64_t number);

  // All is in its files: nothing to recover.  The ring's memory stays until the destructor.
  void Remove();
  // In a forked child: the parent's descriptors are not ours.  Only calls close(2).
  void CloseInForkedChild();

 private:
  struct SpillFile {
    int64_t offset;  // of the first byte, in the stream
    uint64_t bytes;
  };

  Segment() = default;
  Status Create(const std::string& root, size_t ring_bytes);
  int CreateRing(size_t ring_bytes);
  bool AppendName(const std::string& entry);
  void CompactNames();
  void CannotKeep(const char* what, int error);
  std::string FileName(const char* stem, uint64_t number) const;

  std::string path_;
  Header* header_ = nullptr;
  sync::Cell* cells_ = nullptr;
  size_t mapped_bytes_ = 0;
  int ring_fd_ = -1;  // holds the lock

  std::mutex names_mutex_;
  int names_fd_ = -1;
  uint64_t names_bytes_ = 0;
  uint64_t names_bytes_when_compact_ = 0;

  std::unordered_map<uint32_t, SpillFile> spills_;  // the writer thread's
  std::atomic<uint64_t> next_far_{1};
  std::atomic<bool> removed_{false};
};

}  // namespace ringboard::segment
