#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/message.hpp"

namespace pbx::sip {

/// What our branches say: `z9hG4bK` + worker (4 hex) + random (16) + loop hash (16) + key (2) +
/// listener (4) + time (8) + MAC (16).
struct Branch {
  std::uint16_t worker = 0;  ///< Which worker of this node owns the transaction.
  std::uint64_t random = 0;
  std::uint64_t loop_hash = 0;
  std::uint8_t key = 0;        ///< Id of the cluster's key that the MAC is made with.
  std::uint16_t listener = 0;  ///< Name of the listener that the request came by; 0: our own.
  std::uint32_t made_s = 0;    ///< When its request came, in seconds since 1970.
  /// Over the rest, the Call-ID, the CSeq and the next Via (signed_text()): any node can tell which
  /// request of the cluster a response answers, and whose it was. 0: the request is our own.
  std::uint64_t mac = 0;

  friend bool operator==(const Branch&, const Branch&) = default;
};

inline constexpr std::size_t kBranchSize = 7 + 4 + 16 + 16 + 2 + 4 + 8 + 16;

void append_branch(std::string& out, const Branch& branch);
/// nullopt: not made by append_branch().
std::optional<Branch> parse_branch(std::string_view branch) noexcept;

/// What the MAC of `branch` is over: the branch without it, Call-ID and CSeq of `message`, the
/// request or a response to it, and what tells where a response goes from `next`, the Via below, as
/// it stands in the response. A phone that writes a Via anew, in other letters or another order,
/// does not change it.
std::string signed_text(const Branch& branch, const Message& message, const Via& next);

/// A hash over what decides where a request goes: Request-URI, From and To tag, Call-ID, CSeq
/// number, Route, Proxy-Require and Proxy-Authorization (RFC 3261 §16.6 step 8; the top Via is left
/// out as RFC 5393 §4.2.1 says). Take it before the Request-URI is changed. The same on all nodes.
std::uint64_t loop_hash(const Message& request) noexcept;
/// That of the INVITE outside a dialog whose refusal this ACK is for: its To had no tag yet.
std::uint64_t acknowledged_loop_hash(const Message& ack) noexcept;

enum class Visit : std::uint8_t {
  First,   ///< No Via of ours below.
  Spiral,  ///< Was here, for another target: goes on.
  Loop,    ///< Was here with the very same target: 482.
};

/// Looks through all Vias for those of this proxy. `is_ours(const Via&)` compares sent-by.
template <class IsOurs>
Visit visit_of(const Message& request, std::uint64_t hash, IsOurs&& is_ours) {
  Visit visit = Visit::First;
  for (const auto text : request.values(HeaderId::Via)) {
    const auto via = parse_via(text);
    if (!via || !is_ours(*via)) continue;
    const auto branch = parse_branch(via->branch);
    if (branch && branch->loop_hash == hash) return Visit::Loop;
    visit = Visit::Spiral;
  }
  return visit;
}

}  // namespace pbx::sip
