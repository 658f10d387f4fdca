// What every fuzz target is linked with: libFuzzer's entry, and checks that end the process.
#include <cstdlib>

#include "fuzz.h"

namespace ringboard::testing {
namespace {

std::vector<std::string>& InfoStack() {
  static std::vector<std::string> stack;
  return stack;
}

}  // namespace

void Fail(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  for (const std::string& info : InfoStack()) std::fprintf(stderr, "    with %s\n", info.c_str());
  std::abort();
}

Info::Info(std::string line) { InfoStack().push_back(std::move(line)); }
Info::~Info() { InfoStack().pop_back(); }

}  // namespace ringboard::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ringboard::fuzz::Input input(data, size);
  ringboard::fuzz::Target(input);
  return 0;
}
