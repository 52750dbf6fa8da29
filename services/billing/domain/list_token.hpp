#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pbx::billing {

/// Where a page of CDRs ended: the last one's start and call id.
struct ListToken {
  std::int64_t started_at_ms = 0;
  std::string call_id;

  friend bool operator==(const ListToken&, const ListToken&) = default;
};

std::string to_text(const ListToken& token);
std::optional<ListToken> parse_token(std::string_view text);

}  // namespace pbx::billing
