// Numbers for objects: Add and Remove under a mutex of the owner's, Get from the writer thread
// without.
//
// Get(id) is safe without a lock because an id reaches the writer thread only through the ring: the
// Add happens before the Commit of any record that names the id, and that before the Peek.  Entries
// live in chunks that never move.  An id is used again after Remove.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ringboard::writer {

template <typename T>
class IdTable {
 public:
  static constexpr size_t kChunkEntries = 1024;
  static constexpr size_t kMaxEntries = kChunkEntries * 4096;

  bool full() const { return free_ids_.empty() && next_ == kMaxEntries; }

  // The id that the next Add will return; not to be called when full().
  uint32_t NextId() const { return free_ids_.empty() ? next_ : free_ids_.back(); }

  uint32_t Add(std::unique_ptr<T> entry) {
    const uint32_t id = NextId();
    if (free_ids_.empty()) {
      ++next_;
    } else {
      free_ids_.pop_back();
    }
    auto& chunk = chunks_[id / kChunkEntries];
    if (!chunk) chunk = std::make_unique<Chunk>();
    (*chunk)[id % kChunkEntries] = std::move(entry);
    ++size_;
    return id;
  }

  void Remove(uint32_t id) {
    (*chunks_[id / kChunkEntries])[id % kChunkEntries].reset();
    free_ids_.push_back(id);
    --size_;
  }

  T* Get(uint32_t id) const { return (*chunks_[id / kChunkEntries])[id % kChunkEntries].get(); }
  size_t size() const { return size_; }

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (uint32_t id = 0; id < next_; ++id) {
      if (T* entry = Get(id)) visit(*entry);
    }
  }

 private:
  using Chunk = std::array<std::unique_ptr<T>, kChunkEntries>;
  std::array<std::unique_ptr<Chunk>, kMaxEntries / kChunkEntries> chunks_;
  std::vector<uint32_t> free_ids_;
  uint32_t next_ = 0;
  size_t size_ = 0;
};

}  // namespace ringboard::writer
