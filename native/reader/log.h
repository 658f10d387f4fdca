// An event file as columns: a sink of the scanner that keeps each tag's rows.
//
// Kept are numbers (scalars, whichever way they were written) and, of everything else, where each
// value stands in the file, for decoding when somebody asks.  The columns are all that grows with
// the file.
//
// Threads: one owner at a time.  Out of memory is std::bad_alloc.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reader/columns.h"
#include "reader/event.h"
#include "reader/scanner.h"

namespace ringboard::reader {

struct Wanted {
  // Tags that match one of these (pattern.h); all, when `all_tags`.
  bool all_tags = true;
  std::vector<std::string> patterns;
  bool numbers = true, bodies = true;
  // Rows below either are left out; a wall time of NaN never is.
  int64_t least_step = std::numeric_limits<int64_t>::min();
  double least_wall_time = -std::numeric_limits<double>::infinity();
  // Keep each number's record's offset, as bodies have it.
  bool records = false;
};

// An event that is no value, but tells of the file.
struct Marker {
  What what;  // kFileVersion, kSessionLog, kLogMessage; a kSummary without values, with `records`
  uint64_t record;
  double wall_time;
  int64_t step;
  uint64_t status;   // of a session log
  std::string text;  // the version, or the session log's message
};

class Log final : public RecordSink {
 public:
  explicit Log(Wanted wanted);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void OnRecord(uint64_t offset, const uint8_t* payload, size_t size) override;
  void OnLongRecord(uint64_t offset, uint64_t size, Source& source) override;

  // In the order of their first value.
  const std::vector<std::unique_ptr<Series>>& series() const { return series_; }
  std::vector<Marker>& markers() { return markers_; }
  // Payloads that are no Event: offset and length of their records.
  std::vector<Problem>& problems() { return problems_; }
  const std::string& source_writer() const { return source_writer_; }

 private:
  // What is known of a tag; a tag with numbers and bodies has both.
  struct Tag {
    Series* numbers = nullptr;
    Series* bodies = nullptr;
    std::string plugin;  // of the first metadata
    bool has_metadata = false;
    bool wanted = true;
  };
  // Seeded, so that nobody can make a file all of whose tags collide.
  struct Hash {
    using is_transparent = void;
    uint64_t seed;
    size_t operator()(std::string_view text) const;
  };

  bool TryScalar(uint64_t offset, const uint8_t* payload, size_t size);
  bool TryScalars(uint64_t offset, const uint8_t* at, const uint8_t* end, double wall_time,
                  int64_t step);
  Series* NumbersOf(std::string_view tag);
  Tag& Find(std::string_view tag);
  Series* MakeSeries(std::string_view tag, Tag* known, SeriesClass series_class);
  // Whether there are values.
  bool AddEvent(uint64_t offset, uint64_t size, Cursor cursor);
  void LearnFromEvent(const uint8_t* payload, size_t size);
  static void Learn(Series* series, const uint8_t* summary, const uint8_t* number,
                    size_t number_bytes, const uint8_t* end);
  void AddValue(uint64_t record, const Value& value);
  bool Passes(int64_t step, double wall_time) const {
    return step >= wanted_.least_step && !(wall_time < wanted_.least_wall_time);
  }
  void AddFloat(Series* series, double wall_time, int64_t step, float value, uint64_t record) {
    if (!series->wanted() || !Passes(step, wall_time)) return;
    series->AddNumber(wall_time, step, value, record);
  }

  const Wanted wanted_;
  std::unordered_map<std::string, Tag, Hash, std::equal_to<>> tags_;
  std::vector<std::unique_ptr<Series>> series_;
  Series* last_;     // whose number came last
  Series anywhere_;  // before the first
  Event event_;
  std::vector<std::pair<Series*, float>> batch_;
  std::vector<Marker> markers_;
  std::vector<Problem> problems_;
  std::string source_writer_;
};

}  // namespace ringboard::reader
