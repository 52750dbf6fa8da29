#include "proxy/domain/outcome.hpp"

namespace pbx::proxy {

using events::v1::CallOutcome;
using events::v1::CallParty;

CallOutcome outcome_of(int code, bool by_caller) {
  if (by_caller) return CallOutcome::CALL_OUTCOME_CANCELLED;
  if (code >= 200 && code < 300) return CallOutcome::CALL_OUTCOME_ANSWERED;
  switch (code) {
    case 486:
    case 600:
      return CallOutcome::CALL_OUTCOME_BUSY;
    case 408:
    case 487:
      return CallOutcome::CALL_OUTCOME_NO_ANSWER;
    case 603:
      return CallOutcome::CALL_OUTCOME_DECLINED;
    case 404:
    case 484:
    case 604:
      return CallOutcome::CALL_OUTCOME_NOT_FOUND;
    case 480:
      return CallOutcome::CALL_OUTCOME_UNREACHABLE;
    default:
      return CallOutcome::CALL_OUTCOME_FAILED;
  }
}

CallParty ended_by(int code, bool by_caller) {
  if (by_caller) return CallParty::CALL_PARTY_CALLER;
  switch (code) {
    case 486:
    case 600:
    case 603:
    case 606:
    case 488:
      return CallParty::CALL_PARTY_CALLEE;
    default:
      return CallParty::CALL_PARTY_PLATFORM;
  }
}

std::string_view reason_of(int code, bool by_caller) {
  if (by_caller) return "The caller hung up before the call was answered.";
  switch (code) {
    case 403:
      return "The caller may not make this call.";
    case 404:
    case 604:
      return "There is no such number.";
    case 484:
      return "The number is not complete.";
    case 480:
      return "No phone of the called party is registered.";
    case 408:
      return "No phone of the called party answered.";
    case 487:
      return "The call was not answered in time.";
    case 486:
    case 600:
      return "The called party is busy.";
    case 603:
      return "The called party declined.";
    case 488:
    case 606:
      return "The phones have no codec or media in common.";
    case 482:
    case 483:
      return "The call went in a circle.";
    case 503:
      return "The platform could not route the call now.";
    default:
      return "The called party's phone refused the call.";
  }
}

int upstream_code(int best) {
  switch (best) {
    case 503:
      return 500;
    case 430:  // the phone's connection is gone
      return 480;
    case 0:
      return 480;
    default:
      return best;
  }
}

}  // namespace pbx::proxy
