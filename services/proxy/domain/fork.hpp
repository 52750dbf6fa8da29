#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/move_function.hpp"
#include "proxy/domain/forwarder.hpp"
#include "proxy/domain/node.hpp"
#include "proxy/domain/response_context.hpp"
#include "proxy/domain/stateless.hpp"
#include "proxy/domain/transaction_layer.hpp"

namespace pbx::proxy {

/// What a fork tells the call that it belongs to.
class ForkObserver {
 public:
  virtual ~ForkObserver() = default;

  /// A provisional response above 100 goes to the caller.
  virtual void on_ringing(const sip::Message& response, std::size_t branch) = 0;
  /// The first phone answered. The caller gets to know when `forward` is called.
  virtual void on_answer(const sip::Message& response, std::size_t branch,
                         MoveFunction<void()> forward) = 0;
  /// One of several phones refused; the others are still asked.
  virtual void on_branch_refused(int code, std::size_t branch) = 0;
  /// A final response of 300 or more went to the caller. `cancelled`: by the caller; `detail`: the
  /// sentence of a Reason, or empty.
  virtual void on_refused(int code, bool cancelled, std::string_view detail) = 0;
  /// Another phone answered as well, or the same one again; that goes up at once.
  virtual void on_another_answer(const sip::Message&, std::size_t) {}
  /// Who is told of such answers from now on; null: nobody. A call of its own need not stay for it.
  virtual std::shared_ptr<ForkObserver> successor() { return nullptr; }
  /// A request other than INVITE was refused by all, the best of them with that code; nullopt: no
  /// answer came. Its sender gets to know when `forward` is called.
  virtual void before_refusal(std::optional<int>, MoveFunction<void()> forward) { forward(); }
};

/// A request that goes on to one or more targets at once, and its responses: the response context
/// of RFC 3261 §16.6–16.10 with its transactions and Timer C. Kept alive by its transactions.
class Fork final : public ServerUser, public ClientUser, public std::enable_shared_from_this<Fork> {
 public:
  struct Parts {
    const Node& node;
    TransactionLayer& layer;
    Stateless& stateless;
  };

  /// Attaches itself to `server`. `observer` may be null.
  static std::shared_ptr<Fork> make(const Parts& parts, ServerTransaction& server,
                                    std::shared_ptr<ForkObserver> observer);
  Fork(const Parts& parts, ServerTransaction& server, std::shared_ptr<ForkObserver> observer);

  /// Sends the request to every target. Nothing happens when it was cancelled or refused before.
  void start(const ForwardPlan& plan, std::vector<Target> targets);
  /// A branch that another process sent.
  struct Known {
    Target target;
    int final_code = 0;  ///< 0: it rings, as far as is known.
  };
  /// Goes on with an INVITE that another process sent to these, which wait `timer_c` longer, and
  /// never longer than `ringing`.
  void resume(const ForwardPlan& plan, std::vector<Known> branches,
              std::chrono::milliseconds timer_c, std::chrono::milliseconds ringing);
  /// Answers with an error of our own instead; cancels what rings.
  void refuse(int code, std::string_view reason = {}, std::string_view header_lines = {});
  /// Somebody else answers it: this one is silent from now on.
  void abandon() {
    if (open()) layer_.remove_server(server_->key());
  }

  /// Nothing final went to the caller yet.
  bool open() const { return server_ != nullptr && !server_->answered(); }
  /// The request; only while open().
  const sip::Message& request() const { return server_->request(); }
  const Target& target(std::size_t branch) const { return branches_[branch]->target; }
  /// Of its top Via.
  const std::string& branch_id(std::size_t branch) const { return branches_[branch]->id; }
  std::size_t size() const { return branches_.size(); }

  void on_cancel(const sip::Message& cancel) override;
  void on_server_gone() override { server_ = nullptr; }
  void on_send(std::string_view response) override;
  void on_response(ClientTransaction& transaction, const sip::Message& response) override;
  void on_failure(ClientTransaction& transaction, Failure failure) override;
  void on_client_gone(ClientTransaction& transaction) override;

 private:
  enum class Wait : std::uint8_t { TimerC, CancelAnswer, LastChance };

  struct Branch {
    Branch(Fork& owner, std::size_t at, Target to)
        : fork{owner}, index{at}, target{std::move(to)} {}
    void on_alarm() { fork.on_alarm(*this); }

    Fork& fork;
    const std::size_t index;
    const Target target;
    std::uint64_t random = 0;
    std::string id;  ///< With `random` in it, as in the Via.
    ClientTransaction* transaction = nullptr;
    Wait wait = Wait::TimerC;
    AlarmFor<Branch, &Branch::on_alarm> alarm{*this};
  };

  Branch& add(Target target, const ForwardPlan& plan);
  std::string forwarded(const Branch& branch, const ForwardPlan& plan) const;
  void send(Branch& branch, const ForwardPlan& plan);
  void on_alarm(Branch& branch);
  void on_provisional(Branch& branch, const sip::Message& response);
  void on_success(Branch& branch, const sip::Message& response);
  void on_refusal(Branch& branch, const sip::Message& response);
  void act(ResponseContext::Step step);
  void cancel(Branch& branch);
  void stop_silent_branches();
  void finish();
  std::chrono::milliseconds timer_c(std::chrono::milliseconds length) const;
  void send_refusal(int code);
  void tell_refused(int code, bool cancelled, std::string_view detail);
  std::string best_response(int code) const;

  const Node& node_;
  TransactionLayer& layer_;
  Stateless& stateless_;
  ServerTransaction* server_;
  std::shared_ptr<ForkObserver> observer_;
  const bool invite_;
  bool edge_ = false;
  std::optional<Home> first_hop_;
  bool refused_ = false;  ///< The caller was given 300 or more.
  const Flow source_;
  const Flow reply_to_;  ///< Where answers go.
  const std::uint32_t since_s_;
  Clock::Steady rings_until_;  ///< However often the phones say that they ring.
  ResponseContext context_;
  std::vector<std::unique_ptr<Branch>> branches_;
  std::string best_;  ///< As it goes upstream; of branch best_branch_.
  std::size_t best_branch_ = 0;
  std::vector<std::pair<std::size_t, std::string>>
      challenges_;            ///< Lines of each branch's 401/407.
  std::string cancel_lines_;  ///< Header lines for CANCELs: why.
  int answers_ = 0;           ///< 2xx, repetitions included.
  bool answer_held_ = false;  ///< A 2xx waits until its record is stored.
};

}  // namespace pbx::proxy
