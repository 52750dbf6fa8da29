#include "registrar/domain/restoration.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "core/errc.hpp"
#include "fixture.hpp"
#include "registrar/domain/event.hpp"

using namespace pbx;
using namespace pbx::registrar;
using namespace pbx::registrar::test;
using namespace std::chrono_literals;
using Contacts = std::vector<std::string>;

namespace {

constexpr auto kAdded = events::v1::REGISTRATION_CHANGE_ADDED;
constexpr auto kMoved = events::v1::REGISTRATION_CHANGE_MOVED;
constexpr auto kRemoved = events::v1::REGISTRATION_CHANGE_REMOVED;
const std::string kAor = std::string{"1001@"} + kDomain;

Contacts contacts_of(const std::optional<KnownAor>& known) {
  Contacts all;
  if (!known) return all;
  for (const auto& one : known->bindings) all.push_back(one.contact());
  std::sort(all.begin(), all.end());
  return all;
}

struct Told {
  fakes::ManualClock clock;
  BindingFold fold;

  state::v1::Binding binding(const std::string& contact, std::chrono::milliseconds left = 60s,
                             std::uint64_t user = 1001) const {
    state::v1::Binding made;
    made.set_contact(contact);
    made.set_expires_at_ms((clock.now() + left).time_since_epoch().count());
    made.set_user_id(user);
    return made;
  }

  void tell(events::v1::RegistrationChange change, const Bindings& bindings,
            const std::string& aor = kAor) {
    const auto state = state_event(kTenant, aor, change, bindings, clock.now(), "registrar-1");
    REQUIRE(fold.apply("9/" + aor, state.SerializeAsString(), clock.now()));
  }
};

/// Marks as Redis has them, and what was restored.
struct FakeStore final : RestoreStore {
  std::error_code error;
  bool marked = false, provisional = false, leased = false;
  std::map<std::string, Bindings> aors;
  std::uint32_t before = 0;
  std::function<void()> meanwhile;

  void whole(Done<bool> done) override { answer(std::move(done), marked); }
  void claim(Done<bool> done) override { answer(std::move(done), !std::exchange(leased, true)); }
  void begin(Done<> done) override {
    provisional = true;
    done(error ? Result<>{error} : Result<>{});
  }
  void keep(Done<bool> done) override { answer(std::move(done), leased); }
  void restore(const KnownAor& known, Done<RestoredAor> done) override {
    if (meanwhile) std::exchange(meanwhile, {})();
    if (error) return done(error);
    const auto added = static_cast<std::uint32_t>(known.bindings.size());
    aors[known.aor] = known.bindings;
    done(RestoredAor{added, before});
  }
  void seal(Done<bool> done) override {
    if (!error && provisional) marked = true;
    answer(std::move(done), provisional);
  }
  void release() override { leased = false; }

 private:
  void answer(Done<bool> done, bool yes) const {
    if (error) return done(error);
    done(yes);
  }
};

struct FakeLog final : BindingLog {
  BindingFold fold;
  bool reading = false, read = false;

  void start() override { reading = true; }
  bool complete() const override { return reading && read; }
  BindingFold take() override {
    reading = false;
    return std::exchange(fold, {});
  }
  void stop() override { reading = false; }
};

struct Restoring : Fixture {
  FakeStore marks;
  FakeLog log;
  Restoration restoration{{marks, log, store, directory, tags, events, clock, settings, metrics}};

  Restoring() {
    events::v1::ConfigRecord complete;
    complete.mutable_epoch()->set_id("test");
    directory.apply("epoch/0", complete.SerializeAsString());
  }

  void know(std::uint64_t user, std::uint32_t credential = 0) {
    state::v1::Binding binding;
    binding.set_contact("sip:phone@192.0.2.7");
    binding.set_expires_at_ms((clock.now() + 60s).time_since_epoch().count());
    binding.set_user_id(user);
    binding.set_credential(credential);
    const auto aor = std::to_string(user) + "@" + kDomain;
    const auto state = state_event(kTenant, aor, kAdded, {binding}, clock.now(), "registrar-1");
    log.fold.apply("9/" + aor, state.SerializeAsString(), clock.now());
  }

