#pragma once

#include <cstdint>
#include <optional>

#include "proxy/domain/forwarder.hpp"
#include "proxy/domain/node.hpp"
#include "proxy/domain/transaction_layer.hpp"

namespace pbx::proxy {

/// What the branch tells of this node: made with the key of the first hop's branch, which the
/// first hop's later requests name as well.
Origin second_hop_origin(const Node& node, const sip::Message& request, const Flow& source);

/// The node that an INVITE came from, by its Record-Route.
std::optional<Home> first_hop_of(const Node& node, const sip::Message& request);

/// The random part of the branch with which the node that holds a phone's flow sends it an INVITE
/// of another node: any node that has its address later can tell it from what follows the INVITE.
std::uint64_t second_hop_branch(const Node& node, const sip::Message& request, std::uint8_t key);

/// A CANCEL for a phone on `flow`, whose INVITE a lost node sent: passed on as that node would have
/// done. Which of its workers it was is not known, so each is tried; the phone knows one of them.
void cancel_at_phone(const Node& node, TransactionLayer& layer, const sip::Message& cancel,
                     const Flow& source, const Flow& flow);

/// The same for the ACK of a refusal, which the lost node would have sent by itself (RFC 3261
/// §17.1.1.3): the phone repeats its refusal until it has one.
void acknowledge_at_phone(const Node& node, TransactionLayer& layer, const sip::Message& ack,
                          const Flow& source, const Flow& flow);

}  // namespace pbx::proxy
