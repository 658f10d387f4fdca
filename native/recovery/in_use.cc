// See in_use.h.
#include "recovery/in_use.h"

#include "io/shared_memory.h"
#include "segment/layout.h"
#include "segment/names.h"

namespace ringboard::recovery {
namespace {

constexpr uint64_t kMostNamesBytes = uint64_t{4} << 30;

std::string ReadNames(const std::string& segment) {
  const io::OpenedFile opened = io::OpenPrivateFile(segment + "/" + segment::kNamesFile);
  if (opened.error != 0) return {};
  std::string bytes(opened.size <= kMostNamesBytes ? opened.size : 0, '\0');
  if (io::ReadAt(opened.fd, 0, bytes.data(), bytes.size()) != 0) bytes.clear();
  io::CloseFile(opened.fd);
  return bytes;
}

}  // namespace

std::vector<io::FileIdentity> FilesInUse(const std::string& root) {
  std::vector<io::FileIdentity> files;
  for (const std::string& name : io::NamesIn(root)) {
    const std::string segment = root + "/" + name;
    if (!name.starts_with(io::PrivateDirectoryPrefix()) ||
        io::CheckPrivateDirectory(segment) != 0) {
      continue;
    }
    segment::Names names;
    segment::ParseNames(ReadNames(segment), &names);
    for (const auto& [id, stream] : names.streams) {
      if (!stream.path.empty()) files.push_back({stream.device, stream.inode});
    }
  }
  return files;
}

}  // namespace ringboard::recovery
