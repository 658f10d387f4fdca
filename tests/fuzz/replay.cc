// Stands in for libFuzzer where there is no clang: runs a target over files and directories of
// them. A crash names its input: each file's name is printed before it runs when
// RINGBOARD_FUZZ_VERBOSE is set, and a failed check is followed by abort().
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

std::vector<std::filesystem::path> FilesOf(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  const bool verbose = std::getenv("RINGBOARD_FUZZ_VERBOSE") != nullptr;
  size_t count = 0;
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (int i = 1; i < argc; ++i) {
    for (const auto& file : FilesOf(argv[i])) {
      if (verbose) std::fprintf(stderr, "%s\n", file.c_str());
      std::ifstream in(file, std::ios::binary);
      const std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
      // A copy of exactly that size, so that a sanitizer sees one byte too far.
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      ++count;
    }
  }
  if (count == 0) std::fprintf(stderr, "no seeds: `make -C native corpus-<name>` makes them\n");
  std::printf("%zu seeds pass\n", count);
  return count == 0 ? 1 : 0;
}
