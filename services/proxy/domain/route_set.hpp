#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "proxy/domain/node.hpp"
#include "sip/message.hpp"
#include "sip/uri.hpp"

namespace pbx::proxy {

/// What the Route values of a request mean to us (RFC 3261 §16.4). One whose token is of this
/// cluster and for this request is ours, whatever its host: the node that wrote it may be gone.
struct RouteSet {
  std::size_t own = 0;            ///< Values on top that name nodes of ours: to be removed.
  std::optional<FlowToken> flow;  ///< For a phone that this node holds, says another node …
  /// … of ours, as its seal of that time proves, in seconds since 1970: it has judged the request.
  std::optional<std::uint32_t> sealed_s;
  bool end_to_end = false;            ///< The sealed ACK is that of a 2xx.
  std::optional<DialogToken> dialog;  ///< It belongs to a dialog that we record-routed.
  std::size_t before = 0;             ///< Of `own`: above that token; the marks of other nodes.
  bool from_caller = false;           ///< Of that dialog.
  bool forged = false;                ///< Something like a token, but not of ours or not for this.
  bool more = false;                  ///< A value that is not ours follows.
};
/// Of a sealed Route: what it leads to the phone is the ACK of a 2xx, not one of its first hop.
inline constexpr std::string_view kEndToEnd = "e2e";

RouteSet read_routes(const Node& node, const sip::Message& request);

/// The node that a Record-Route of ours in the dialog with this Call-ID and caller's tag names;
/// nullopt: it is not of ours, or not of that dialog.
std::optional<Home> home_of(const Node& node, std::string_view route_uri, std::string_view call_id,
                            std::string_view caller_tag);

/// How to reach another node. nullopt: over a transport or address family that we do not speak.
std::optional<Flow> flow_to(const Addresses& addresses, const Home& home, std::size_t near);

}  // namespace pbx::proxy
