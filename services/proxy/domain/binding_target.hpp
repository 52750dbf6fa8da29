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

/// Whose flows count as this node's own.
enum class Holding : std::uint8_t {
  All,   ///< Of every listener.
  Near,  ///< Of the host of `near` alone, as for the node that had this address and died.
};

/// How a phone of `user` is reached: over its flow when this node holds it, else through the edge
/// node that its Path names. nullopt: not at all (a connection that is gone, a host name), or it is
/// another user's: numbers change hands, and who had this one before must not be rung.
std::optional<Target> target_of(const Node& node, const state::v1::Binding& binding, UserId user,
                                std::size_t near, Holding holding = Holding::All);

/// A Contact's URI as it may stand in a Request-URI: without URI headers (RFC 3261 §19.1.1, table
/// 1; §19.1.5), which nodes and phones refuse there.
std::string_view request_uri_of(std::string_view contact);

/// The Path URI for a phone that registers over `flow` (RFC 3327, RFC 5626 §5.2).
std::string path_of(const Node& node, const Flow& flow);

}  // namespace pbx::proxy
