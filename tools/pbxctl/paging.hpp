#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <limits>
#include <string>

#include "pbxctl/client.hpp"
#include "pbxctl/refusal.hpp"

namespace pbx::pbxctl {

inline constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

/// Asks for page after page and hands each item, which the response's member `items` gives, to
/// `take`, at most `limit` of them. False: there are more.
template <class Request, class Response, class Item, class Take>
bool each(Client& client, Request request,
          google::protobuf::RepeatedPtrField<Item>* (Response::*items)(), std::uint64_t limit,
          Take take) {
  constexpr std::uint64_t kLargestPage = 500;
  for (;;) {
    // One more than wanted tells whether there are more.
    const auto wanted = limit < kLargestPage ? limit + 1 : kLargestPage;
    request.mutable_page()->set_size(static_cast<std::uint32_t>(wanted));
    auto response = client.list(request);
    for (auto& item : *(response.*items)()) {
      if (limit == 0) return false;
      take(item);
      --limit;
    }
    if (response.next_token().empty()) return true;
    if (response.next_token() == request.page().token()) {
      throw Refusal{"the list does not end: the service gives the same page again"};
    }
    request.mutable_page()->set_token(response.next_token());
  }
}

}  // namespace pbx::pbxctl
