// An Event's fields, as far as the columns need them: which values it holds, where each one's bytes
// are, and the numbers of scalars however they were written.
//
// Merging and oneofs follow protobuf: the last of a repeated field counts, repeated messages merge,
// a later member of a oneof drops the earlier one.  Files of field numbers: wire/fields.h.
//
// Threads: one owner at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/cursor.h"

namespace ringboard::reader {

// Which member of Summary.Value's oneof is set.
enum class Form : uint8_t {
  kNone,  // as hparams' session info: all that counts is in the metadata
  kSimple,
  kOldHistogram,
  kImage,
  kHistogram,
  kAudio,
  kTensor,
  // What is no Summary.Value, but a field of the Event.
  kGraph,
  kMetaGraph,
  kRunMetadata,
};

// Which member of Event's oneof is set.
enum class What : uint8_t {
  kNothing,
  kFileVersion,
  kGraph,
  kSummary,
  kLogMessage,
  kSessionLog,
  kRunMetadata,
  kMetaGraph,
};

struct Value {
  std::string tag;
  Form form = Form::kNone;
  // form is kSimple, or a kTensor of one number.
  bool is_number = false;
  bool is_double = false;  // more than a float holds
  double number = 0;
  // Where a number stands that is a float or a double (4 or 8 bytes) in the payload, alone of what
  // the value's bytes say; 0 bytes for all others.
  uint64_t number_at = 0;
  uint8_t number_bytes = 0;
  bool has_metadata = false;
  std::string metadata;  // serialized SummaryMetadata
  std::string plugin;    // its plugin_data.plugin_name
  // Where the value's message stands, in the payload.
  uint64_t offset = 0;
  uint64_t length = 0;

  void Clear();
};

struct Event {
  double wall_time = 0;
  int64_t step = 0;
  What what = What::kNothing;
  std::string text;             // kFileVersion: the version; kSessionLog: its message
  uint64_t session_status = 0;  // kSessionLog
  std::string source_writer;    // beside any What
  // kSummary; one, with form kGraph, kMetaGraph or kRunMetadata, for those.  Only the first
  // value_count count: what lies behind them keeps its memory for the next event.
  std::vector<Value> values;
  size_t value_count = 0;

  void Clear();
  Value& AddValue();
};

// False when the bytes are no Event; what `event` holds is then of no use.
bool ParseEvent(Cursor& cursor, Event* event);

}  // namespace ringboard::reader
