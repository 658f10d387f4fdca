// See columns.h.
#include "reader/columns.h"

namespace ringboard::reader {
namespace {

// Few at first: a file may have as many tags as records.
constexpr size_t kFirstRows = 4;

}  // namespace

RB_NOINLINE void Series::Grow() { Resize(capacity_ == 0 ? kFirstRows : 2 * capacity_); }

void Series::Resize(size_t capacity) {
  steps_.Resize(capacity);
  wall_times_.Resize(capacity);
  if (class_ == SeriesClass::kBodies) {
    bodies_.Resize(capacity);
  } else {
    if (has_doubles_) {
      doubles_.Resize(capacity);
    } else {
      floats_.Resize(capacity);
    }
    if (with_records_) records_.Resize(capacity);
  }
  capacity_ = capacity;
}

void Series::BecomeDoubles() {
  if (capacity_ != 0) doubles_.Resize(capacity_);
  for (size_t row = 0; row < rows_; ++row) doubles_.data()[row] = floats_.data()[row];
  std::free(floats_.Take());
  has_doubles_ = true;
}

void Series::AddDouble(double wall_time, int64_t step, double number, uint64_t record) {
  if (!has_doubles_) BecomeDoubles();
  AddNumber(wall_time, step, 0, record);
  doubles_.data()[rows_ - 1] = number;
}

void Series::AddBody(double wall_time, int64_t step, const Body& body) {
  if (rows_ == capacity_) Grow();
  steps_.data()[rows_] = step;
  wall_times_.data()[rows_] = wall_time;
  bodies_.data()[rows_] = body;
  ++rows_;
}

}  // namespace ringboard::reader
