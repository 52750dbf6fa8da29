#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pbx::proxy {

/// Where a page of calls ended: the last one's tenant and its place among the tenant's calls. So a
/// page begins where the one before ended, whatever calls began or ended meanwhile.
struct ListToken {
  std::uint64_t tenant = 0;
  std::int64_t started_at_ms = 0;
  std::string call_id;
  std::string sip_call_id;

  friend bool operator==(const ListToken&, const ListToken&) = default;
};

std::string to_text(const ListToken& token);
std::optional<ListToken> parse_list_token(std::string_view text);

}  // namespace pbx::proxy