  void ticks(int count) {
    for (int i = 0; i < count; ++i) {
      clock.advance(1s);
      restoration.tick();
    }
  }
};

}  // namespace

TEST_CASE_METHOD(Told, "The fold keeps the last set of each AoR that may be there", "[registrar]") {
  tell(kAdded, {binding("sip:a"), binding("sip:short", 5s)});
  tell(kAdded, {binding("sip:other")}, std::string{"1002@"} + kDomain);
  CHECK(fold.size() == 2);
  tell(kRemoved, {}, std::string{"1002@"} + kDomain);
  CHECK(fold.size() == 1);
  clock.advance(24h + 6s);
  const auto known = fold.take(clock.now());
  CHECK(known->aor == kAor);
  CHECK(known->tenant == kTenant);
  CHECK(contacts_of(known) == Contacts{"sip:a"});
  CHECK_FALSE(fold.take(clock.now()));
}

TEST_CASE_METHOD(Told, "A phone that has refreshed since it was told of is there for another term",
                 "[registrar]") {
  auto phone = binding("sip:a", 3600s);
  phone.set_duration_s(3600);
  tell(kAdded, {phone});
  clock.advance(20h);
  const auto known = fold.take(clock.now());
  REQUIRE(contacts_of(known) == Contacts{"sip:a"});
  CHECK(known->bindings.front().expires_at_ms() ==
        (clock.now() + 3600s).time_since_epoch().count());
}

TEST_CASE_METHOD(Told, "A daily word of a phone does not make the others forgotten",
                 "[registrar]") {
  tell(kAdded, {binding("sip:a"), binding("sip:b")});
  tell(events::v1::REGISTRATION_CHANGE_AFFIRMED, {binding("sip:a")});  // after a loss
  CHECK(contacts_of(fold.take(clock.now())) == Contacts{"sip:a", "sip:b"});
}

TEST_CASE_METHOD(Told, "A tombstone leaves nothing, and what is no event is refused",
                 "[registrar]") {
  tell(kAdded, {binding("sip:a")});
  CHECK(fold.apply("9/" + kAor, std::nullopt, clock.now()));
  CHECK(fold.size() == 0);
  CHECK_FALSE(fold.apply("9/x", "not a message", clock.now()));
  CHECK_FALSE(fold.apply("9/x",
                         state_event(kTenant, {}, kAdded, {}, clock.now(), "n").SerializeAsString(),
                         clock.now()));
}

TEST_CASE_METHOD(Told, "A phone that registers after the loss does not make the others forgotten",
                 "[registrar]") {
  auto moved = binding("sip:a2");
  moved.set_instance("urn:uuid:1");
  auto first = moved;
  first.set_contact("sip:a1");
  tell(kAdded, {first, binding("sip:b")});
  tell(kAdded, {moved});  // after the loss: the registrar knew of nothing else
  CHECK(contacts_of(fold.take(clock.now())) == Contacts{"sip:a2", "sip:b"});

  tell(kAdded, {first, binding("sip:b")});
  tell(kMoved, {moved});
  tell(kRemoved, {moved});
  CHECK(contacts_of(fold.take(clock.now())) == Contacts{"sip:a2"});
}

TEST_CASE_METHOD(Told, "A binding told without id, by an earlier release, gets the one of today",
                 "[registrar]") {
  tell(kAdded, {binding("SIP:a@192.0.2.7")});
  tell(kMoved, {binding("sip:a@192.0.2.7:5060")});
  const auto known = fold.take(clock.now());
  REQUIRE(contacts_of(known) == Contacts{"sip:a@192.0.2.7:5060"});
  CHECK(known->bindings.front().id() == "sip:a@192.0.2.7:5060");
}

