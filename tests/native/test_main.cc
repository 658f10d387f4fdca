// See test.h.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cpu/features.h"
#include "test.h"

namespace ringboard::testing {
namespace {

int failures_in_case = 0;
std::vector<std::string>& InfoStack() {
  static std::vector<std::string> stack;
  return stack;
}

bool Wanted(const char* name, int argc, char** argv) {
  if (argc < 2) return true;
  for (int i = 1; i < argc; ++i) {
    if (std::strstr(name, argv[i]) != nullptr) return true;
  }
  return false;
}

}  // namespace

std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}

void Fail(const char* file, int line, const std::string& what) {
  constexpr int kShown = 20;  // a kernel that is wrong everywhere should not fill the disk
  if (++failures_in_case > kShown) return;
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  for (const std::string& info : InfoStack()) std::fprintf(stderr, "    with %s\n", info.c_str());
}

Info::Info(std::string line) { InfoStack().push_back(std::move(line)); }
Info::~Info() { InfoStack().pop_back(); }

GuardedBytes::GuardedBytes(size_t size) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t inner = (size + page - 1) / page * page + (size == 0 ? page : 0);
  void* mapped = mmap(nullptr, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) std::abort();
  begin_ = static_cast<uint8_t*>(mapped) + page;
  end_ = begin_ + inner;
  if (mprotect(begin_, inner, PROT_READ | PROT_WRITE) != 0) std::abort();
}
GuardedBytes::~GuardedBytes() {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  munmap(begin_ - page, static_cast<size_t>(end_ - begin_) + 2 * page);
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "ringboard_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}
TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;  // a leftover directory in TMPDIR fails no test
  std::filesystem::remove_all(path_, ignored);
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace ringboard::testing

int main(int argc, char** argv) {
  using namespace ringboard::testing;
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    for (const Case& test : Cases()) std::printf("%s\n", test.name);
    return 0;
  }
  if (const auto status = ringboard::cpu::OverrideStatus(); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return 2;
  }
  int passed = 0, failed = 0;
  for (const Case& test : Cases()) {
    if (!Wanted(test.name, argc, argv)) continue;
    failures_in_case = 0;
    test.body();
    if (failures_in_case == 0) {
      ++passed;
    } else {
      ++failed;
      std::fprintf(stderr, "FAILED %s (%d checks)\n", test.name, failures_in_case);
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
