#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace pbx::proxy {

/// Why a message was not acted upon: the label of pbx_proxy_refused_total, and the answer.
enum class Refusal : std::uint8_t {
  Malformed,
  TooLarge,
  BadVersion,
  UnknownMethod,
  UnsupportedScheme,
  BadExtension,
  TooManyHops,
  Loop,
  NoCredentials,
  StaleNonce,
  ReplayedNonce,
  WrongPassword,
  UnknownUser,
  UriMismatch,
  NotOwnIdentity,
  CallerSuspended,
  UnknownNumber,
  ForeignDomain,
  CalleeSuspended,
  NotRegistered,
  NoSuchDialog,
  NoSuchTransaction,
  ForeignRoute,
  FlowGone,
  NotAllowed,
  BadEvent,
  Overload,
  Draining,
  BackendDown,
  MalformedResponse,
  StrayResponse,
  StrayAck,
  SlowStream,
  RecordAway,
  ForeignCancel,
  TooManyUserCalls,
  TooManyTenantCalls,
  StreamBudget,
  CSeqTooHigh,  ///< Kept for the platform's own requests.
};
inline constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::CSeqTooHigh) + 1;

struct RefusalInfo {
  std::string_view label;
  int code = 0;               ///< 0: never answered.
  std::string_view phrase{};  ///< Empty: the code's own.
};
const RefusalInfo& info_of(Refusal refusal);

/// What a parser's or validator's error comes to.
Refusal refusal_of(std::error_code error);

}  // namespace pbx::proxy
