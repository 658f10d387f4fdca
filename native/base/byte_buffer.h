// A growable run of bytes that does not zero what it grows by (std::vector does, and for an event
// stream that doubles the memory traffic).
//
// Threads: none of its own; one owner at a time.
// Out of memory is a return value, never an exception: the writer thread has nobody to throw to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ringboard {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ByteBuffer(ByteBuffer&& other) noexcept { Swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~ByteBuffer() { std::free(data_); }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }

  // Room for `extra` more bytes behind size().  Returns where they start, or nullptr when there is
  // no memory (the contents are then as before).  Pointers from earlier calls die.
  uint8_t* Reserve(size_t extra) {
    if (extra > capacity_ - size_ && !Grow(extra)) return nullptr;
    return data_ + size_;
  }
  // Counts `count` bytes that were written behind size() after a Reserve.
  void Advance(size_t count) { size_ += count; }

  [[nodiscard]] bool Append(const void* bytes, size_t count) {
    if (count == 0) return true;
    uint8_t* to = Reserve(count);
    if (to == nullptr) return false;
    std::memcpy(to, bytes, count);
    size_ += count;
    return true;
  }

  void Truncate(size_t size) { size_ = size; }
  void Clear() { size_ = 0; }
  void Free() {
    std::free(data_);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }
  // The malloc'ed memory itself, now the caller's to free; the buffer is empty again.
  uint8_t* TakeMemory() {
    size_ = capacity_ = 0;
    return std::exchange(data_, nullptr);
  }
  // Drops the first `count` bytes (what has been written out), keeping the rest.
  void DropFront(size_t count) {
    std::memmove(data_, data_ + count, size_ - count);
    size_ -= count;
  }
  void Swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  bool Grow(size_t extra) {
    if (extra > SIZE_MAX / 2 - size_) return false;
    size_t wanted = size_ + extra;
    size_t grown = capacity_ + capacity_ / 2;
    if (grown < wanted) grown = wanted;
    if (grown < 256) grown = 256;
    auto* data = static_cast<uint8_t*>(std::realloc(data_, grown));
    if (data == nullptr) return false;
    data_ = data;
    capacity_ = grown;
    return true;
  }

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace ringboard
