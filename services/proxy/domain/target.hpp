#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proxy/domain/flow.hpp"

namespace pbx::proxy {

/// One place that a request is sent to.
struct Target {
  std::string request_uri;
  std::vector<std::string> routes;  ///< Put above the request's own Routes, first on top.
  Flow flow;                        ///< The next hop.
  /// The next hop is the phone itself, over the flow that it registered with: later requests of the
  /// dialog take the same flow.
  bool phone = false;
  /// The next hop is another node of ours, which holds the phone's flow: it goes there sealed.
  bool node = false;
  bool told = false;         ///< Of the caller's identity.
  std::uint64_t branch = 0;  ///< Random part of its branch; 0: any.
  /// How the Via names us: as a lost node did whose call this is. Empty: as the listener does.
  std::string via_host{};
  std::uint16_t via_port = 0;
};

}  // namespace pbx::proxy
