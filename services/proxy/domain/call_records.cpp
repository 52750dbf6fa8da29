#include "proxy/domain/call_records.hpp"

#include "proxy/domain/outcome.hpp"

namespace pbx::proxy {

CallEnd end_by_bye(const state::v1::DialogRecord& record, std::string_view from_tag,
                   std::int64_t at_ms) {
  const bool by_caller = record.caller().tag() == from_tag;
  CallEnd end;
  end.at_ms = at_ms;
  end.hung_up_by = by_caller ? events::v1::CALL_PARTY_CALLER : events::v1::CALL_PARTY_CALLEE;
  if (record.answered_at_ms() != 0) {
    end.outcome = events::v1::CALL_OUTCOME_ANSWERED;
    end.sip_code = 200;
    end.reason = by_caller ? "The caller hung up." : "The called party hung up.";
  } else {
    end.outcome = outcome_of(487, by_caller);
    end.sip_code = 487;
    end.reason = reason_of(487, by_caller);
  }
  return end;
}

}  // namespace pbx::proxy
