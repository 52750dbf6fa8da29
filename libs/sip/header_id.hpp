#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pbx::sip {

/// Header fields that the library knows by name, in the order of their names.
enum class HeaderId : std::uint8_t {
  Other,
  Accept,
  AcceptContact,
  AcceptEncoding,
  AcceptLanguage,
  AlertInfo,
  Allow,
  AllowEvents,
  AuthenticationInfo,
  Authorization,
  CallId,
  CallInfo,
  Contact,
  ContentDisposition,
  ContentEncoding,
  ContentLanguage,
  ContentLength,
  ContentType,
  CSeq,
  Date,
  Diversion,
  ErrorInfo,
  Event,
  Expires,
  FlowTimer,
  From,
  HistoryInfo,
  Identity,
  InReplyTo,
  Join,
  MaxForwards,
  MimeVersion,
  MinExpires,
  MinSe,
  Organization,
  PAssertedIdentity,
  PPreferredIdentity,
  Path,
  Priority,
  Privacy,
  ProxyAuthenticate,
  ProxyAuthorization,
  ProxyRequire,
  RAck,
  Reason,
  RecordRoute,
  ReferSub,
  ReferTo,
  ReferredBy,
  RejectContact,
  RemotePartyId,
  Replaces,
  ReplyTo,
  RequestDisposition,
  Require,
  RetryAfter,
  Route,
  RSeq,
  Server,
  ServiceRoute,
  SessionExpires,
  SipEtag,
  SipIfMatch,
  Subject,
  SubscriptionState,
  Supported,
  TargetDialog,
  Timestamp,
  To,
  Unsupported,
  UserAgent,
  Via,
  Warning,
  WwwAuthenticate,
};

inline constexpr std::size_t kHeaderIds = static_cast<std::size_t>(HeaderId::WwwAuthenticate) + 1;

/// Case-insensitive, long and compact forms; Other for an unknown name.
HeaderId header_id(std::string_view name) noexcept;
/// The long form as the RFCs spell it; empty for Other.
std::string_view header_name(HeaderId id) noexcept;

}  // namespace pbx::sip
