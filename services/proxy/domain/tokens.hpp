#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/key_ring.hpp"
#include "proxy/domain/addresses.hpp"
#include "proxy/domain/flow.hpp"
#include "sip/branch.hpp"

namespace pbx::proxy {

/// How to reach a phone, as it is written into a Path (RFC 5626 §5.2): stands for a Flow of the
/// node that holds the listener.
struct FlowToken {
  std::uint16_t listener = 0;  ///< Listener::name.
  sip::Transport transport = sip::Transport::Udp;
  Endpoint remote;
  std::uint32_t boot = 0;  ///< Streams: the process that holds the connection.
  ConnectionId connection = 0;
  Home home{};  ///< Of that node.

  friend bool operator==(const FlowToken&, const FlowToken&) = default;
};

/// What a Record-Route of ours remembers of a dialog, so that no node has to. Good for that dialog
/// alone (Call-ID and caller's tag), from either side. Whoever sees it can show it, so it opens
/// nothing by itself: of a call, its record decides; of a subscription, which has none, what is
/// written here.
struct DialogToken {
  enum class Usage : std::uint8_t {
    Mark,  ///< The second of two nodes of ours on the way: it leads back to the first.
    Call,
    Subscription,
  };
  Usage usage = Usage::Mark;
  std::uint32_t made_s = 0;         ///< Seconds since 1970.
  Home home{};                      ///< Of the node that wrote it.
  std::string call_id{};            ///< Ours, of a call.
  UserId subscriber{}, notifier{};  ///< Of a subscription.
  FlowToken caller{}, callee{};     ///< Not of a mark. Where no record is read, the sides' flows.

  friend bool operator==(const DialogToken&, const DialogToken&) = default;
};

/// Writes and reads both, signed with the cluster's keys: base64url, fit for a URI's user part. And
/// signs the branches of what goes on, so that any node knows the answer to it.
class Tokens {
 public:
  /// `boot`: random, new with each process.
  Tokens(const KeyRing& keys, std::uint32_t boot);

  void append(std::string& out, const FlowToken& token) const;
  void append(std::string& out, const DialogToken& token, std::string_view call_id,
              std::string_view caller_tag) const;

  /// nullopt: not one of that kind, or not signed by this cluster.
  std::optional<FlowToken> read_flow(std::string_view text) const;
  /// The same, or of another dialog.
  std::optional<DialogToken> read_dialog(std::string_view text, std::string_view call_id,
                                         std::string_view caller_tag) const;

  /// A seal makes a flow token good for one request, whose top Via has `branch`, and its CANCEL and
  /// ACK: a token alone is known to its phone, and perhaps to others. `at_s`: seconds since 1970.
  void append_seal(std::string& out, std::string_view token, std::string_view call_id,
                   std::string_view branch, std::uint32_t at_s) const;
  /// When it was made; nullopt: not for this request, or not by this cluster.
  std::optional<std::uint32_t> read_seal(std::string_view seal, std::string_view token,
                                         std::string_view call_id, std::string_view branch) const;

  FlowToken token_of(const Flow& flow, const Addresses& addresses) const;
  /// A listener that another node had is stood in for by one of ours. nullopt: there is none of its
  /// kind, or it is a connection that this process does not hold.
  std::optional<Flow> flow_of(const FlowToken& token, const Addresses& addresses) const;

  std::uint8_t key() const { return branch_.id(); }  ///< Id of the key that signs now.
  /// The random part of the branch to one place of a call: the same on all nodes, so that whoever
  /// goes on with the call knows it, and nobody else can tell it. `key`: an id.
  std::uint64_t branch_random(std::string_view call_id, std::string_view place,
                              std::uint8_t key) const;
  /// Sets the MAC of a branch with the key that it names. `next`: the Via below it.
  void sign(sip::Branch& branch, const sip::Message& request, const sip::Via& next) const;
  /// `message`: the request or an answer to it.
  bool is_signed(const sip::Branch& branch, const sip::Message& message,
                 const sip::Via& next) const;

 private:
  std::optional<std::string> unsigned_bytes(std::string_view text, std::uint8_t kind,
                                            std::string_view context) const;
  void append_signed(std::string& out, std::string bytes, std::string_view context) const;

  KeyedHashes mac_;
  KeyedHashes seal_;
  KeyedHashes branch_;
  KeyedHashes response_;
  std::uint32_t boot_;
};

}  // namespace pbx::proxy
