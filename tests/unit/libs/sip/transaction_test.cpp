#include "sip/transaction.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <vector>

using namespace pbx;
using namespace std::chrono_literals;
using sip::Act;
using sip::Acts;
using sip::Reliability;
using sip::TimerId;
using sip::TimerSet;

TEST_CASE("An INVITE over UDP is repeated until it is answered", "[sip][transaction]") {
  using namespace sip::invite_client;
  using enum State;
  STATIC_REQUIRE(begin(Reliability::Unreliable).start == TimerSet{TimerId::A, TimerId::B});
  STATIC_REQUIRE(begin(Reliability::Reliable).start == TimerSet{TimerId::B});
  STATIC_REQUIRE(begin(Reliability::Reliable).acts == Acts{Act::SendRequest});

  STATIC_REQUIRE(next(Calling, Event::TimerA)->acts == Acts{Act::SendRequest});
  STATIC_REQUIRE(next(Calling, Event::TimerA)->start == TimerSet{TimerId::A});
  STATIC_REQUIRE(next(Calling, Event::TimerB)->state == Terminated);
  STATIC_REQUIRE(next(Calling, Event::TimerB)->acts == Acts{Act::ReportTimeout});
  STATIC_REQUIRE(next(Calling, Event::Provisional)->state == Proceeding);
  STATIC_REQUIRE(next(Calling, Event::Provisional)->stop == TimerSet{TimerId::A, TimerId::B});
  STATIC_REQUIRE(next(Proceeding, Event::Provisional)->acts == Acts{Act::Pass});
  STATIC_REQUIRE_FALSE(next(Proceeding, Event::TimerA));
  STATIC_REQUIRE_FALSE(next(Proceeding, Event::TimerB));
}

TEST_CASE("A 2xx is passed on again for 64 T1 after the first", "[sip][transaction]") {
  using namespace sip::invite_client;
  using enum State;
  STATIC_REQUIRE(next(Calling, Event::Success)->state == Accepted);
  STATIC_REQUIRE(next(Proceeding, Event::Success)->state == Accepted);
  STATIC_REQUIRE(next(Proceeding, Event::Success)->start == TimerSet{TimerId::M});
  STATIC_REQUIRE(next(Accepted, Event::Success)->acts == Acts{Act::Pass});
  STATIC_REQUIRE(next(Accepted, Event::Success)->start == TimerSet{});
  STATIC_REQUIRE_FALSE(next(Accepted, Event::Failure));
  STATIC_REQUIRE_FALSE(next(Accepted, Event::Provisional));
  STATIC_REQUIRE(next(Accepted, Event::TimerM)->state == Terminated);
}

TEST_CASE("A failed INVITE is acknowledged every time and passed on once", "[sip][transaction]") {
  using namespace sip::invite_client;
  using enum State;
  STATIC_REQUIRE(next(Proceeding, Event::Failure)->state == Completed);
  STATIC_REQUIRE(next(Proceeding, Event::Failure)->acts == Acts{Act::Pass, Act::SendAck});
  STATIC_REQUIRE(next(Proceeding, Event::Failure)->start == TimerSet{TimerId::D});
  STATIC_REQUIRE(next(Completed, Event::Failure)->acts == Acts{Act::SendAck});
  STATIC_REQUIRE_FALSE(next(Completed, Event::Success));
  STATIC_REQUIRE_FALSE(next(Completed, Event::Provisional));
  STATIC_REQUIRE(next(Completed, Event::TimerD)->state == Terminated);
  STATIC_REQUIRE(next(Completed, Event::TransportError)->acts == Acts{Act::ReportTransportError});
  STATIC_REQUIRE(next(Calling, Event::TransportError)->state == Terminated);
}

TEST_CASE("A non-INVITE request is repeated even after a provisional answer",
          "[sip][transaction]") {
  using namespace sip::non_invite_client;
  using enum State;
  STATIC_REQUIRE(begin(Reliability::Unreliable).start == TimerSet{TimerId::E, TimerId::F});
  STATIC_REQUIRE(begin(Reliability::Reliable).start == TimerSet{TimerId::F});
  STATIC_REQUIRE(next(Trying, Event::TimerE)->state == Trying);
  STATIC_REQUIRE(next(Trying, Event::Provisional)->state == Proceeding);
  STATIC_REQUIRE(next(Proceeding, Event::TimerE)->acts == Acts{Act::SendRequest});
  STATIC_REQUIRE(next(Proceeding, Event::TimerF)->acts == Acts{Act::ReportTimeout});
  STATIC_REQUIRE(next(Trying, Event::Final)->state == Completed);
  STATIC_REQUIRE(next(Proceeding, Event::Final)->start == TimerSet{TimerId::K});
  STATIC_REQUIRE(next(Proceeding, Event::Final)->stop == TimerSet{TimerId::E, TimerId::F});
  STATIC_REQUIRE_FALSE(next(Completed, Event::Final));
  STATIC_REQUIRE_FALSE(next(Completed, Event::TransportError));
  STATIC_REQUIRE(next(Completed, Event::TimerK)->state == Terminated);
}

