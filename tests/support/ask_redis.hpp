#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pbx::test {

/// The reply of the server on 127.0.0.1:`port` to one command, over a connection of its own; the
/// elements of arrays are joined by spaces. Empty when there is none; errors begin with a dash.
std::string ask_redis(std::uint16_t port, const std::vector<std::string>& words);

/// The same, and throws when the reply is an error or missing.
std::string tell_redis(std::uint16_t port, const std::vector<std::string>& words);

/// Looks every few milliseconds until `condition` holds; throws `what` after 20 s.
void wait_for(const std::string& what, const std::function<bool()>& condition);

}  // namespace pbx::test
