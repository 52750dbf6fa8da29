#include "net/end_of_turn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <string>

using namespace pbx;
namespace asio = boost::asio;

TEST_CASE("What is queued in one turn of the loop is flushed once, after all of it", "[net]") {
  asio::io_context loop{1};
  std::string trace;
  net::EndOfTurn end{loop, [&] { trace += '|'; }};
  for (const char step : {'a', 'b', 'c'}) {
    asio::post(loop, [&trace, &end, step] {
      trace += step;
      end.arm();
      end.arm();
    });
  }
  loop.run();
  CHECK(trace == "abc|");
}

TEST_CASE("It can be armed again, also by what it runs", "[net]") {
  asio::io_context loop{1};
  int runs = 0;
  std::optional<net::EndOfTurn> end;
  end.emplace(loop, [&] {
    if (++runs < 3) end->arm();
  });
  end->arm();
  loop.run();
  CHECK(runs == 3);
}

TEST_CASE("What it runs may destroy it, and nothing runs after that", "[net]") {
  asio::io_context loop{1};
  int runs = 0;
  std::optional<net::EndOfTurn> end;
  end.emplace(loop, [&] {
    ++runs;
    end->arm();
    end.reset();
  });
  end->arm();
  loop.run();
  CHECK(runs == 1);
}
