#include "proxy/domain/hang_up.hpp"

#include <utility>

#include "proxy/domain/own_request.hpp"

namespace pbx::proxy {
namespace {

std::string tag_of(const Result<sip::NameAddr>& address) {
  return address ? std::string{address->tag()} : std::string{};
}

}  // namespace

ByeAnswer bye_answer_of(std::optional<int> code) {
  if (!code || *code == 408 || *code == 430) return ByeAnswer::Silence;
  if (*code == 481) return ByeAnswer::NoDialog;
  return *code >= 200 && *code < 300 ? ByeAnswer::Heard : ByeAnswer::Refused;
}

HangUp::HangUp(const Node& node, TransactionLayer& layer, CallRecords& records, calls::Key call,
               const sip::Message& bye)
    : node_{node},
      layer_{layer},
      records_{records},
      call_{std::move(call)},
      from_tag_{tag_of(bye.from())},
      to_tag_{tag_of(bye.to())},
      at_ms_{now_ms()} {}

void HangUp::set_record(const state::v1::DialogRecord& call) {
  from_caller_ = calls::caller_of(call).tag() == from_tag_;
  const auto* callee = calls::find_callee(call, from_caller_ ? to_tag_ : from_tag_);
  if (callee != nullptr) dialog_ = with_one_callee(call, *callee);
}

void HangUp::on_answer(const sip::Message&, std::size_t, MoveFunction<void()> forward) {
  forward_ = std::move(forward);
  confirm(at_ms_);
}

void HangUp::before_refusal(std::optional<int> code, MoveFunction<void()> forward) {
  forward_ = std::move(forward);
  switch (bye_answer_of(code)) {
    case ByeAnswer::Heard:
      return confirm(at_ms_);
    case ByeAnswer::NoDialog:
    case ByeAnswer::Silence:
      return insist();
    case ByeAnswer::Refused:
      return take_back();
  }
}

void HangUp::insist() {
  const auto side = from_caller_ ? Side::Callee : Side::Caller;
  auto bye = dialog_ ? make_bye(node_, *dialog_, side, "The other side hung up") : std::nullopt;
  if (!bye) return confirm(at_ms_);
  layer_.start_client(sip::Method::Bye, bye->random, bye->flow, std::move(bye->bytes),
                      shared_from_this(), 0);
}

void HangUp::on_response(ClientTransaction&, const sip::Message& response) {
  const int code = response.status();
  if (code < 200) return;
  if (bye_answer_of(code) == ByeAnswer::Refused) return take_back();
  confirm(code < 300 ? now_ms() : at_ms_);
}

void HangUp::confirm(std::int64_t at_ms) {
  layer_.timers().start(alarm_, kPatience);
  records_.hung_up(call_, from_tag_, to_tag_, at_ms, [weak = weak_from_this()](const Result<>&) {
    const auto self = weak.lock();
    if (!self) return;
    self->alarm_.cancel();
    self->go_on();
  });
}

/// Whoever said it may have gone all the same, as phones do when they have hung up.
void HangUp::take_back() {
  records_.doubt(call_);
  go_on();
}

void HangUp::go_on() {
  if (auto forward = std::exchange(forward_, {})) forward();
}

}  // namespace pbx::proxy
