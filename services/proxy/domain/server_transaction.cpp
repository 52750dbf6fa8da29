#include "proxy/domain/server_transaction.hpp"

#include <cassert>

#include "proxy/domain/reply_flow.hpp"
#include "proxy/domain/transaction_layer.hpp"

namespace pbx::proxy {

namespace invite = sip::invite_server;
namespace other = sip::non_invite_server;

ServerTransaction::ServerTransaction(TransactionLayer& layer, std::uint64_t key,
                                     const sip::Message& request, const Flow& source)
    : layer_{layer},
      key_{key},
      invite_{request.method() == sip::Method::Invite},
      source_{source},
      reply_to_{reply_flow(request, source)},
      request_{std::make_unique<sip::StoredMessage>(request)} {
  if (const auto via = request.top_via()) {
    sent_by_port_ = via->port_or_default();
    sent_with_rport_ = via->has_rport;
  }
}

ServerTransaction::~ServerTransaction() {
  if (user_) user_->on_server_gone();
}

sip::Reliability ServerTransaction::reliability() const {
  return source_.reliable() ? sip::Reliability::Reliable : sip::Reliability::Unreliable;
}

void ServerTransaction::reply(sip::ResponseParts parts) {
  assert(!answered());
  std::string address;
  source_.remote.append_address(address);
  parts.source = {address, source_.remote.port};
  std::string out;
  sip::append_response(out, request_->get(), parts);
  respond(parts.status, std::move(out));
}

void ServerTransaction::respond(int code, std::string response) {
  if (answered()) {
    // Only further 2xx follow a final response, and only a 2xx (RFC 6026 §7.1).
    if (invite_state_ != InviteState::Accepted || code < 200 || code > 299) return;
    if (user_) user_->on_send(response);
    layer_.wire().send(reply_to_, response, key_);
    return;
  }
  last_response_ = std::move(response);
  if (code < 200) {
    invite_ ? step(invite::Event::Provisional) : step(other::Event::Provisional);
    return;
  }
  request_ = nullptr;
  const bool success = code < 300;
  if (invite_) {
    step(success ? invite::Event::Success : invite::Event::Failure);
    if (success) last_response_ = {};  // the callee repeats it
  } else {
    step(other::Event::Final);
  }
  layer_.server_answered(key_);
}

void ServerTransaction::abandon() {
  layer_.server_answered(key_);
  layer_.timers().start(end_, std::chrono::milliseconds{0});
  request_ = nullptr;
  end_timer_ = invite_ ? sip::TimerId::L : sip::TimerId::J;
  invite_state_ = InviteState::Accepted;
  other_state_ = OtherState::Completed;
}

void ServerTransaction::on_again() {
  invite_ ? step(invite::Event::Invite) : step(other::Event::Request);
}

bool ServerTransaction::on_ack() {
  if (invite_state_ == InviteState::Accepted) return false;
  step(invite::Event::Ack);
  return true;
}

void ServerTransaction::on_unsent() {
  // RFC 3261 §18.2.2: the connection is gone, so one to the sent-by port of the sender is tried.
  if (!source_.reliable() || rerouted_) return;
  rerouted_ = true;
  reply_to_.connection = 0;
  reply_to_.remote.port = sent_by_port_;
  send_last();
}

void ServerTransaction::step(invite::Event event) {
  const auto transition = invite::next(invite_state_, event, reliability());
  if (!transition) return;
  invite_state_ = transition->state;
  if (invite_state_ == InviteState::Terminated) return layer_.remove_server(key_);
  run(transition->acts, transition->start, transition->stop);
}

void ServerTransaction::step(other::Event event) {
  const auto transition = other::next(other_state_, event);
  if (!transition) return;
  other_state_ = transition->state;
  if (other_state_ == OtherState::Terminated) return layer_.remove_server(key_);
  run(transition->acts, transition->start, transition->stop);
}

void ServerTransaction::run(sip::Acts acts, sip::TimerSet start, sip::TimerSet stop) {
  stop.for_each(
      [this](sip::TimerId timer) { timer == sip::TimerId::G ? repeat_.cancel() : end_.cancel(); });
  if (acts.has(sip::Act::SendResponse) || acts.has(sip::Act::ResendResponse)) send_last();
  start.for_each([this](sip::TimerId timer) {
    const auto length = sip::timer_length(timer, reliability(), round_);
    if (timer == sip::TimerId::G) {
      layer_.timers().start(repeat_, length);
    } else {
      end_timer_ = timer;
      layer_.timers().start(end_, length);
    }
  });
}

void ServerTransaction::send_last() {
  if (last_response_.empty()) return;
  if (user_) user_->on_send(last_response_);
  layer_.wire().send(reply_to_, last_response_, key_);
}

void ServerTransaction::on_repeat() {
  ++round_;
  step(invite::Event::TimerG);
}

void ServerTransaction::on_end() {
  if (!invite_) {
    step(other::Event::TimerJ);
  } else if (end_timer_ == sip::TimerId::H) {
    step(invite::Event::TimerH);
  } else {
    step(end_timer_ == sip::TimerId::I ? invite::Event::TimerI : invite::Event::TimerL);
  }
}

}  // namespace pbx::proxy