TEST_CASE("A refused INVITE is refused again until the ACK comes", "[sip][transaction]") {
  using namespace sip::invite_server;
  using enum State;
  constexpr auto udp = Reliability::Unreliable;
  constexpr auto tcp = Reliability::Reliable;
  STATIC_REQUIRE(begin().acts == Acts{Act::Pass});
  STATIC_REQUIRE(next(Proceeding, Event::Invite, udp)->acts == Acts{Act::ResendResponse});
  STATIC_REQUIRE(next(Proceeding, Event::Provisional, udp)->acts == Acts{Act::SendResponse});
  STATIC_REQUIRE(next(Proceeding, Event::Failure, udp)->start == TimerSet{TimerId::G, TimerId::H});
  STATIC_REQUIRE(next(Proceeding, Event::Failure, tcp)->start == TimerSet{TimerId::H});
  STATIC_REQUIRE(next(Completed, Event::TimerG, udp)->acts == Acts{Act::ResendResponse});
  STATIC_REQUIRE(next(Completed, Event::Invite, udp)->acts == Acts{Act::ResendResponse});
  STATIC_REQUIRE(next(Completed, Event::TimerH, udp)->acts == Acts{Act::ReportTimeout});
  STATIC_REQUIRE(next(Completed, Event::Ack, udp)->state == Confirmed);
  STATIC_REQUIRE(next(Completed, Event::Ack, udp)->start == TimerSet{TimerId::I});
  STATIC_REQUIRE(next(Completed, Event::Ack, udp)->stop == TimerSet{TimerId::G, TimerId::H});
  STATIC_REQUIRE(next(Completed, Event::Ack, udp)->acts.empty());
  STATIC_REQUIRE(next(Confirmed, Event::Ack, udp)->acts.empty());
  STATIC_REQUIRE(next(Confirmed, Event::TimerI, udp)->state == Terminated);
  STATIC_REQUIRE_FALSE(next(Completed, Event::Success, udp));
  STATIC_REQUIRE_FALSE(next(Completed, Event::Failure, udp));
}

TEST_CASE("An accepted INVITE swallows repeats and passes ACKs on", "[sip][transaction]") {
  using namespace sip::invite_server;
  using enum State;
  constexpr auto udp = Reliability::Unreliable;
  STATIC_REQUIRE(next(Proceeding, Event::Success, udp)->state == Accepted);
  STATIC_REQUIRE(next(Proceeding, Event::Success, udp)->start == TimerSet{TimerId::L});
  STATIC_REQUIRE(next(Accepted, Event::Invite, udp)->acts.empty());
  STATIC_REQUIRE(next(Accepted, Event::Success, udp)->acts == Acts{Act::SendResponse});
  STATIC_REQUIRE(next(Accepted, Event::Ack, udp)->acts == Acts{Act::Pass});
  STATIC_REQUIRE(next(Accepted, Event::TimerL, udp)->state == Terminated);
  STATIC_REQUIRE(next(Accepted, Event::TransportError, udp)->state == Accepted);
  STATIC_REQUIRE_FALSE(next(Accepted, Event::Provisional, udp));
}

TEST_CASE("A non-INVITE transaction answers once and then only repeats itself",
          "[sip][transaction]") {
  using namespace sip::non_invite_server;
  using enum State;
  STATIC_REQUIRE(begin().state == Trying);
  STATIC_REQUIRE(next(Trying, Event::Request)->acts.empty());
  STATIC_REQUIRE(next(Trying, Event::Provisional)->state == Proceeding);
  STATIC_REQUIRE(next(Proceeding, Event::Request)->acts == Acts{Act::ResendResponse});
  STATIC_REQUIRE(next(Trying, Event::Final)->state == Completed);
  STATIC_REQUIRE(next(Trying, Event::Final)->start == TimerSet{TimerId::J});
  STATIC_REQUIRE(next(Completed, Event::Request)->acts == Acts{Act::ResendResponse});
  STATIC_REQUIRE_FALSE(next(Completed, Event::Final));
  STATIC_REQUIRE_FALSE(next(Completed, Event::Provisional));
  STATIC_REQUIRE(next(Completed, Event::TimerJ)->state == Terminated);
  STATIC_REQUIRE(next(Completed, Event::TransportError)->state == Terminated);
}

