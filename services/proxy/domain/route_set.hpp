#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "proxy/domain/node.hpp"
#include "sip/message.hpp"
#include "sip/uri.hpp"

namespace pbx::proxy {

/// What the Route values of a request mean to us (RFC 3261 §16.4).
struct RouteSet {
  std::size_t own = 0;                   ///< Values on top that name us: to be removed.
  std::optional<FlowToken> flow;         ///< Another node of ours sends it to a phone of ours.
  std::optional<DialogToken> dialog;     ///< It belongs to a dialog that we record-routed.
  bool forged = false;                   ///< Something that looks like a token, but not of ours.
  std::optional<std::string_view> next;  ///< URI of the first value that is not ours.
};
RouteSet read_routes(const Node& node, const sip::Message& request);

/// How to reach the host of a URI: its address, port and transport. nullopt: a name, or a transport
/// or address family that we do not speak. `near`: the listener to send from if it fits.
std::optional<Flow> flow_to(const Addresses& addresses, const sip::Uri& uri, std::size_t near);

}  // namespace pbx::proxy
