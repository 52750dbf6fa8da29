#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/keyed_hash.hpp"
#include "core/secret.hpp"
#include "proxy/domain/addresses.hpp"
#include "proxy/domain/flow.hpp"

namespace pbx::proxy {

/// How to reach a phone, as it is written into a Path (RFC 5626 §5.2): stands for a Flow of the
/// node that holds the listener.
struct FlowToken {
  std::uint16_t listener = 0;  ///< Listener::name.
  sip::Transport transport = sip::Transport::Udp;
  Endpoint remote;
  std::uint32_t boot = 0;  ///< Streams: the process that holds the connection.
  ConnectionId connection = 0;

  friend bool operator==(const FlowToken&, const FlowToken&) = default;
};

/// What a Record-Route of ours remembers of a dialog, so that no node has to: which side a request
/// comes from and how the two sides are reached.
struct DialogToken {
  std::uint32_t caller_tag = 0;     ///< Hash of the From tag of the request that began the dialog.
  bool anchor = false;              ///< This hop keeps the dialog record and ends it at a BYE.
  std::optional<FlowToken> caller;  ///< nullopt: by Request-URI.
  std::optional<FlowToken> callee;

  friend bool operator==(const DialogToken&, const DialogToken&) = default;
};

/// Writes and reads both, signed with the cluster's key: base64url, fit for a URI's user part.
class Tokens {
 public:
  /// `boot`: random, new with each process.
  Tokens(const Secret& cluster_key, std::uint32_t boot);

  void append(std::string& out, const FlowToken& token) const;
  void append(std::string& out, const DialogToken& token) const;

  /// nullopt: not one of that kind, or not signed by this cluster.
  std::optional<FlowToken> read_flow(std::string_view text) const;
  std::optional<DialogToken> read_dialog(std::string_view text) const;

  FlowToken token_of(const Flow& flow, const Addresses& addresses) const;
  /// nullopt: another node's, or a connection of a process that is gone.
  std::optional<Flow> flow_of(const FlowToken& token, const Addresses& addresses) const;

  std::uint32_t tag_hash(std::string_view tag) const;
  /// The random part of the branch to one place of a call: the same on all nodes, so that whoever
  /// goes on with the call knows it, and nobody else can tell it.
  std::uint64_t branch_random(std::string_view call_id, std::string_view place) const;

 private:
  std::optional<std::string> unsigned_bytes(std::string_view text, std::uint8_t kind) const;
  void append_signed(std::string& out, std::string bytes) const;

  KeyedHash mac_;
  KeyedHash tag_;
  KeyedHash branch_;
  std::uint32_t boot_;
};

}  // namespace pbx::proxy
