#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "pbx/state/v1/binding.pb.h"
#include "proxy/domain/node.hpp"
#include "proxy/domain/target.hpp"

namespace pbx::proxy {

/// A lost node whose call goes on here: what it sent must be followed up as it would have done.
struct Predecessor {
  Home home;
  std::string via_host;  ///< How it is named in the Vias of what it sent to other nodes.
  std::uint16_t via_port = 0;
};

/// How a phone of `user` is reached: over its flow when this node holds it, else through the edge
/// node that its Path names. nullopt: not at all (a connection that is gone, a host name), or it is
/// another user's: numbers change hands, and who had this one before must not be rung. `lost`: as
/// that node saw it.
std::optional<Target> target_of(const Node& node, const state::v1::Binding& binding, UserId user,
                                std::size_t near, const Predecessor* lost = nullptr);

/// A Contact's URI as it may stand in a Request-URI: without URI headers (RFC 3261 §19.1.1, table
/// 1; §19.1.5), which nodes and phones refuse there.
std::string_view request_uri_of(std::string_view contact);

/// The Path URI for a phone that registers over `flow` (RFC 3327, RFC 5626 §5.2).
std::string path_of(const Node& node, const Flow& flow);
/// The same for a phone whose flow another node has, named by its address.
std::string path_of(const Node& node, const FlowToken& token);

}  // namespace pbx::proxy
