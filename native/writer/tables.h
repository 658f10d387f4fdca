// The streams and series of a core, by number, and the one mutex over their making and unmaking.
#pragma once

#include <mutex>

#include "writer/id_table.h"
#include "writer/stream.h"

namespace ringboard::writer {

struct Tables {
  std::mutex mutex;  // for Add, Remove, size and Stream::series_ids; Get needs none (id_table.h)
  IdTable<Stream> streams;
  IdTable<Series> series;

  void Remove(Stream* stream) {
    std::lock_guard lock(mutex);
    for (uint32_t id : stream->series_ids) series.Remove(id);
    streams.Remove(stream->id);
  }
};

}  // namespace ringboard::writer
