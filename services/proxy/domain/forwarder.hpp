#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/domain/node.hpp"
#include "proxy/domain/target.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// What a branch says of the node that made it.
struct Origin {
  std::uint16_t worker = 0;
  std::uint8_t key = 0;
  std::uint16_t listener = 0;  ///< Name of the one that the request came by.
};

/// What is the same in all copies of a request that goes on.
struct ForwardPlan {
  std::size_t pop_routes = 0;  ///< Own Route values on top.
  std::uint32_t max_forwards = 70;
  std::uint64_t loop_hash = 0;
  std::optional<Origin> origin{};  ///< In the branch; of a call that another node began, its.
  std::uint32_t at_s = 0;          ///< When the request came, in seconds since 1970; 0: now.
  /// The request forms a dialog whose requests are to come through us: of what kind, and whose.
  std::optional<DialogToken> record_route{};
  std::optional<Home> first_hop{};  ///< The node of ours that keeps the call, when it came by it.
  bool edge = false;       ///< From another node of ours, to a phone whose connection we hold.
  std::string from{};      ///< Value of From instead of the request's; empty: as it is.
  std::string identity{};  ///< The caller's, for targets that are told; empty: nothing is asserted.
};

/// The request's own Max-Forwards less one, 70 when it has none.
std::uint32_t next_max_forwards(const sip::Message& request);

/// The branch of a copy of `request`, which came from `source`; `random` is its own. Signed: any
/// node knows the responses to it. The same from the same values on all nodes.
std::string branch_of(const Node& node, const sip::Message& request, const Flow& source,
                      const ForwardPlan& plan, std::uint64_t random);

/// The flow that leads to `target`, from whichever node.
FlowToken token_of(const Node& node, const Target& target);
/// The same to who sent `invite`: behind somebody else's proxy a caller is reached through that.
FlowToken caller_token(const Node& node, const sip::Message& invite, const Flow& source);

/// Appends `request` as it goes to `target` (RFC 3261 §16.6), with a branch of branch_of().
void append_forwarded(std::string& out, const Node& node, const sip::Message& request,
                      const Flow& source, const ForwardPlan& plan, const Target& target,
                      std::string_view branch);

/// The Record-Route values that append_forwarded() adds, topmost first: one, or two when the two
/// sides are reached over different listeners (RFC 5658). Of a dialog's record, the first is how a
/// request gets from anywhere to the callee, the last to the caller.
struct RecordRoutes {
  std::string towards_callee;
  std::string towards_caller;  ///< Empty: the same.
};
RecordRoutes record_routes(const Node& node, const sip::Message& request, const Flow& source,
                           const ForwardPlan& plan, const Target& target);

}  // namespace pbx::proxy
