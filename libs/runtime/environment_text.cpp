#include "runtime/environment_text.hpp"

#include <algorithm>
#include <cstdlib>

namespace pbx::runtime {
namespace {

bool breaks_json(std::string_view value) {
  return std::any_of(value.begin(), value.end(), [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  });
}

}  // namespace

std::vector<std::string> expand_environment(std::string& text, const Environment& environment) {
  std::vector<std::string> faults;
  std::string expanded;
  std::string_view rest = text;
  for (auto at = rest.find("${"); at != rest.npos; at = rest.find("${")) {
    expanded.append(rest.substr(0, at));
    rest.remove_prefix(at + 2);
    const auto end = rest.find('}');
    if (end == rest.npos) {
      faults.push_back("has a ${ without its }");
      return faults;
    }
    const std::string name{rest.substr(0, end)};
    rest.remove_prefix(end + 1);
    const auto value = environment(name);
    if (!value) {
      faults.push_back("uses ${" + name + "}, which is not set");
    } else if (breaks_json(*value)) {
      faults.push_back("uses ${" + name +
                       "}, whose value has a quote, backslash or control character");
    } else {
      expanded.append(*value);
    }
  }
  expanded.append(rest);
  if (faults.empty()) text = std::move(expanded);
  return faults;
}

std::optional<std::string> process_environment(const std::string& name) {
  if (const char* value = std::getenv(name.c_str())) return value;
  return std::nullopt;
}

}  // namespace pbx::runtime
