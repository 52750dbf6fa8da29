#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <random>

#include "calls/call.hpp"
#include "calls/dialogs_of.hpp"

using namespace pbx;
using namespace pbx::calls;
using events::v1::CallEventKind;

namespace {

constexpr int kNodes = 3;

/// What really happened between the phones, whatever the nodes know of it.
struct Truth {
  enum class Phone { Idle, Ringing, Talking, Over };
  struct Callee {
    std::string tag;
    Phone is = Phone::Idle;
    bool talked = false;
  };
  std::vector<Callee> callees;
  std::optional<std::int64_t> talk_began, talk_ended;

  bool talks() const {
    return std::any_of(callees.begin(), callees.end(),
                       [](const Callee& one) { return one.is == Phone::Talking; });
  }
  void connect(Callee& callee, std::int64_t at) {
    callee.is = Phone::Talking;
    callee.talked = true;
    if (!talk_began) talk_began = at;
    talk_ended.reset();
  }
  void part(Callee& callee, std::int64_t at) {
    callee.is = Phone::Over;
    if (!talks()) talk_ended = at;
  }
};

/// The store that all nodes share, and what each node remembers of the call: perhaps an old
/// version.
struct Cluster {
  Call stored;
  std::vector<std::optional<Call>> copies = std::vector<std::optional<Call>>(kNodes);
  std::vector<CallEventKind> told;

  Outcome tell(std::size_t node, const Event& event) {
    auto copy = copies[node].value_or(stored);
    for (;;) {
      const auto base = copy.version;
      const auto outcome = apply(copy, event);
      if (!outcome.changed && base == stored.version) return outcome;
      if (outcome.changed && base == stored.version) {
        stored = copy;
        copies[node] = copy;
        told.insert(told.end(), outcome.facts.begin(), outcome.facts.end());
        return outcome;
      }
      copy = stored;  // somebody was faster, or what this node remembers is old
    }
  }
};

class Story {
 public:
  explicit Story(std::uint32_t seed) : random_{seed} {
    state::v1::DialogRecord record;
    record.set_call_id("c");
    record.set_started_at_ms(now_);
    record.add_legs()->set_tag("caller");
    cluster_.stored = new_call(record);
    cluster_.told = {CallEventKind::CALL_EVENT_KIND_STARTED};
    const auto callees = 1 + pick(4);
    for (std::size_t i = 0; i < callees; ++i) truth_.callees.push_back({"t" + std::to_string(i)});
  }

  void run() {
    const auto steps = 3 + pick(25);
    for (std::size_t i = 0; i < steps; ++i) step();
    if (!cluster_.stored.end) finish();
  }

