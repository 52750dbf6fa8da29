#include "proxy/domain/errand.hpp"

#include <utility>

#include "proxy/domain/binding_target.hpp"

namespace pbx::proxy {

void Errand::begin(const Call::Parts& parts, ServerTransaction& server, const CallerCheck& caller,
                   const Dialled& dialled, ForwardPlan plan) {
  std::make_shared<Errand>(parts, server, dialled.user, std::move(plan))
      ->look_up(caller, dialled.aor);
}

Errand::Errand(const Call::Parts& parts, ServerTransaction& server, UserId callee, ForwardPlan plan)
    : parts_{parts},
      callee_{callee},
      plan_{std::move(plan)},
      near_{server.source().listener},
      fork_{Fork::make(parts.fork, server, nullptr)} {}

void Errand::look_up(const CallerCheck& caller, const std::string& callee_aor) {
  parts_.auth.confirm(caller, [self = shared_from_this()](sip::NonceUsed used) {
    self->used_ = used;
    self->go_on();
  });
  parts_.locations.load(caller.login.tenant, callee_aor,
                        [self = shared_from_this()](Bindings bindings) {
                          self->bindings_ = std::move(bindings);
                          self->go_on();
                        });
}

void Errand::go_on() {
  if (!used_ || !bindings_ || !fork_->open()) return;
  auto& metrics = parts_.node.metrics;
  if (*used_ != sip::NonceUsed::First) {  // nothing is delivered twice
    metrics.refused(Refusal::ReplayedNonce).Increment();
    return fork_->refuse(407, {}, parts_.auth.challenge(fork_->request(), true));
  }
  if (!*bindings_) {
    metrics.refused(Refusal::BackendDown).Increment();
    return fork_->refuse(503, {}, "Retry-After: 1\r\n");
  }
  std::vector<Target> targets;
  for (const auto& binding : **bindings_) {
    if (auto target = target_of(parts_.node, binding, callee_, near_)) {
      targets.push_back(*std::move(target));
    }
  }
  if (targets.empty()) {
    metrics.refused(Refusal::NotRegistered).Increment();
    return fork_->refuse(480);
  }
  fork_->start(plan_, std::move(targets));
}

}  // namespace pbx::proxy
