#include "proxy/domain/late_answers.hpp"

#include <utility>

#include "calls/dialogs_of.hpp"
#include "core/errc.hpp"
#include "proxy/domain/leg.hpp"
#include "proxy/domain/own_request.hpp"

namespace pbx::proxy {

LateAnswers::LateAnswers(const Node& node, TransactionLayer& layer, CallRecords& records,
                         std::weak_ptr<Fork> fork, const state::v1::DialogRecord& call)
    : node_{node}, layer_{layer}, records_{records}, fork_{std::move(fork)} {
  call_.set_call_id(call.call_id());
  call_.set_sip_call_id(call.sip_call_id());
  call_.set_callee_aor(call.callee_aor());
  call_.set_started_at_ms(call.started_at_ms());
  *call_.add_legs() = calls::caller_of(call);
}

void LateAnswers::on_another_answer(const sip::Message& response, std::size_t branch) {
  const auto fork = fork_.lock();
  if (!fork) return;
  const calls::Answered answer{
      callee_leg(node_, response, fork->target(branch), call_.callee_aor()),
      node_.clock.now().time_since_epoch().count()};
  records_.tell(calls::key_of(call_), answer, CallRecords::Until::Tried,
                [self = shared_from_this(), callee = answer.callee](const Result<>& stored) {
                  if (stored.error() != Errc::Cancelled) return;
                  hang_up_late(self->node_, self->layer_, self->call_, callee);
                });
}

void hang_up_late(const Node& node, TransactionLayer& layer, state::v1::DialogRecord call,
                  const state::v1::Leg& callee) {
  send_byes(node, layer, with_one_callee(std::move(call), callee), "The call was ended");
}

}  // namespace pbx::proxy
