// Which event files this user's processes still write to, or died without having written whole: as
// long as a segment names a file, there may be bytes that it lacks.
//
// Threads: any.
#pragma once

#include <string>
#include <vector>

#include "io/file_system.h"

namespace ringboard::recovery {

// Those of all segments below `root`.  What can't be read is passed over.
std::vector<io::FileIdentity> FilesInUse(const std::string& root);

}  // namespace ringboard::recovery
