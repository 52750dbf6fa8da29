#include "calls/call_end.hpp"

namespace pbx::calls {

End hung_up(bool by_caller, std::int64_t at_ms) {
  End end;
  end.at_ms = at_ms;
  end.outcome = events::v1::CALL_OUTCOME_ANSWERED;
  end.sip_code = 200;
  end.reason = by_caller ? "The caller hung up." : "The called party hung up.";
  end.hung_up_by = by_caller ? events::v1::CALL_PARTY_CALLER : events::v1::CALL_PARTY_CALLEE;
  return end;
}

End given_up(std::int64_t at_ms) {
  End end;
  end.at_ms = at_ms;
  end.outcome = events::v1::CALL_OUTCOME_CANCELLED;
  end.sip_code = 487;
  end.reason = "The caller hung up before the call was answered.";
  end.hung_up_by = events::v1::CALL_PARTY_CALLER;
  return end;
}

End closed(std::string_view reason, std::uint32_t code, std::int64_t at_ms) {
  End end;
  end.at_ms = at_ms;
  end.outcome = events::v1::CALL_OUTCOME_FAILED;
  end.sip_code = code;
  end.reason = reason;
  end.hung_up_by = events::v1::CALL_PARTY_PLATFORM;
  return end;
}

}  // namespace pbx::calls
