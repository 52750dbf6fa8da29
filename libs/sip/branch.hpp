#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/message.hpp"

namespace pbx::sip {

/// What our branches say: `z9hG4bK` + worker (4 hex) + random (16 hex) + loop hash (16 hex).
struct Branch {
  std::uint16_t worker = 0;  ///< Which worker of this node owns the transaction.
  std::uint64_t random = 0;
  std::uint64_t loop_hash = 0;

  friend bool operator==(const Branch&, const Branch&) = default;
};

inline constexpr std::size_t kBranchSize = 7 + 4 + 16 + 16;

void append_branch(std::string& out, const Branch& branch);
/// nullopt: not made by append_branch().
std::optional<Branch> parse_branch(std::string_view branch) noexcept;

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
