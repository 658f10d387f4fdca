// Shell patterns as Python's fnmatch.fnmatchcase has them: * ? [abc] [a-z] [!…]; on bytes, but `?`
// and sets take a whole UTF-8 character.
#pragma once

#include <string_view>

namespace ringboard::reader {

// In a time proportional to the product of both lengths at most.
bool Matches(std::string_view pattern, std::string_view text);

}  // namespace ringboard::reader
