// What is read of one tag: its rows, column by column.
//
// Threads: one owner at a time.  Out of memory is std::bad_alloc; the bindings turn it into an
// exception of Python's.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#include "base/platform.h"
#include "reader/event.h"

namespace ringboard::reader {

// Numbers that are appended one by one and then given away.  Room for all columns of a series is
// made at once, so that appending a row checks it once.
template <typename T>
class Column {
 public:
  Column() = default;
  ~Column() { std::free(data_); }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  void Resize(size_t capacity) {
    void* const data = std::realloc(static_cast<void*>(data_), capacity * sizeof(T));
    if (data == nullptr) throw std::bad_alloc();
    data_ = static_cast<T*>(data);
  }
  // malloc'ed memory, now the caller's to free.
  T* Take() { return std::exchange(data_, nullptr); }

 private:
  T* data_ = nullptr;
};

// All rows of a series are numbers, or all are places of bodies.
enum class SeriesClass : uint8_t { kNumbers, kBodies };

struct Body {
  uint64_t record;  // the record's offset in the file
  uint32_t offset;  // of the value's message in the record's payload
  uint32_t length;
};

class Series {
 public:
  Series(std::string tag, SeriesClass series_class, bool wanted, bool with_records)
      : tag_(std::move(tag)), class_(series_class), wanted_(wanted), with_records_(with_records) {}

  const std::string& tag() const { return tag_; }
  SeriesClass series_class() const { return class_; }
  bool wanted() const { return wanted_; }
  size_t rows() const { return rows_; }
  bool has_doubles() const { return has_doubles_; }

  RB_ALWAYS_INLINE void AddNumber(double wall_time, int64_t step, float number, uint64_t record) {
    if (rows_ == capacity_) Grow();
    steps_.data()[rows_] = step;
    wall_times_.data()[rows_] = wall_time;
    if (has_doubles_) {
      doubles_.data()[rows_] = number;
    } else {
      floats_.data()[rows_] = number;
    }
    if (with_records_) records_.data()[rows_] = record;
    ++rows_;
  }
  void AddDouble(double wall_time, int64_t step, double number, uint64_t record);
  void AddBody(double wall_time, int64_t step, const Body& body);

  Column<int64_t>& steps() { return steps_; }
  Column<double>& wall_times() { return wall_times_; }
  Column<float>& floats() { return floats_; }       // kNumbers, until there are doubles
  Column<double>& doubles() { return doubles_; }    // kNumbers with has_doubles()
  Column<uint64_t>& records() { return records_; }  // kNumbers, if asked for
  Column<Body>& bodies() { return bodies_; }        // kBodies
  // After the columns were taken: the series goes on with none.
  void Restart() { rows_ = capacity_ = 0, has_doubles_ = false; }
  // Gives back what was only room.
  void Shrink() {
    if (rows_ != 0 && rows_ < capacity_) Resize(rows_);
  }

  // What came with the first value that had any; see event.h.
  bool has_metadata = false;
  std::string metadata;
  std::string plugin;
  Form form = Form::kNone;  // of the first value

  // For Log's fast path: what the last scalar's payload held around its number, behind the step,
  // and which series was met after this one the last time.
  struct Shape {
    std::string before, after;
    size_t number_bytes = 0;  // 4 or 8; 0: no shape is known
    size_t bytes() const { return before.size() + number_bytes + after.size(); }
  };
  Shape shape;
  Series* next = nullptr;

 private:
  void Grow();
  void Resize(size_t capacity);
  void BecomeDoubles();

  std::string tag_;
  SeriesClass class_;
  bool wanted_, with_records_;
  bool has_doubles_ = false;
  size_t rows_ = 0, capacity_ = 0;
  Column<int64_t> steps_;
  Column<double> wall_times_;
  Column<float> floats_;
  Column<double> doubles_;
  Column<uint64_t> records_;
  Column<Body> bodies_;
};

}  // namespace ringboard::reader
