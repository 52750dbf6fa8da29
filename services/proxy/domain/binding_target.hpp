#pragma once

#include <cstdint>
#include <optional>
#include <string>

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

/// How a registered phone is reached: over its flow when this node holds it, else through the edge
/// node that its Path names. nullopt: not at all (a connection that is gone, a host name).
/// `lost`: as that node saw it.
std::optional<Target> target_of(const Node& node, const state::v1::Binding& binding,
                                std::size_t near, const Predecessor* lost = nullptr);

/// The Path URI for a phone that registers over `flow` (RFC 3327, RFC 5626 §5.2).
std::string path_of(const Node& node, const Flow& flow);

}  // namespace pbx::proxy
