#include "runtime/offload.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "core/errc.hpp"
#include "core/result.hpp"
#include "runtime/spawn.hpp"

using namespace pbx;
namespace asio = boost::asio;

namespace {

struct Outcome {
  std::thread::id caller, before, worker, after;
  std::string text;
  std::error_code error;
  std::string thrown;
};

asio::awaitable<void> use_pool(asio::thread_pool& pool, Outcome& outcome) {
  outcome.before = std::this_thread::get_id();
  const auto text = [&outcome] {
    outcome.worker = std::this_thread::get_id();
    return Result<std::string>{"from the database"};
  };
  auto answer = co_await runtime::offload(pool, text);
  outcome.text = *answer;
  outcome.after = std::this_thread::get_id();

  const auto refuse = [] { return Result<std::string>{Errc::Unavailable}; };
  auto refused = co_await runtime::offload(pool, refuse);
  outcome.error = refused.error();

  auto owned = std::make_unique<int>(7);  // what it carries need not be copyable
  auto consume = [&outcome, owned = std::move(owned)] { outcome.text += std::to_string(*owned); };
  co_await runtime::offload(pool, std::move(consume));

  const auto fail = [] { throw std::runtime_error{"broken"}; };
  try {
    co_await runtime::offload(pool, fail);
  } catch (const std::runtime_error& error) {
    outcome.thrown = error.what();
  }
}

asio::awaitable<void> wait_for(asio::steady_timer& timer) {
  constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
  co_await timer.async_wait(as_tuple);
}

}  // namespace

TEST_CASE("Blocking work runs on the pool, and the caller goes on where it was", "[runtime]") {
  asio::io_context loop{1};
  asio::thread_pool pool{2};
  Outcome outcome;
  runtime::spawn(loop.get_executor(), "test", use_pool(pool, outcome));
  loop.run();
  const auto here = std::this_thread::get_id();
  CHECK(outcome.before == here);
  CHECK(outcome.after == here);
  CHECK(outcome.worker != here);
  CHECK(outcome.text == "from the database7");
  CHECK(outcome.error == Errc::Unavailable);
  CHECK(outcome.thrown == "broken");
}

TEST_CASE("Spawned tasks are counted until they end or their loop goes", "[runtime]") {
  REQUIRE(runtime::spawned_tasks() == 0);
  {
    asio::io_context loop{1};
    asio::steady_timer first{loop, std::chrono::hours{1}};
    asio::steady_timer second{loop, std::chrono::hours{1}};
    runtime::spawn(loop.get_executor(), "first", wait_for(first));
    runtime::spawn(loop.get_executor(), "second", wait_for(second));
    loop.poll();
    CHECK(runtime::spawned_tasks() == 2);
    CHECK(runtime::spawned_names() == std::vector<std::string>{"first", "second"});
    first.cancel();
    loop.restart();
    loop.poll();
    CHECK(runtime::spawned_names() == std::vector<std::string>{"second"});
  }
  CHECK(runtime::spawned_tasks() == 0);
}