  void check() const {
    const auto& call = cluster_.stored;
    REQUIRE(call.end);
    const auto count = [&](CallEventKind kind) {
      return std::count(cluster_.told.begin(), cluster_.told.end(), kind);
    };
    CHECK(count(CallEventKind::CALL_EVENT_KIND_ENDED) == 1);
    CHECK(count(CallEventKind::CALL_EVENT_KIND_ANSWERED) == (truth_.talk_began ? 1 : 0));
    CHECK(cluster_.told.back() == CallEventKind::CALL_EVENT_KIND_ENDED);
    CHECK(cluster_.told.size() == call.sequence);
    CHECK_FALSE(truth_.talks());
    REQUIRE(call.answered() == truth_.talk_began.has_value());
    if (!truth_.talk_began) return;
    CHECK(call.record.answered_at_ms() == *truth_.talk_began);
    REQUIRE(truth_.talk_ended);
    CHECK(call.end->at_ms <= *truth_.talk_ended);  // nothing is charged that was not talked
    if (!lost_) CHECK(call.end->at_ms == *truth_.talk_ended);  // and nothing is missing
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::size_t node() { return pick(kNodes); }
  Truth::Callee& callee() { return truth_.callees[pick(truth_.callees.size())]; }

  Outcome tell(const Event& event) {
    const auto first = cluster_.tell(node(), event);
    while (pick(3) == 0) {  // doubled, at another node
      const auto again = cluster_.tell(node(), event);
      CHECK(again.facts.empty());
    }
    return first;
  }

  void step() {
    now_ += 1 + static_cast<std::int64_t>(pick(1'000));
    switch (pick(9)) {
      case 0:
      case 1:
        return ring(callee());
      case 2:
      case 3:
        return answer(callee());
      case 4:
        return lie();
      case 5:
        return hang_up(callee(), pick(4) == 0);
      case 6:
        return pick(4) == 0 ? give_up() : ring(callee());
      case 7:
        return pick(10) == 0 ? close() : early_bye(callee());
      case 8:
        return confirm_one();
    }
  }

  void ring(Truth::Callee& phone) {
    if (phone.is != Truth::Phone::Idle || given_up_) return;
    phone.is = Truth::Phone::Ringing;
    if (pick(5) != 0) tell(Rang{phone.tag, {}, now_, {}});  // or it was lost
  }

  void answer(Truth::Callee& phone) {
    if (phone.talked) return;  // it answers once, and repeats that at most
    if (phone.is == Truth::Phone::Idle && given_up_) return;
    Answered event;
    event.callee.set_tag(phone.tag);
    event.at_ms = now_;
    // The answer goes to the caller only when the call has heard of it.
    const auto reply = tell(event).reply;
    if (reply == Reply::Ok) return truth_.connect(phone, now_);
    CHECK(reply == Reply::Late);
    phone.is = Truth::Phone::Over;
  }

  /// BYEs that the other side does not confirm are never told; these should not even pass.
  void lie() {
    const auto copy = cluster_.stored;
    if (copy.end) return;
    CHECK_FALSE(may_pass(copy, "caller", "invented", true, Knowledge::All));
    CHECK_FALSE(may_pass(copy, "invented", "caller", true, Knowledge::All));
    const auto& phone = callee();
    if (phone.is == Truth::Phone::Ringing) {
      CHECK_FALSE(may_pass(copy, phone.tag, "caller", true, Knowledge::All));
      tell(HungUp{phone.tag, "caller", now_, false});
    }
    tell(HungUp{"caller", "invented", now_, false});
  }

  void early_bye(Truth::Callee& phone) {
    if (phone.is != Truth::Phone::Ringing) return;
    if (!may_pass(cluster_.stored, "caller", phone.tag, true, Knowledge::All)) return;
    tell(HungUp{"caller", phone.tag, now_, false});
    phone.is = Truth::Phone::Over;  // or it lies, and answers later
  }

  void hang_up(Truth::Callee& phone, bool lost) {
    if (phone.is != Truth::Phone::Talking) return;
    CHECK(may_pass(cluster_.stored, "caller", phone.tag, true, Knowledge::All));
    truth_.part(phone, now_);
    if (lost) {
      lost_ = true;
      return;
    }
    const bool by_caller = pick(2) == 0;
    const HungUp said{by_caller ? "caller" : phone.tag, by_caller ? phone.tag : "caller", now_,
                      false};
    pick(3) == 0 ? claims_.push_back(said) : static_cast<void>(tell(said));
  }

  /// The other side takes its time to confirm a hang-up, and another one is faster.
  void confirm_one() {
    if (claims_.empty()) return;
    const auto at = claims_.begin() + static_cast<std::ptrdiff_t>(pick(claims_.size()));
    const auto said = *at;
    claims_.erase(at);
    tell(said);
  }

  void give_up() {
    given_up_ = true;
    tell(NotAnswered{given_up(now_)});
  }

  void close() {
    if ((lost_ || !claims_.empty()) && !truth_.talks())
      return;  // until the phones are asked, nobody can know
    const auto outcome = cluster_.tell(node(), Closed{closed("An operator.", 480, now_)});
    if (!outcome.changed) return;
    part_all();
  }

  void part_all() {
    for (auto& phone : truth_.callees) {
      if (phone.is == Truth::Phone::Talking) truth_.part(phone, now_);
    }
  }

  /// Whoever talks hangs up; what was lost is found out by asking the phones.
  void finish() {
    for (auto& phone : truth_.callees) {
      now_ += 1;
      hang_up(phone, false);
    }
    while (!claims_.empty()) confirm_one();
    if (cluster_.stored.end) return;
    if (!cluster_.stored.answered()) return give_up();
    // The end that is told is the last moment at which the phones were known to talk.
    const auto known = *truth_.talk_began +
                       static_cast<std::int64_t>(pick(
                           1 + static_cast<std::size_t>(*truth_.talk_ended - *truth_.talk_began)));
    CHECK(lost_);
    tell(Closed{closed("A phone had ended the call before.", 500, known)});
  }

  std::mt19937 random_;
  std::int64_t now_ = 1'000;
  Cluster cluster_;
  Truth truth_;
  std::vector<HungUp> claims_;  ///< Hang-ups that are not confirmed yet.
  bool given_up_ = false;
  bool lost_ = false;  ///< A hang-up that nobody wrote.
};

}  // namespace

TEST_CASE(
    "Whatever happens to a call, in any order, doubled or lost, it ends once and charges what was "
    "talked",
    "[calls]") {
  for (std::uint32_t seed = 1; seed <= 20'000; ++seed) {
    CAPTURE(seed);
    Story story{seed};
    story.run();
    story.check();
  }
}
