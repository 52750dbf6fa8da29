#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "proxy/domain/flow.hpp"
#include "proxy/domain/timers.hpp"
#include "proxy/domain/transaction_users.hpp"
#include "proxy/domain/weight.hpp"
#include "sip/builder.hpp"
#include "sip/stored_message.hpp"
#include "sip/transaction.hpp"

namespace pbx::proxy {

class TransactionLayer;

/// A request that was received and is being answered: executes the machines of RFC 3261 §17.2.
/// Owned by its TransactionLayer.
class ServerTransaction {
 public:
  ServerTransaction(TransactionLayer& layer, std::uint64_t key, const sip::Message& request,
                    const Flow& source);
  ServerTransaction(const ServerTransaction&) = delete;
  ServerTransaction& operator=(const ServerTransaction&) = delete;
  ~ServerTransaction();

  bool is_invite() const { return invite_; }
  std::uint64_t key() const { return key_; }
  /// Where the request came from.
  const Flow& source() const { return source_; }
  /// Only until answered().
  const sip::Message& request() const { return request_->get(); }
  /// A final response was sent.
  bool answered() const { return request_ == nullptr; }

  void attach(std::shared_ptr<ServerUser> user) { user_ = std::move(user); }
  const std::shared_ptr<ServerUser>& user() const { return user_; }

  /// Sends a response made from the request. `parts.source` is filled in.
  void reply(sip::ResponseParts parts);
  /// Sends a complete response, as a proxy forwards it. After a final one only a further 2xx of an
  /// INVITE that was answered with a 2xx goes out.
  void respond(int code, std::string response);
  /// Ends it without any answer (RFC 4320 §4.2).
  void abandon();

  // What the layer hands in.
  void on_again();
  /// True: done with. False: it is the ACK of a 2xx and goes on to the callee.
  bool on_ack();
  void on_unsent();

 private:
  using InviteState = sip::invite_server::State;
  using OtherState = sip::non_invite_server::State;

  sip::Reliability reliability() const;
  void step(sip::invite_server::Event event);
  void step(sip::non_invite_server::Event event);
  void run(sip::Acts acts, sip::TimerSet start, sip::TimerSet stop);
  void weigh();
  void send_last();
  void on_repeat();
  void on_end();

  TransactionLayer& layer_;
  const std::uint64_t key_;
  const bool invite_;
  InviteState invite_state_ = InviteState::Proceeding;
  OtherState other_state_ = OtherState::Trying;
  std::uint8_t round_ = 0;
  bool rerouted_ = false;
  std::uint16_t sent_by_port_ = 0;
  sip::TimerId end_timer_ = sip::TimerId::J;
  Flow source_;
  Flow reply_to_;
  std::unique_ptr<sip::StoredMessage> request_;
  std::string last_response_;
  Weight weight_;
  std::shared_ptr<ServerUser> user_;
  AlarmFor<ServerTransaction, &ServerTransaction::on_repeat> repeat_{*this};
  AlarmFor<ServerTransaction, &ServerTransaction::on_end> end_{*this};
};

}  // namespace pbx::proxy
