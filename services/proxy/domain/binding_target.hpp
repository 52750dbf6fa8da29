#pragma once

#include <cstdint>
#include <optional>

#include "pbx/state/v1/binding.pb.h"
#include "proxy/domain/node.hpp"
#include "proxy/domain/target.hpp"

namespace pbx::proxy {

/// Whose flows count as this node's own.
enum class Holding : std::uint8_t {
  All,   ///< Of every listener.
  Near,  ///< Of the host of `near` alone, as for the node that had this address and died.
};

/// How a registered phone is reached: over its flow when this node holds it, else through the edge
/// node that its Path names. nullopt: not at all (a connection that is gone, a host name).
std::optional<Target> target_of(const Node& node, const state::v1::Binding& binding,
                                std::size_t near, Holding holding = Holding::All);

/// The Path URI for a phone that registers over `flow` (RFC 3327, RFC 5626 §5.2).
std::string path_of(const Node& node, const Flow& flow);

}  // namespace pbx::proxy
