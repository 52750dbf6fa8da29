#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "pbx/common/v1/page.pb.h"
#include "provisioning/domain/outcome.hpp"

namespace pbx::provisioning {

/// One page of a list that is ordered by id; `after` is the last id of the page before, 0 at first.
struct Page {
  std::uint32_t size = 100;
  std::uint64_t after = 0;
};

inline Outcome<Page> page_of(const common::v1::PageRequest& request) {
  Page page;
  if (request.size() > 1000) return invalid("page.size: use 1,000 at most");
  if (request.size() != 0) page.size = request.size();
  const auto& token = request.token();
  if (token.empty()) return page;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), page.after);
  if (error != std::errc{} || end != token.data() + token.size()) {
    return invalid("page.token: use next_token of the page before");
  }
  return page;
}

}  // namespace pbx::provisioning
