#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace pbx::proxy {

/// What a proxy does with the responses of a forked request (RFC 3261 §16.7), as a value without
/// I/O: told what happened on a branch, it says what to do.
class ResponseContext {
 public:
  explicit ResponseContext(bool invite) : invite_{invite} {}

  /// A branch that is about to be sent; gives its index, counted from 0.
  std::size_t add();

  struct Step {
    bool forward = false;  ///< Send this response upstream now.
    bool finish = false;   ///< No branch is open and nothing final went up: send best().
    /// Branches to be cancelled may have come up: ask take_cancel() until it gives none.
    bool cancel = false;

    friend bool operator==(const Step&, const Step&) = default;
  };

  Step on_provisional(std::size_t branch, int code);
  /// A final response, or 408 for a timeout and 503 for a transport that failed.
  Step on_final(std::size_t branch, int code);
  /// Timer C, or no answer to a CANCEL: counts as 408 from now on, and is cancelled if it rang.
  Step on_no_answer(std::size_t branch);
  /// The caller gave up: every open branch is to be cancelled, and one that has not answered at all
  /// is waited for no longer.
  Step on_cancel();
  /// The platform ends it: nothing is waited for.
  Step give_up();

  /// A branch that needs its CANCEL now: it has answered provisionally (RFC 3261 §9.1).
  std::optional<std::size_t> take_cancel();

  struct Best {
    std::size_t branch = 0;
    int code = 0;
  };
  /// The response that goes upstream, of those that came. Code 0: there is none.
  Best best() const;

  bool answered() const { return answered_; }    ///< A 2xx was forwarded.
  bool cancelled() const { return cancelled_; }  ///< By the caller.
  bool finished() const { return finished_; }    ///< Something final went upstream.
  bool may_answer_late() const;                  ///< A branch has said nothing final yet.
  bool abandoned(std::size_t branch) const {     ///< Silent, and not waited for.
    return branches_[branch].open() && branches_[branch].abandoned;
  }
  std::size_t size() const { return branches_.size(); }
  int final_code(std::size_t branch) const { return branches_[branch].final_code; }

 private:
  struct Branch {
    int final_code = 0;
    bool provisional = false;
    bool cancel_wanted = false;
    bool cancel_sent = false;
    bool responded = false;  ///< Its final code came by wire: nothing to cancel any more.
    bool abandoned = false;  ///< Not waited for.

    bool open() const { return final_code == 0; }
    bool cancel_due() const { return cancel_wanted && !cancel_sent && provisional && !responded; }
  };

  void stop_open_branches();
  bool cancel_due() const;
  Step settle();

  bool invite_;
  bool answered_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
  std::vector<Branch> branches_;
};

/// Lower is better: how a final non-2xx response ranks against others (RFC 3261 §16.7 step 6).
int response_rank(int code);

}  // namespace pbx::proxy
