#pragma once

#include <cstddef>
#include <string_view>

namespace pbx {

/// The path of the account above all, which is the scope of the whole platform.
inline constexpr std::string_view kPlatformPath = "1";

/// "1.4.9": ids of accounts from the platform down.
inline bool is_account_path(std::string_view text) {
  constexpr std::size_t kLongest = 1000;
  bool digit_expected = true;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (c == '.' ? digit_expected : !digit) return false;
    digit_expected = c == '.';
  }
  return !digit_expected && text.size() <= kLongest;
}

/// Whether the account at `path` is that of `scope` or lies below it.
inline bool lies_within(std::string_view path, std::string_view scope) {
  return path.starts_with(scope) && (path.size() == scope.size() || path[scope.size()] == '.');
}

}  // namespace pbx