TEST_CASE("Nothing leaves Terminated", "[sip][transaction]") {
  for (int event = 0; event <= 9; ++event) {
    CAPTURE(event);
    if (event <= static_cast<int>(sip::invite_client::Event::TransportError)) {
      CHECK_FALSE(sip::invite_client::next(sip::invite_client::State::Terminated,
                                           static_cast<sip::invite_client::Event>(event)));
    }
    if (event <= static_cast<int>(sip::non_invite_client::Event::TransportError)) {
      CHECK_FALSE(sip::non_invite_client::next(sip::non_invite_client::State::Terminated,
                                               static_cast<sip::non_invite_client::Event>(event)));
    }
    CHECK_FALSE(sip::invite_server::next(sip::invite_server::State::Terminated,
                                         static_cast<sip::invite_server::Event>(event),
                                         Reliability::Unreliable));
    if (event <= static_cast<int>(sip::non_invite_server::Event::TransportError)) {
      CHECK_FALSE(sip::non_invite_server::next(sip::non_invite_server::State::Terminated,
                                               static_cast<sip::non_invite_server::Event>(event)));
    }
  }
}

TEST_CASE("Timers run as long as RFC 3261 table 4 says", "[sip][transaction]") {
  constexpr auto udp = Reliability::Unreliable;
  constexpr auto tcp = Reliability::Reliable;
  std::vector<int> a;
  std::vector<int> e;
  std::vector<int> g;
  for (unsigned round = 0; round < 6; ++round) {
    a.push_back(static_cast<int>(sip::timer_length(TimerId::A, udp, round).count()));
    e.push_back(static_cast<int>(sip::timer_length(TimerId::E, udp, round).count()));
    g.push_back(static_cast<int>(sip::timer_length(TimerId::G, udp, round).count()));
  }
  CHECK(a == std::vector{500, 1000, 2000, 4000, 8000, 16000});
  CHECK(e == std::vector{500, 1000, 2000, 4000, 4000, 4000});
  CHECK(g == e);
  CHECK(sip::timer_length(TimerId::E, udp, 0, true) == 4s);
  for (const auto timer : {TimerId::B, TimerId::F, TimerId::H, TimerId::L, TimerId::M}) {
    CHECK(sip::timer_length(timer, udp) == 32s);
    CHECK(sip::timer_length(timer, tcp) == 32s);
  }
  CHECK(sip::timer_length(TimerId::C, udp) > 3min);
  CHECK(sip::timer_length(TimerId::D, udp) == 32s);
  CHECK(sip::timer_length(TimerId::J, udp) == 32s);
  CHECK(sip::timer_length(TimerId::I, udp) == 5s);
  CHECK(sip::timer_length(TimerId::K, udp) == 5s);
  for (const auto timer : {TimerId::D, TimerId::I, TimerId::J, TimerId::K}) {
    CHECK(sip::timer_length(timer, tcp) == 0s);
  }
}

TEST_CASE("An unanswered INVITE is sent seven times within 32 seconds", "[sip][transaction]") {
  using namespace sip::invite_client;
  auto transition = begin(Reliability::Unreliable);
  int sent = 1;
  auto now = 0ms;
  unsigned round = 0;
  while (transition.state == State::Calling) {
    const auto repeat_at = now + sip::timer_length(TimerId::A, Reliability::Unreliable, round++);
    const bool timed_out = repeat_at >= sip::timer_length(TimerId::B, Reliability::Unreliable);
    now = repeat_at;
    transition = *next(transition.state, timed_out ? Event::TimerB : Event::TimerA);
    if (transition.acts.has(Act::SendRequest)) ++sent;
  }
  CHECK(sent == 7);
  CHECK(transition.acts.has(Act::ReportTimeout));
}

TEST_CASE("A set of timers is walked in order", "[sip][transaction]") {
  std::vector<TimerId> seen;
  TimerSet{TimerId::M, TimerId::A, TimerId::H}.for_each(
      [&](TimerId timer) { seen.push_back(timer); });
  CHECK(seen == std::vector{TimerId::A, TimerId::H, TimerId::M});
}
