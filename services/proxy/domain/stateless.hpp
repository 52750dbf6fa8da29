#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/key_ring.hpp"
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
  Stateless(const Node& node, const KeyedHashes& tag_keys, Wire& wire);

  /// Answers; `parts.source` and `to_tag` are filled in. Never for an ACK.
  void reply(const sip::Message& request, const Flow& source, sip::ResponseParts parts);
  void refuse(const sip::Message& request, const Flow& source, Refusal refusal,
              std::string_view reason = {}, std::string_view header_lines = {});

  /// Of a response to a request that a node of ours sent on not long ago; forward_response() would
  /// do so.
  bool is_signed(const sip::Message& response) const;

  /// An ACK for what reply() answered to an INVITE, on whichever node: nothing is left to do.
  bool is_ack_of_reply(const sip::Message& ack) const;

  /// To the next Via below ours, if the branch of ours was made for it: by a datagram, or over a
  /// connection that there is. False: it was not.
  bool forward_response(const sip::Message& response);
  /// To where its request came from.
  void forward_response(const sip::Message& response, const Flow& source);
  /// An ACK, to one target.
  void forward_ack(const sip::Message& ack, const Flow& source, const ForwardPlan& plan,
                   const Target& target);

 private:
  std::uint32_t oldest_s() const;
  std::string tag_text(const sip::Message& request) const;
  std::string tag_of(const KeyedHash& key, std::string_view text) const;

  const Node& node_;
  const KeyedHashes& tag_keys_;
  Wire& wire_;
};

}  // namespace pbx::proxy
