// What becomes of calls that ring when their proxy is lost.
#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>

#include "phone.hpp"
#include "site.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using events::v1::CallEvent;
using test::Phone;
using test::Site;

namespace {

Site& site() {
  static Site one;
  return one;
}

/// The ENDED event of the one call more that has ended since the last time.
CallEvent next_cdr() {
  static std::size_t seen = 0;
  const auto ended = site().ended(++seen);
  REQUIRE(ended.size() == seen);
  return ended.back();
}

/// 1001 calls 1002, whose phones are at the other proxy and ring.
struct RingingCall {
  explicit RingingCall(std::size_t count = 1) {
    for (std::size_t i = 0; i < count; ++i) {
      phones.push_back(std::make_unique<Phone>("1002", "hq.test", site().sip_port(1)));
      phones[i]->enroll();
    }
    ann.call("1002");
    for (auto& phone : phones) {
      invites.push_back(phone->expect("INVITE"));
      phone->answer(invites.back().get(), 180);
      ann.expect(180);
    }
  }
  ~RingingCall() {
    for (auto& phone : phones) {
      while (!phone->silent(50ms)) continue;
      phone->enroll(0);
    }
  }

  Phone ann{"1001", "hq.test", site().sip_port(0)};
  std::vector<std::unique_ptr<Phone>> phones;
  std::vector<sip::StoredMessage> invites;
};

/// The next request of a dialog, past questions whether it goes on; those are answered with `code`.
sip::StoredMessage next_but_questions(Phone& phone, int code) {
  for (;;) {
    auto message = phone.receive();
    if (!message) throw std::runtime_error{"nothing came"};
    if (message->get().method_text() != "INFO") return *std::move(message);
    phone.answer(message->get(), code);
  }
}

void lose_and_replace() {
  site().kill_proxy(0);
  site().start_proxy(0);
}

double resumed() { return site().proxy(0).metric("pbx_proxy_calls_resumed_total"); }

}  // namespace

TEST_CASE("One phone answers at the lost proxy's successor, the others are told", "[proxy][loss]") {
  RingingCall call{3};
  lose_and_replace();
  call.phones[1]->pick_up(call.invites[1].get());
  call.ann.acknowledge(call.ann.expect(200).get());
  call.phones[1]->expect("ACK");
  for (const std::size_t other : {0u, 2u}) {
    const auto cancel = call.phones[other]->expect("CANCEL");
    CHECK(cancel->value(sip::HeaderId::Reason).find("elsewhere") != std::string::npos);
    call.phones[other]->answer(cancel.get(), 200);
    call.phones[other]->answer(call.invites[other].get(), 487);
    call.phones[other]->expect("ACK");
  }
  call.ann.in_dialog("BYE");
  call.phones[1]->answer(call.phones[1]->expect("BYE").get(), 200);
  call.ann.expect(200);
  CHECK(next_cdr().outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(resumed() == 1);
}

TEST_CASE("The caller gives up at the lost proxy's successor", "[proxy][loss]") {
  RingingCall call{2};
  lose_and_replace();
  call.ann.cancel();
  call.ann.expect(200);
  for (std::size_t i = 0; i < 2; ++i) {
    call.phones[i]->answer(call.phones[i]->expect("CANCEL").get(), 200);
    call.phones[i]->answer(call.invites[i].get(), 487);
    call.phones[i]->expect("ACK");
  }
  call.ann.expect(487);
  const auto cdr = next_cdr();
  CHECK(cdr.outcome() == events::v1::CALL_OUTCOME_CANCELLED);
  CHECK(cdr.hung_up_by() == events::v1::CALL_PARTY_CALLER);
}

TEST_CASE("The callee declines at the lost proxy's successor", "[proxy][loss]") {
  RingingCall call;
  lose_and_replace();
  call.phones[0]->answer(call.invites[0].get(), 486);
  call.phones[0]->expect("ACK");
  call.ann.expect(486);
  CHECK(next_cdr().outcome() == events::v1::CALL_OUTCOME_BUSY);
}

TEST_CASE("A call that nobody touches is resumed when its lease runs out", "[proxy][loss]") {
  RingingCall call;
  lose_and_replace();
  CHECK(test::eventually([] { return resumed() == 1; }));
  call.phones[0]->pick_up(call.invites[0].get());
  call.ann.acknowledge(call.ann.expect(200).get());
  call.phones[0]->expect("ACK");
  call.phones[0]->in_dialog("BYE");
  call.ann.answer(call.ann.expect("BYE").get(), 200);
  call.phones[0]->expect(200);
  CHECK(next_cdr().outcome() == events::v1::CALL_OUTCOME_ANSWERED);
}

TEST_CASE("A call whose address nobody takes over goes on at another node", "[proxy][loss]") {
  RingingCall call;
  site().kill_proxy(0);
  // Its phone is behind the other proxy, which repeats the refusal until it knows of the loss.
  call.phones[0]->answer(call.invites[0].get(), 486);
  CHECK(test::eventually(
      [] { return site().proxy(1).metric("pbx_proxy_calls_resumed_total") >= 1; }, 30s));
  const auto cdr = next_cdr();
  CHECK(cdr.outcome() == events::v1::CALL_OUTCOME_BUSY);
  CHECK(cdr.node() == "proxy-2");
  site().start_proxy(0);
}

TEST_CASE("A talking call of a lost proxy whose end nobody wrote is found out", "[proxy][loss]") {
  RingingCall call;
  call.phones[0]->pick_up(call.invites[0].get());
  call.ann.acknowledge(call.ann.expect(200).get());
  call.phones[0]->expect("ACK");
  lose_and_replace();
  // The callee has hung up; the proxy that it told was lost.
  auto caller = std::async(std::launch::async, [&] { return next_but_questions(call.ann, 200); });
  call.phones[0]->answer(call.phones[0]->expect("INFO").get(), 481);
  const auto bye = caller.get();
  CHECK(bye->method_text() == "BYE");
  call.ann.answer(bye.get(), 200);
  call.phones[0]->answer(next_but_questions(*call.phones[0], 481).get(), 481);
  const auto cdr = next_cdr();
  CHECK(cdr.outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(cdr.hung_up_by() == events::v1::CALL_PARTY_PLATFORM);
  CHECK(cdr.ended_at_ms() >= cdr.answered_at_ms());
}

TEST_CASE("A talking call of a lost proxy goes on while its phones say so", "[proxy][loss]") {
  RingingCall call;
  call.phones[0]->pick_up(call.invites[0].get());
  call.ann.acknowledge(call.ann.expect(200).get());
  call.phones[0]->expect("ACK");
  lose_and_replace();
  for (int round = 0; round < 3; ++round) {
    call.ann.answer(call.ann.expect("INFO").get(), 200);
    call.phones[0]->answer(call.phones[0]->expect("INFO").get(), 500);
  }
  call.ann.in_dialog("BYE");
  const auto bye = next_but_questions(*call.phones[0], 500);
  CHECK(bye->method_text() == "BYE");
  call.phones[0]->answer(bye.get(), 200);
  CHECK(next_cdr().hung_up_by() == events::v1::CALL_PARTY_CALLER);
}
