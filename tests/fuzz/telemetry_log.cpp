// Whatever bytes a field has, a line is one line of valid UTF-8 and its strings are JSON strings.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "telemetry/log_format.hpp"

namespace {

using namespace pbx;

void require(bool truth) {
  if (!truth) std::abort();
}

/// The end of the JSON string that begins at `at`; every escape is one that JSON knows.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  require(text[at] == '"');
  for (++at; text[at] != '"'; ++at) {
    require(static_cast<unsigned char>(text[at]) >= 0x20);
    if (text[at] != '\\') continue;
    ++at;
    if (text[at] == 'u') {
      require(text.substr(at + 1, 4).find_first_not_of("0123456789abcdef") ==
              std::string_view::npos);
      at += 4;
    } else {
      require(std::string_view{"\"\\nrt"}.find(text[at]) != std::string_view::npos);
    }
  }
  return at + 1;
}

/// Decoding and encoding again gives the same bytes exactly when they are shortest-form UTF-8.
bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length > text.size() || (first >= 0x80 && first < 0xC2) || first > 0xF4) return false;
    std::uint32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  std::string json;
  log::append_json(json, text);
  require(end_of_string(json, 0) == json.size());
  require(is_utf8(json));
  // Nothing is replaced that need not be.
  const std::string_view replacement = "\xEF\xBF\xBD";
  const bool replaced = json.find(replacement) != std::string::npos;
  require(replaced == (!is_utf8(text) || text.find(replacement) != std::string_view::npos));

  std::string line;
  log::append_line(line, {{}, log::Level::Info, text, text, "event"}, {{"a", text}, {text, 1}});
  require(line.ends_with("}\n"));
  require(line.find('\n') == line.size() - 1);
  require(is_utf8(line));
  return 0;
}
