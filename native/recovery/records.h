// Whether a record out of an untrusted ring may be given to the encoder.
#pragma once

#include <cstdint>

#include "sync/ring.h"

namespace ringboard::recovery {

// What a record says of itself fits into its cells.
bool IsWhole(const sync::Record& record);

}  // namespace ringboard::recovery