TEST_CASE_METHOD(Told, "A binding told with its id keeps it", "[registrar]") {
  auto phone = binding("sip:a@192.0.2.7");
  phone.set_id("as it was stored");
  auto moved = binding("sip:b@192.0.2.8");
  moved.set_id(phone.id());
  tell(kAdded, {phone});
  tell(kMoved, {moved});
  const auto known = fold.take(clock.now());
  REQUIRE(contacts_of(known) == Contacts{"sip:b@192.0.2.8"});
  CHECK(known->bindings.front().id() == "as it was stored");
}

TEST_CASE_METHOD(Restoring, "A store that lacks its mark is filled from the log once",
                 "[registrar]") {
  know(1001);
  ticks(1);
  CHECK(restoration.active());
  CHECK(log.reading);
  ticks(3);
  CHECK(marks.aors.empty());  // the log's end is not reached
  log.read = true;
  ticks(1);
  CHECK(marks.aors.size() == 1);
  CHECK(marks.marked);
  CHECK_FALSE(marks.leased);
  CHECK_FALSE(restoration.active());
  CHECK(metrics.restorations.Value() == 1);
  CHECK(metrics.restored.Value() == 1);
  ticks(5);
  CHECK_FALSE(log.reading);
  CHECK(metrics.restorations.Value() == 1);
}

TEST_CASE_METHOD(Restoring, "A whole store, or one that another registrar fills, is left alone",
                 "[registrar]") {
  marks.marked = true;
  ticks(3);
  CHECK_FALSE(restoration.active());
  marks.marked = false;
  marks.leased = true;
  ticks(3);
  CHECK_FALSE(restoration.active());
  CHECK_FALSE(log.reading);
}

TEST_CASE_METHOD(Restoring, "Nothing is restored before the directory is complete", "[registrar]") {
  directory::Directory unknown;
  Restoration early{{marks, log, store, unknown, tags, events, clock, settings, metrics}};
  clock.advance(2s);
  early.tick();
  CHECK_FALSE(early.active());
}

TEST_CASE_METHOD(Restoring, "What no phone could register now is not put back", "[registrar]") {
  know(1001, 4711);  // another password since
  know(1002);        // suspended
  know(1003);
  know(9999);  // unknown
  log.read = true;
  ticks(2);
  REQUIRE(marks.aors.size() == 1);
  CHECK(marks.aors.begin()->first == std::string{"1003@"} + kDomain);
}

TEST_CASE_METHOD(Restoring, "A store that goes away while it is filled is filled when it is back",
                 "[registrar]") {
  know(1001);
  know(1003);
  log.read = true;
  ticks(1);
  marks.error = make_error_code(Errc::Unavailable);
  ticks(3);
  CHECK(restoration.active());
  CHECK(marks.aors.empty());
  marks.error = {};
  ticks(2);
  CHECK(marks.aors.size() == 2);
  CHECK(marks.marked);
}

TEST_CASE_METHOD(Restoring, "A second loss while it is filled begins it anew", "[registrar]") {
  know(1001);
  log.read = true;
  ticks(1);
  marks.meanwhile = [&] { marks.provisional = marks.leased = false; };
  ticks(1);
  CHECK_FALSE(marks.marked);
  CHECK_FALSE(restoration.active());
  know(1001);
  ticks(3);
  CHECK(marks.marked);
}

TEST_CASE_METHOD(Restoring, "Who lost the lease stops", "[registrar]") {
  know(1001);
  ticks(1);
  marks.leased = false;
  ticks(2);
  CHECK_FALSE(log.reading);
  CHECK_FALSE(restoration.active());
}

TEST_CASE_METHOD(Restoring, "Bindings put beside newer ones are told, for the next loss",
                 "[registrar]") {
  REQUIRE(send({}).code() == 200);
  REQUIRE(events.states.size() == 1);
  know(1001);
  marks.before = 1;
  log.read = true;
  ticks(2);
  REQUIRE(events.states.size() == 2);
  CHECK(events.states.back().aor() == kAor);
}
