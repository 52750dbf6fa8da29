#include "proxy/domain/hang_up.hpp"

#include <utility>

namespace pbx::proxy {

std::shared_ptr<HangUp> HangUp::begin(const Node& node, Timers& timers, CallRecords& records,
                                      const sip::Message& bye) {
  auto hang_up = std::make_shared<HangUp>(timers);
  const auto from = bye.from();
  const auto to = bye.to();
  records.hung_up(bye.call_id(), from->tag(), to->tag(),
                  node.clock.now().time_since_epoch().count(),
                  [weak = std::weak_ptr{hang_up}](const Result<>&) {
                    if (const auto waiting = weak.lock()) waiting->written();
                  });
  return hang_up;
}

void HangUp::hold(MoveFunction<void()> forward) {
  if (written_) return forward();
  forward_ = std::move(forward);
  timers_.start(alarm_, kPatience);
}

void HangUp::written() {
  written_ = true;
  alarm_.cancel();
  go_on();
}

void HangUp::go_on() {
  if (auto forward = std::exchange(forward_, {})) forward();
}

}  // namespace pbx::proxy
