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
  std::size_t own = 0;                ///< Values on top that name us: to be removed.
  std::optional<FlowToken> flow;      ///< For a phone that this node holds, says another node …
  bool sealed = false;                ///< … of ours, as its seal proves.
  std::optional<DialogToken> dialog;  ///< It belongs to a dialog that we record-routed.
  bool from_caller = false;           ///< Of that dialog.
  bool forged = false;                ///< Something like a token, but not of ours or not for this.
  bool more = false;                  ///< A value that is not ours follows …
  std::optional<Home> next;           ///< … which is another node's, of the same dialog.
};
RouteSet read_routes(const Node& node, const sip::Message& request);

/// The node that a Record-Route of ours in the dialog with this Call-ID and caller's tag names;
/// nullopt: it is not of ours, or not of that dialog.
std::optional<Home> home_of(const Node& node, std::string_view route_uri, std::string_view call_id,
                            std::string_view caller_tag);

/// How to reach another node. nullopt: over a transport or address family that we do not speak.
std::optional<Flow> flow_to(const Addresses& addresses, const Home& home, std::size_t near);
/// The same for the host of a URI: its address, port and transport. nullopt: a name, too. `near`:
/// the listener to send from if it fits.
std::optional<Flow> flow_to(const Addresses& addresses, const sip::Uri& uri, std::size_t near);

}  // namespace pbx::proxy
