#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proxy/domain/node.hpp"
#include "proxy/domain/target.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// What is the same in all copies of a request that goes on.
struct ForwardPlan {
  std::size_t pop_routes = 0;  ///< Own Route values on top.
  std::uint32_t max_forwards = 70;
  std::uint64_t loop_hash = 0;
  std::optional<std::uint16_t> worker{};  ///< In the branch, of a call that another node began.
  bool record_route = false;  ///< The request forms a dialog whose requests are to come through us.
  bool anchor = false;        ///< And we keep its record.
  bool edge = false;          ///< For another node of ours, to a phone whose connection we hold.
  std::string identity{};     ///< The caller's, as we assert it; empty: nothing is asserted.
};

/// The request's own Max-Forwards less one, 70 when it has none.
std::uint32_t next_max_forwards(const sip::Message& request);

/// Appends `request` as it goes to `target` (RFC 3261 §16.6), `random` being its branch's.
void append_forwarded(std::string& out, const Node& node, const sip::Message& request,
                      const Flow& source, const ForwardPlan& plan, const Target& target,
                      std::uint64_t random);

/// The Record-Route values that append_forwarded() adds, topmost first: one, or two when the two
/// sides are reached over different listeners (RFC 5658). Of a dialog's record, the first is how a
/// request gets from anywhere to the callee, the last to the caller.
struct RecordRoutes {
  std::string towards_callee;
  std::string towards_caller;  ///< Empty: the same.
};
RecordRoutes record_routes(const Node& node, const sip::Message& request, const Flow& source,
                           bool anchor, const Target& target);

}  // namespace pbx::proxy
