#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "proxy/domain/flow.hpp"
#include "proxy/domain/timers.hpp"
#include "proxy/domain/transaction_users.hpp"
#include "proxy/domain/weight.hpp"
#include "sip/transaction.hpp"

namespace pbx::proxy {

class TransactionLayer;

/// A request that was sent and waits for its answer: executes the machines of RFC 3261 §17.1.
/// Owned by its TransactionLayer.
class ClientTransaction {
 public:
  ClientTransaction(TransactionLayer& layer, std::uint64_t key, bool invite, const Flow& flow,
                    std::string request, std::shared_ptr<ClientUser> user, std::size_t branch);
  ClientTransaction(const ClientTransaction&) = delete;
  ClientTransaction& operator=(const ClientTransaction&) = delete;
  ~ClientTransaction();

  bool is_invite() const { return invite_; }
  std::uint64_t key() const { return key_; }
  const Flow& flow() const { return flow_; }
  /// The user's own number for it.
  std::size_t branch() const { return branch_; }
  /// The request as sent; empty once it was answered finally.
  const std::string& request() const { return request_; }
  bool unanswered() const;

  /// Nobody wants to know any more; the machine runs to its end by itself.
  void detach() { user_ = nullptr; }
  /// The request is not sent again; answers are still waited for.
  void stop_repeating() { repeat_.cancel(); }

  // What the layer hands in.
  void begin();
  /// An INVITE that another process sent: waits for its final response.
  void resume() { invite_state_ = InviteState::Proceeding; }
  void on_response(const sip::Message& response);
  void on_unsent();

 private:
  using InviteState = sip::invite_client::State;
  using OtherState = sip::non_invite_client::State;

  sip::Reliability reliability() const;
  void step(sip::invite_client::Event event, const sip::Message* response = nullptr);
  void step(sip::non_invite_client::Event event, const sip::Message* response = nullptr);
  void run(sip::Acts acts, sip::TimerSet start, sip::TimerSet stop, const sip::Message* response);
  void start_timer(sip::TimerId timer);
  void weigh() { weight_.set(request_.size() + ack_.size()); }
  void acknowledge(const sip::Message* response);
  void on_repeat();
  void on_end();

  TransactionLayer& layer_;
  const std::uint64_t key_;
  const bool invite_;
  InviteState invite_state_ = InviteState::Calling;
  OtherState other_state_ = OtherState::Trying;
  std::uint8_t round_ = 0;
  sip::TimerId end_timer_ = sip::TimerId::B;
  const std::size_t branch_;
  const Flow flow_;
  std::string request_;
  std::string ack_;
  Weight weight_;
  std::shared_ptr<ClientUser> user_;
  AlarmFor<ClientTransaction, &ClientTransaction::on_repeat> repeat_{*this};
  AlarmFor<ClientTransaction, &ClientTransaction::on_end> end_{*this};
};

}  // namespace pbx::proxy
