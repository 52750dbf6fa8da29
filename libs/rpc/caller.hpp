#pragma once

#include <string>

namespace pbx::rpc {

/// Who makes a call, and on whose behalf. All of it is signed by `identity`: for a person or a
/// program it is `identity` who has checked them.
struct Caller {
  std::string actor{};     ///< "alice@north", for the history; empty: the service itself.
  std::string scope{};     ///< An account path, "1.4"; empty: the whole platform.
  std::string identity{};  ///< "proxy", "operator"; set by the server that has checked it.
};

}  // namespace pbx::rpc
