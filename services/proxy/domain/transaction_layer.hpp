#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/keyed_hash.hpp"
#include "proxy/domain/client_transaction.hpp"
#include "proxy/domain/server_transaction.hpp"
#include "proxy/domain/wire.hpp"
#include "sip/branch.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// The request that a response answers, as its top Via and its CSeq tell.
struct AnsweredRequest {
  sip::Via via;  ///< Points into the response.
  sip::Branch branch;
  sip::Method method;
};
/// nullopt: its branch is none of this cluster's, or it cannot be read.
std::optional<AnsweredRequest> answered_request(const sip::Message& response);
/// The Via below ours: of who sent us the request. Points into the response.
std::optional<sip::Via> second_via(const sip::Message& response);

/// All transactions of one worker. Finds the one that a message belongs to and owns them all until
/// their timers end them. Those that only wait for late messages are given up first when there are
/// more than `capacity`, or when the messages that all of them keep are more than `byte_budget`.
class TransactionLayer {
 public:
  TransactionLayer(Wire& wire, Timers& timers, std::size_t capacity,
                   std::size_t byte_budget = 64 * 1024 * 1024);
  TransactionLayer(const TransactionLayer&) = delete;
  TransactionLayer& operator=(const TransactionLayer&) = delete;
  ~TransactionLayer();

  /// The key of the transaction that a valid request belongs or would belong to; an ACK's and a
  /// CANCEL's are that of their INVITE.
  std::uint64_t key_of(const sip::Message& request) const;

  /// Null: there is none.
  ServerTransaction* find_server(std::uint64_t key);
  ServerTransaction& make_server(std::uint64_t key, const sip::Message& request,
                                 const Flow& source);

  /// Sends `request`, whose top Via branch carries `random`.
  ClientTransaction& start_client(sip::Method method, std::uint64_t random, const Flow& flow,
                                  std::string request, std::shared_ptr<ClientUser> user,
                                  std::size_t branch);
  /// The same for an INVITE that another process sent and that was answered provisionally: it is
  /// not sent again.
  ClientTransaction& resume_client(std::uint64_t random, const Flow& flow, std::string request,
                                   std::shared_ptr<ClientUser> user, std::size_t branch);
  /// Null: there is none.
  ClientTransaction* find_client(const AnsweredRequest& request);

  /// What Wire::send could not send.
  void on_unsent(std::uint64_t report_to);
  /// A stream is gone: requests that were sent over it and have had no answer at all have failed.
  void on_closed(ConnectionId connection);

  /// No room for what begins something new: even those that only wait were given up.
  bool full() { return is_over(capacity_, byte_budget_); }
  /// Nor for what belongs to a call that is up, which has a quarter more.
  bool overfull() { return is_over(capacity_ + capacity_ / 4, byte_budget_ + byte_budget_ / 4); }
  std::size_t working() const { return working_; }  ///< Unanswered ones.
  std::size_t size() const { return servers_.size() + clients_.size(); }
  /// Of the messages that transactions keep, for as long as they keep them.
  std::size_t bytes() const { return bytes_; }
  /// Requests that are received and not answered yet.
  std::size_t open_servers() const { return open_servers_; }

  // For the transactions.
  Wire& wire() { return wire_; }
  Timers& timers() { return timers_; }
  std::size_t& byte_sum() { return bytes_; }
  void server_answered(std::uint64_t key);
  void client_answered(const ClientTransaction& transaction);
  /// Destroys it; it calls this as its last act.
  void remove_server(std::uint64_t key);
  void remove_client(std::uint64_t key);

 private:
  ClientTransaction& add_client(sip::Method method, std::uint64_t random, const Flow& flow,
                                std::string request, std::shared_ptr<ClientUser> user,
                                std::size_t branch);
  void forget_connection(const ClientTransaction& transaction);
  void linger(std::uint64_t key);
  bool is_over(std::size_t count, std::size_t bytes);
  void make_room();
  void forget_oldest();

  Wire& wire_;
  Timers& timers_;
  const std::size_t capacity_;
  const std::size_t byte_budget_;
  KeyedHash hash_;
  mutable std::string scratch_;
  std::size_t working_ = 0;
  std::size_t open_servers_ = 0;
  std::size_t bytes_ = 0;  ///< Before the transactions, which count themselves out.
  std::unordered_map<std::uint64_t, std::unique_ptr<ServerTransaction>, AsIs> servers_;
  std::unordered_map<std::uint64_t, std::unique_ptr<ClientTransaction>, AsIs> clients_;
  /// Unanswered client transactions by the stream that they were sent over.
  std::unordered_multimap<ConnectionId, std::uint64_t> by_connection_;
  std::deque<std::uint64_t> lingering_;  ///< Answered ones, oldest first; may name some that went.
};

}  // namespace pbx::proxy
