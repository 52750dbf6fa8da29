#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/keyed_hash.hpp"
#include "proxy/domain/forwarder.hpp"
#include "proxy/domain/node.hpp"
#include "proxy/domain/wire.hpp"
#include "sip/builder.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// What is answered or forwarded without a transaction: challenges and refusals of strangers, ACKs
/// of 2xx, responses to requests that another node or process forwarded.
class Stateless {
 public:
  Stateless(const Node& node, const KeyedHash& tag_key, Wire& wire);

  /// Answers; `parts.source` and `to_tag` are filled in. Never for an ACK.
  void reply(const sip::Message& request, const Flow& source, sip::ResponseParts parts);
  void refuse(const sip::Message& request, const Flow& source, Refusal refusal,
              std::string_view reason = {}, std::string_view header_lines = {});

  /// An ACK for what reply() answered to an INVITE, on whichever node: nothing is left to do.
  bool is_ack_of_reply(const sip::Message& ack) const;

  /// To the next Via below ours. False: there is none, or it names no address.
  bool forward_response(const sip::Message& response);
  /// An ACK, to one target.
  void forward_ack(const sip::Message& ack, const Flow& source, const ForwardPlan& plan,
                   const Target& target);

 private:
  std::string reply_tag(const sip::Message& request) const;

  const Node& node_;
  const KeyedHash& tag_key_;
  Wire& wire_;
};

}  // namespace pbx::proxy
