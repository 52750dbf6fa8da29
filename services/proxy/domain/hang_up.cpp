#include "proxy/domain/hang_up.hpp"

#include <utility>

namespace pbx::proxy {
namespace {

std::string tag_of(const Result<sip::NameAddr>& address) {
  return address ? std::string{address->tag()} : std::string{};
}

}  // namespace

bool confirms_bye(int code) { return (code >= 200 && code < 300) || code == 481 || code == 408; }

HangUp::HangUp(const Node& node, Timers& timers, CallRecords& records, const sip::Message& bye)
    : timers_{timers},
      records_{records},
      call_id_{bye.call_id()},
      from_tag_{tag_of(bye.from())},
      to_tag_{tag_of(bye.to())},
      at_ms_{node.clock.now().time_since_epoch().count()} {}

void HangUp::on_answer(const sip::Message&, MoveFunction<void()> forward) {
  confirm(std::move(forward));
}

/// A phone that says nothing, or whose connection is gone, is not there.
void HangUp::before_refusal(std::optional<int> code, MoveFunction<void()> forward) {
  !code || confirms_bye(*code) ? confirm(std::move(forward)) : forward();
}

void HangUp::confirm(MoveFunction<void()> forward) {
  forward_ = std::move(forward);
  timers_.start(alarm_, kPatience);
  records_.hung_up(call_id_, from_tag_, to_tag_, at_ms_,
                   [weak = weak_from_this()](const Result<>&) {
                     const auto self = weak.lock();
                     if (!self) return;
                     self->alarm_.cancel();
                     self->go_on();
                   });
}

void HangUp::go_on() {
  if (auto forward = std::exchange(forward_, {})) forward();
}

}  // namespace pbx::proxy
