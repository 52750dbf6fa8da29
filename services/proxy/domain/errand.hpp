#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/domain/call.hpp"

namespace pbx::proxy {

/// A request other than INVITE from one user to another: it goes to all the callee's phones, once
/// these are known and the caller's nonce count was not used elsewhere.
class Errand final : public std::enable_shared_from_this<Errand> {
 public:
  /// Takes over `server`, whose request has been authenticated as `caller`'s.
  static void begin(const Call::Parts& parts, ServerTransaction& server, const CallerCheck& caller,
                    const Dialled& dialled, ForwardPlan plan);

  Errand(const Call::Parts& parts, ServerTransaction& server, UserId callee, ForwardPlan plan);

 private:
  using Bindings = Result<std::vector<state::v1::Binding>>;

  void look_up(const CallerCheck& caller, const std::string& callee_aor);
  void go_on();

  const Call::Parts parts_;
  const UserId callee_;
  const ForwardPlan plan_;
  const std::size_t near_;
  const std::shared_ptr<Fork> fork_;
  std::optional<sip::NonceUsed> used_;
  std::optional<Bindings> bindings_;
};

}  // namespace pbx::proxy
