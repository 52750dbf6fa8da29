#include "sip/header_id.hpp"

#include <array>

#include "sip/text.hpp"

namespace pbx::sip {
namespace {

constexpr std::array<std::string_view, kHeaderIds> kNames{
    "",
    "Accept",
    "Accept-Contact",
    "Accept-Encoding",
    "Accept-Language",
    "Alert-Info",
    "Allow",
    "Allow-Events",
    "Authentication-Info",
    "Authorization",
    "Call-ID",
    "Call-Info",
    "Contact",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Date",
    "Diversion",
    "Error-Info",
    "Event",
    "Expires",
    "Flow-Timer",
    "From",
    "History-Info",
    "Identity",
    "In-Reply-To",
    "Join",
    "Max-Forwards",
    "MIME-Version",
    "Min-Expires",
    "Min-SE",
    "Organization",
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "Path",
    "Priority",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Require",
    "RAck",
    "Reason",
    "Record-Route",
    "Refer-Sub",
    "Refer-To",
    "Referred-By",
    "Reject-Contact",
    "Remote-Party-ID",
    "Replaces",
    "Reply-To",
    "Request-Disposition",
    "Require",
    "Retry-After",
    "Route",
    "RSeq",
    "Server",
    "Service-Route",
    "Session-Expires",
    "SIP-ETag",
    "SIP-If-Match",
    "Subject",
    "Subscription-State",
    "Supported",
    "Target-Dialog",
    "Timestamp",
    "To",
    "Unsupported",
    "User-Agent",
    "Via",
    "Warning",
    "WWW-Authenticate",
};

/// Compact forms of RFC 3261 and of the registry, by letter.
constexpr std::array<HeaderId, 26> kCompact = [] {
  std::array<HeaderId, 26> ids{};
  const auto set = [&ids](char letter, HeaderId id) {
    ids[static_cast<std::size_t>(letter - 'a')] = id;
  };
  set('a', HeaderId::AcceptContact);
  set('b', HeaderId::ReferredBy);
  set('c', HeaderId::ContentType);
  set('d', HeaderId::RequestDisposition);
  set('e', HeaderId::ContentEncoding);
  set('f', HeaderId::From);
  set('i', HeaderId::CallId);
  set('j', HeaderId::RejectContact);
  set('k', HeaderId::Supported);
  set('l', HeaderId::ContentLength);
  set('m', HeaderId::Contact);
  set('o', HeaderId::Event);
  set('r', HeaderId::ReferTo);
  set('s', HeaderId::Subject);
  set('t', HeaderId::To);
  set('u', HeaderId::AllowEvents);
  set('v', HeaderId::Via);
  set('x', HeaderId::SessionExpires);
  set('y', HeaderId::Identity);
  return ids;
}();

/// A perfect hash over length and three characters, found by trying multipliers at compile time.
struct PerfectHash {
  static constexpr std::size_t kSize = 512;
  std::uint32_t multiplier = 0;
  std::array<std::uint8_t, kSize> slots{};

  static constexpr std::size_t slot(std::string_view name, std::uint32_t multiplier) {
    const auto at = [name](std::size_t i) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]) | 0x20u);
    };
    const std::uint32_t mix = at(0) | at(name.size() / 2) << 8 | at(name.size() - 2) << 16 |
                              static_cast<std::uint32_t>(name.size() & 0xFF) << 24;
    return (mix * multiplier) >> 23;
  }

  constexpr bool try_with(std::uint32_t candidate) {
    slots = {};
    for (std::size_t i = 1; i < kNames.size(); ++i) {
      auto& taken = slots[slot(kNames[i], candidate)];
      if (taken != 0) return false;
      taken = static_cast<std::uint8_t>(i);
    }
    multiplier = candidate;
    return true;
  }
};

constexpr PerfectHash kHash = [] {
  PerfectHash hash;
  std::uint32_t candidate = 0x9E3779B1u;
  while (!hash.try_with(candidate)) candidate = candidate * 0x85EBCA6Bu + 2;
  return hash;
}();

}  // namespace

HeaderId header_id(std::string_view name) noexcept {
  if (name.size() < 2) {
    if (name.empty()) return HeaderId::Other;
    const char letter = lower(name[0]);
    return letter >= 'a' && letter <= 'z' ? kCompact[static_cast<std::size_t>(letter - 'a')]
                                          : HeaderId::Other;
  }
  const std::uint8_t index = kHash.slots[PerfectHash::slot(name, kHash.multiplier)];
  return iequals(name, kNames[index]) ? static_cast<HeaderId>(index) : HeaderId::Other;
}

std::string_view header_name(HeaderId id) noexcept { return kNames[static_cast<std::size_t>(id)]; }

}  // namespace pbx::sip
