#include <catch2/catch.hpp>

#include "proxy/domain/response_context.hpp"

using pbx::proxy::ResponseContext;
using Step = ResponseContext::Step;

namespace {

ResponseContext forked(std::size_t branches, bool invite = true) {
  ResponseContext context{invite};
  for (std::size_t i = 0; i < branches; ++i) context.add();
  return context;
}

std::vector<std::size_t> cancels(ResponseContext& context) {
  std::vector<std::size_t> all;
  while (const auto branch = context.take_cancel()) all.push_back(*branch);
  return all;
}

constexpr Step kNothing{};
constexpr Step kForward{.forward = true};
constexpr Step kFinish{.finish = true};

}  // namespace

TEST_CASE("100 stays here, other provisional responses go up", "[proxy][fork]") {
  auto context = forked(1);
  CHECK(context.on_provisional(0, 100) == kNothing);
  CHECK(context.on_provisional(0, 180) == kForward);
}

TEST_CASE("The first 2xx goes up and the phones that ring are cancelled", "[proxy][fork]") {
  auto context = forked(4);
  context.on_provisional(0, 180);
  context.on_provisional(1, 180);
  context.on_final(3, 486);
  CHECK(context.on_final(1, 200) == Step{.forward = true, .cancel = true});
  CHECK(cancels(context) == std::vector<std::size_t>{0});
  CHECK(context.abandoned(2));

  SECTION("one that rings only now is cancelled then, and its ringing stays here") {
    CHECK(context.on_provisional(2, 180) == Step{.cancel = true});
    CHECK(cancels(context) == std::vector<std::size_t>{2});
  }
  SECTION("a phone that answered at the same moment goes up too") {
    CHECK(context.on_final(0, 200).forward);
  }
  SECTION("a refusal after it is nobody's business") {
    CHECK(context.on_final(0, 487) == kNothing);
  }
  SECTION("its repetition goes up") { CHECK(context.on_final(1, 200).forward); }
}

TEST_CASE("Refusals wait for the last branch and the best one goes up", "[proxy][fork]") {
  const auto [first, second, best] = GENERATE(table<int, int, int>({
      {486, 480, 486},
      {480, 486, 486},
      {408, 480, 480},
      {503, 486, 486},
      {503, 408, 408},
      {404, 603, 603},
      {302, 603, 603},
      {486, 302, 302},
      {486, 407, 407},
      {484, 486, 484},
      {500, 404, 404},
      {430, 486, 486},
      {487, 408, 487},
  }));
  CAPTURE(first, second);
  auto context = forked(2);
  CHECK(context.on_final(0, first) == kNothing);
  CHECK(context.on_final(1, second) == kFinish);
  CHECK(context.best().code == best);
  CHECK(context.best().branch == (best == second ? 1u : 0u));
}

TEST_CASE("6xx stops the ringing and goes up when that has ended", "[proxy][fork]") {
  auto context = forked(3);
  context.on_provisional(0, 180);
  const auto step = context.on_final(1, 603);
  CHECK(step == Step{.cancel = true});
  CHECK(cancels(context) == std::vector<std::size_t>{0});
  CHECK(context.on_final(0, 487) == kFinish);  // branch 2 never said a word
  CHECK(context.best().code == 603);
}

TEST_CASE("A caller's CANCEL reaches what rings and does not wait for silence", "[proxy][fork]") {
  auto context = forked(2);
  context.on_provisional(0, 180);
  CHECK(context.on_cancel() == Step{.cancel = true});
  CHECK(cancels(context) == std::vector<std::size_t>{0});
  CHECK(context.cancelled());
  CHECK(context.on_final(0, 487) == kFinish);

  SECTION("before anything was sent it ends at once") {
    ResponseContext none{true};
    CHECK(none.on_cancel() == kFinish);
  }
  SECTION("after an answer it comes too late") {
    auto answered = forked(1);
    answered.on_final(0, 200);
    CHECK(answered.on_cancel() == kNothing);
    CHECK_FALSE(answered.cancelled());
  }
}

TEST_CASE("Timer C counts as 408 and cancels", "[proxy][fork]") {
  auto context = forked(1);
  context.on_provisional(0, 180);
  CHECK(context.on_no_answer(0) == Step{.finish = true, .cancel = true});
  CHECK(cancels(context) == std::vector<std::size_t>{0});
  CHECK(context.best().code == 408);
  CHECK(context.on_final(0, 487) == kNothing);

  SECTION("an answer that crosses the CANCEL still goes up") {
    CHECK(context.on_final(0, 200).forward);
  }
}

TEST_CASE("Other requests: the first 2xx answers, nothing is cancelled", "[proxy][fork]") {
  auto context = forked(2, false);
  context.on_provisional(1, 100);
  CHECK(context.on_final(0, 200) == kForward);
  CHECK(context.on_final(1, 200) == kNothing);
  CHECK(cancels(context).empty());
  CHECK(context.on_cancel() == kNothing);
}
