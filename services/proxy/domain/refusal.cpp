#include "proxy/domain/refusal.hpp"

#include <array>

#include "sip/errc.hpp"

namespace pbx::proxy {

const RefusalInfo& info_of(Refusal refusal) {
  static constexpr std::array<RefusalInfo, kRefusals> kInfo{{
      {"malformed", 400},
      {"too_large", 513},
      {"bad_version", 505},
      {"unknown_method", 501},
      {"unsupported_scheme", 416},
      {"bad_extension", 420},
      {"too_many_hops", 483},
      {"loop", 482},
      {"no_credentials", 407},
      {"stale_nonce", 407},
      {"replayed_nonce", 407},
      {"wrong_password", 407},
      {"unknown_user", 407},
      {"uri_mismatch", 400, "Digest URI Is Not The Request-URI"},
      {"not_own_identity", 403},
      {"caller_suspended", 403},
      {"unknown_number", 404},
      {"foreign_domain", 404},
      {"callee_suspended", 480},
      {"not_registered", 480},
      {"no_such_dialog", 481},
      {"no_such_transaction", 481},
      {"foreign_route", 403},
      {"flow_gone", 430, "Flow Failed"},
      {"not_allowed", 405},
      {"bad_event", 489},
      {"overload", 503},
      {"draining", 503},
      {"backend_down", 503},
      {"malformed_response", 0},
      {"stray_response", 0},
      {"stray_ack", 0},
      {"slow_stream", 0},
      {"record_away", 0},
      {"foreign_cancel", 481},
      {"too_many_user_calls", 480, "The caller has made too many calls"},
      {"too_many_tenant_calls", 480, "The tenant has too many calls"},
      {"stream_budget", 0},
      {"cseq_too_high", 400, "CSeq Is Too High"},
  }};
  return kInfo[static_cast<std::size_t>(refusal)];
}

Refusal refusal_of(std::error_code error) {
  switch (sip::answer_status(error)) {
    case 416:
      return Refusal::UnsupportedScheme;
    case 501:
      return Refusal::UnknownMethod;
    case 505:
      return Refusal::BadVersion;
    case 513:
      return Refusal::TooLarge;
    default:
      return Refusal::Malformed;
  }
}

}  // namespace pbx::proxy
