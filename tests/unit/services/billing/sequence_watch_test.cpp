#include "billing/domain/sequence_watch.hpp"

#include <catch2/catch.hpp>

#include "unit/services/billing/events.hpp"

using namespace pbx;
using namespace pbx::billing;
using test::event;
using Verdict = SequenceWatch::Verdict;
using enum events::v1::CallEventKind;

TEST_CASE("A call told without gaps is in order", "[billing]") {
  SequenceWatch watch;
  CHECK(watch.see(event("a", 1, CALL_EVENT_KIND_STARTED)) == Verdict::Next);
  CHECK(watch.see(event("b", 1, CALL_EVENT_KIND_STARTED)) == Verdict::Next);
  CHECK(watch.see(event("a", 2, CALL_EVENT_KIND_RINGING)) == Verdict::Next);
  CHECK(watch.see(event("a", 3, CALL_EVENT_KIND_ENDED)) == Verdict::Next);
  CHECK(watch.calls() == 1);
}

TEST_CASE("A missing event is a gap, one that comes again is not", "[billing]") {
  SequenceWatch watch;
  watch.see(event("a", 1, CALL_EVENT_KIND_STARTED));
  CHECK(watch.see(event("a", 1, CALL_EVENT_KIND_STARTED)) == Verdict::Repeated);
  CHECK(watch.see(event("a", 4, CALL_EVENT_KIND_ANSWERED)) == Verdict::Gap);
  CHECK(watch.missing() == 2);
  CHECK(watch.see(event("a", 3, CALL_EVENT_KIND_RINGING)) == Verdict::Repeated);
  CHECK(watch.see(event("a", 5, CALL_EVENT_KIND_ENDED)) == Verdict::Next);
}

TEST_CASE("Calls that were under way when reading began are not judged by what came before",
          "[billing]") {
  SequenceWatch watch;
  CHECK(watch.see(event("old", 3, CALL_EVENT_KIND_ANSWERED, 100'000, 90'000)) == Verdict::Next);
  CHECK(watch.see(event("old", 5, CALL_EVENT_KIND_ENDED, 110'000, 90'000)) == Verdict::Gap);
  CHECK(watch.see(event("new", 2, CALL_EVENT_KIND_RINGING, 130'000, 120'000)) == Verdict::Gap);
  CHECK(watch.missing() == 1);
}

TEST_CASE("The end of a call that comes once more is no gap", "[billing]") {
  SequenceWatch watch;
  watch.see(event("first", 1, CALL_EVENT_KIND_STARTED, 1'000));
  watch.see(event("a", 1, CALL_EVENT_KIND_STARTED, 100'000));
  watch.see(event("a", 2, CALL_EVENT_KIND_ENDED, 101'000, 100'000));
  CHECK(watch.see(event("a", 2, CALL_EVENT_KIND_ENDED, 101'000, 100'000)) == Verdict::Repeated);
}

TEST_CASE("Calls whose end never comes are forgotten when room is needed", "[billing]") {
  SequenceWatch watch{3};
  constexpr std::int64_t kHour = 3600 * 1000;
  watch.see(event("lost", 1, CALL_EVENT_KIND_STARTED, kHour));
  watch.see(event("b", 1, CALL_EVENT_KIND_STARTED, 20 * kHour));
  watch.see(event("c", 1, CALL_EVENT_KIND_STARTED, 20 * kHour));
  watch.see(event("d", 1, CALL_EVENT_KIND_STARTED, 20 * kHour));
  CHECK(watch.calls() == 3);
  CHECK(watch.see(event("b", 3, CALL_EVENT_KIND_ANSWERED, 20 * kHour)) == Verdict::Gap);

  watch.see(event("e", 1, CALL_EVENT_KIND_STARTED, 20 * kHour));  // none is old: begins again
  CHECK(watch.calls() == 1);
  CHECK(watch.see(event("c", 2, CALL_EVENT_KIND_ANSWERED, 20 * kHour)) == Verdict::Next);
}
