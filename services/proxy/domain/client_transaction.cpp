#include "proxy/domain/client_transaction.hpp"

#include "proxy/domain/transaction_layer.hpp"
#include "sip/builder.hpp"

namespace pbx::proxy {

namespace invite = sip::invite_client;
namespace other = sip::non_invite_client;

ClientTransaction::ClientTransaction(TransactionLayer& layer, std::uint64_t key, bool is_invite,
                                     const Flow& flow, std::string request,
                                     std::shared_ptr<ClientUser> user, std::size_t branch)
    : layer_{layer},
      key_{key},
      invite_{is_invite},
      branch_{branch},
      flow_{flow},
      request_{std::move(request)},
      weight_{layer.byte_sum()},
      user_{std::move(user)} {
  weigh();
}

ClientTransaction::~ClientTransaction() {
  if (user_) user_->on_client_gone(*this);
}

sip::Reliability ClientTransaction::reliability() const {
  return flow_.reliable() ? sip::Reliability::Reliable : sip::Reliability::Unreliable;
}

bool ClientTransaction::unanswered() const {
  return invite_ ? invite_state_ == InviteState::Calling || invite_state_ == InviteState::Proceeding
                 : other_state_ == OtherState::Trying || other_state_ == OtherState::Proceeding;
}

void ClientTransaction::begin() {
  if (invite_) {
    const auto first = invite::begin(reliability());
    run(first.acts, first.start, first.stop, nullptr);
  } else {
    const auto first = other::begin(reliability());
    run(first.acts, first.start, first.stop, nullptr);
  }
}

void ClientTransaction::on_response(const sip::Message& response) {
  const int code = response.status();
  if (invite_) {
    step(code < 200   ? invite::Event::Provisional
         : code < 300 ? invite::Event::Success
                      : invite::Event::Failure,
         &response);
  } else {
    step(code < 200 ? other::Event::Provisional : other::Event::Final, &response);
  }
}

void ClientTransaction::on_unsent() {
  invite_ ? step(invite::Event::TransportError) : step(other::Event::TransportError);
}

void ClientTransaction::step(invite::Event event, const sip::Message* response) {
  const bool before = unanswered();
  const auto transition = invite::next(invite_state_, event);
  if (!transition) return;
  invite_state_ = transition->state;
  run(transition->acts, transition->start, transition->stop, response);
  if (before && !unanswered()) layer_.client_answered(*this);
  if (invite_state_ == InviteState::Terminated) layer_.remove_client(key_);
}

void ClientTransaction::step(other::Event event, const sip::Message* response) {
  const bool before = unanswered();
  const auto transition = other::next(other_state_, event);
  if (!transition) return;
  other_state_ = transition->state;
  run(transition->acts, transition->start, transition->stop, response);
  if (before && !unanswered()) layer_.client_answered(*this);
  if (other_state_ == OtherState::Terminated) layer_.remove_client(key_);
}

void ClientTransaction::run(sip::Acts acts, sip::TimerSet start, sip::TimerSet stop,
                            const sip::Message* response) {
  stop.for_each([this](sip::TimerId timer) {
    const bool repeats = timer == sip::TimerId::A || timer == sip::TimerId::E;
    repeats ? repeat_.cancel() : end_.cancel();
  });
  start.for_each([this](sip::TimerId timer) { start_timer(timer); });
  if (acts.has(sip::Act::SendRequest)) layer_.wire().send(flow_, request_, key_);
  if (acts.has(sip::Act::SendAck)) acknowledge(response);
  if (!unanswered()) request_ = {};
  weigh();
  const auto user = user_;  // it may detach
  if (!user) return;
  if (acts.has(sip::Act::Pass) && response != nullptr) user->on_response(*this, *response);
  if (acts.has(sip::Act::ReportTimeout)) user->on_failure(*this, Failure::Timeout);
  if (acts.has(sip::Act::ReportTransportError)) user->on_failure(*this, Failure::Transport);
}

void ClientTransaction::start_timer(sip::TimerId timer) {
  const bool proceeding = !invite_ && other_state_ == OtherState::Proceeding;
  const auto length = sip::timer_length(timer, reliability(), round_, proceeding);
  if (timer == sip::TimerId::A || timer == sip::TimerId::E) {
    layer_.timers().start(repeat_, length);
  } else {
    end_timer_ = timer;
    layer_.timers().start(end_, length);
  }
}

void ClientTransaction::acknowledge(const sip::Message* response) {
  if (ack_.empty() && response != nullptr) {
    const auto sent = sip::parse_message(request_);
    if (sent) sip::append_ack(ack_, *sent, *response);
  }
  if (!ack_.empty()) layer_.wire().send(flow_, ack_, key_);
}

void ClientTransaction::on_repeat() {
  ++round_;
  invite_ ? step(invite::Event::TimerA) : step(other::Event::TimerE);
}

void ClientTransaction::on_end() {
  if (!invite_) {
    step(end_timer_ == sip::TimerId::F ? other::Event::TimerF : other::Event::TimerK);
  } else if (end_timer_ == sip::TimerId::B) {
    step(invite::Event::TimerB);
  } else {
    step(end_timer_ == sip::TimerId::D ? invite::Event::TimerD : invite::Event::TimerM);
  }
}

}  // namespace pbx::proxy
