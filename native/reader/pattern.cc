// See pattern.h.
#include "reader/pattern.h"

#include <cstddef>
#include <cstdint>

namespace ringboard::reader {
namespace {

// The character at `at`, which moves behind it; a stray byte is a character of its own.
uint32_t Next(std::string_view text, size_t* at) {
  const auto first = static_cast<uint8_t>(text[(*at)++]);
  const size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  uint32_t character = first;
  for (size_t i = 0; i < more && *at < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[*at]);
    if ((byte & 0xc0) != 0x80) break;
    character = character << 8 | byte;  // in UTF-8, this keeps characters in their order
    ++*at;
  }
  return character;
}

// Of the set that starts behind the '[' at `at - 1`; false and `at` unmoved when it has no end.
bool SetEnd(std::string_view pattern, size_t at, size_t* end) {
  if (at < pattern.size() && pattern[at] == '!') ++at;
  if (at < pattern.size() && pattern[at] == ']') ++at;
  while (at < pattern.size() && pattern[at] != ']') ++at;
  *end = at;
  return at < pattern.size();
}

bool InSet(std::string_view set, uint32_t character) {
  size_t at = 0;
  const bool negated = !set.empty() && set[0] == '!';
  if (negated) ++at;
  bool found = false;
  while (at < set.size()) {
    const uint32_t low = Next(set, &at);
    uint32_t high = low;
    if (at + 1 < set.size() && set[at] == '-') {
      ++at;
      high = Next(set, &at);
    }
    found = found || (low <= character && character <= high);
  }
  return found != negated;
}

}  // namespace

bool Matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0;
  size_t star = std::string_view::npos, star_text = 0;
  for (;;) {
    // One step of both; when it fails, the last star takes one character more.
    size_t p_next = p, t_next = t, end = 0;
    bool matched = false;
    if (p == pattern.size()) {
      if (t == text.size()) return true;
    } else if (pattern[p] == '*') {
      star = ++p;
      star_text = t;
      continue;
    } else if (t < text.size()) {
      const uint32_t wanted = Next(pattern, &p_next), character = Next(text, &t_next);
      if (wanted == '[' && SetEnd(pattern, p_next, &end)) {
        matched = InSet(pattern.substr(p_next, end - p_next), character);
        p_next = end + 1;
      } else {
        matched = wanted == '?' || wanted == character;
      }
    }
    if (matched) {
      p = p_next;
      t = t_next;
    } else {
      if (star == std::string_view::npos || star_text == text.size()) return false;
      Next(text, &star_text);
      p = star;
      t = star_text;
    }
  }
}

}  // namespace ringboard::reader
