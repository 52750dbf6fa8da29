#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "stream_client.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace std::chrono_literals;

TEST_CASE("Items submitted in one turn travel in one message and are answered by id", "[rpc]") {
  EchoServer server{answer_with(200)};
  Client client{{server.address()}};
  REQUIRE(client.run_until([&] { return client.stream->connected(); }));
  for (int i = 0; i < 500; ++i) client.submit("item " + std::to_string(i));
  CHECK(client.stream->pending() == 500);
  REQUIRE(client.run_until([&] { return client.answered == 500; }));
  CHECK(client.codes[200] == 500);
  CHECK(client.mixed_up == 0);
  CHECK(client.stream->pending() == 0);
  CHECK(client.metric(R"(pbx_rpc_batch_client_messages_total{method="RegisterStream"})") == 1);
}

TEST_CASE("Items wait for the first connection", "[rpc]") {
  EchoServer server{answer_with(200)};
  Client client{{server.address()}};
  client.submit("early");
  REQUIRE(client.run_until([&] { return client.answered == 1; }));
  CHECK(client.codes[200] == 1);
}

TEST_CASE("Streams are spread over the server's workers", "[rpc]") {
  std::mutex mutex;
  std::map<std::thread::id, int> threads;
  EchoServer server{[&](const EchoServer::Peer& peer, const auto& request) {
    {
      const std::lock_guard lock{mutex};
      ++threads[std::this_thread::get_id()];
    }
    answer_with(200)(peer, request);
  }};
  Client clients[]{Client{{server.address()}}, Client{{server.address()}}};
  for (auto& client : clients) {
    client.submit("one");
    REQUIRE(client.run_until([&] { return client.answered == 1; }));
  }
  const std::lock_guard lock{mutex};
  CHECK(threads.size() == 2);
}

TEST_CASE("The death of a server loses no item: they are answered by the other", "[rpc]") {
  // The first server takes items and never answers.
  std::atomic<int> taken = 0;
  std::optional<EchoServer> silent{std::in_place,
                                   [&](const EchoServer::Peer&, const auto&) { ++taken; }};
  EchoServer good{answer_with(200)};
  Client client{{silent->address()}};
  const auto dead = silent->address();
  client.stream.reset();
  rpc::BatchStreamOptions options{kMethod};
  options.stall = 10s;  // only the loss of the stream moves them
  options.deadline = 15s;
  // Which server comes first is random: try until it is the silent one.
  for (int tries = 0; taken == 0 && tries < 50; ++tries) {
    client.answered = 0;
    client.codes.clear();
    client.stream.emplace(client.loop, streams_to({dead, good.address()}), as_proxy(), options,
                          client.registry);
    for (int i = 0; i < 200; ++i) client.submit(std::to_string(i));
    REQUIRE(client.run_until([&] { return client.answered == 200 || taken == 200; }));
  }
  REQUIRE(taken == 200);
  CHECK(client.answered == 0);
  silent.reset();
  REQUIRE(client.run_until([&] { return client.answered == 200; }));
  CHECK(client.codes[200] == 200);
  CHECK(client.mixed_up == 0);
}

TEST_CASE("A server that says nothing is given up for another", "[rpc]") {
  std::atomic<int> taken = 0;
  EchoServer silent{[&](const EchoServer::Peer&, const auto&) { ++taken; }};
  EchoServer good{answer_with(200)};
  rpc::BatchStreamOptions options;
  options.stall = 200ms;
  options.deadline = 15s;
  for (int tries = 0; taken == 0 && tries < 50; ++tries) {
    Client client{{silent.address(), good.address()}, options};
    for (int i = 0; i < 10; ++i) client.submit(std::to_string(i));
    REQUIRE(client.run_until([&] { return client.answered == 10; }));
    CHECK(client.codes[200] == 10);
  }
  CHECK(taken == 10);
}

TEST_CASE("A stream goes back to its own server when that is there again", "[rpc]") {
  std::optional<EchoServer> servers[2];
  std::string address[2];
  for (int i : {0, 1}) {
    servers[i].emplace(answer_with(200 + i));
    address[i] = servers[i]->address();
  }
  rpc::BatchStreamOptions options;
  options.home_check = 20ms;
  options.deadline = 15s;
  Client client{{address[0], address[1]}, options};
  int submitted = 0;
  const auto served_by = [&] {
    client.codes.clear();
    client.submit("item " + std::to_string(submitted++));
    REQUIRE(client.run_until([&] { return client.answered == submitted; }));
    REQUIRE(client.codes.size() == 1);
    return static_cast<int>(client.codes.begin()->first) - 200;
  };
  const int home = served_by();
  servers[home].reset();
  CHECK(served_by() == 1 - home);

  servers[home].emplace(answer_with(200 + home), address[home]);
  CHECK(client.run_until([&] { return served_by() == home; }));
  CHECK(client.errors.empty());
  CHECK(client.metric(
            R"(pbx_rpc_batch_client_streams_ended_total{cause="moved",method="RegisterStream"})") ==
        1);
}

TEST_CASE("A draining server answers what it has and its clients move on", "[rpc]") {
  std::optional<EchoServer> first{std::in_place, answer_with(201)};
  Client client{{first->address()}};
  client.submit("one");
  REQUIRE(client.run_until([&] { return client.answered == 1; }));
  first->batches.drain();
  REQUIRE(client.run_until([&] { return first->batches.streams() == 0; }));

  const auto address = first->address();
  first.reset();
  EchoServer second{answer_with(202), address};
  client.submit("two");
  REQUIRE(client.run_until([&] { return client.answered == 2; }));
  CHECK(client.codes == std::map<std::uint32_t, int>{{201, 1}, {202, 1}});
}

TEST_CASE("Without a server items fail at their deadline as unavailable", "[rpc]") {
  rpc::BatchStreamOptions options;
  options.deadline = 200ms;
  Client client{{"127.0.0.1:1"}, options};
  client.submit("one");
  REQUIRE(client.run_until([&] { return client.answered == 1; }));
  CHECK(client.errors == std::map<std::string, int>{{"unavailable", 1}});
}

TEST_CASE("An item that is not answered times out while others are", "[rpc]") {
  EchoServer server{[](const EchoServer::Peer& peer, const auto& request) {
    if (request.message() != "never") answer_with(200)(peer, request);
  }};
  rpc::BatchStreamOptions options;
  options.deadline = 300ms;
  options.stall = 5s;
  Client client{{server.address()}, options};
  REQUIRE(client.run_until([&] { return client.stream->connected(); }));
  client.submit("never");
  client.submit("soon");
  REQUIRE(client.run_until([&] { return client.answered == 2; }));
  CHECK(client.codes[200] == 1);
  CHECK(client.errors == std::map<std::string, int>{{"timed out", 1}});
}

TEST_CASE("More than the bound is refused at once", "[rpc]") {
  rpc::BatchStreamOptions options;
  options.max_pending = 3;
  options.deadline = 300ms;
  Client client{{"127.0.0.1:1"}, options};
  for (int i = 0; i < 5; ++i) client.submit("x");
  CHECK(client.answered == 0);  // never from within submit()
  REQUIRE(client.run_until([&] { return client.answered == 5; }));
  CHECK(client.errors == std::map<std::string, int>{{"overloaded", 2}, {"unavailable", 3}});
}

TEST_CASE("A stream whose token is for another service is refused and tried again slowly",
          "[rpc]") {
  EchoServer server{answer_with(200)};
  rpc::BatchStreamOptions options;
  options.deadline = 300ms;
  Client client{{server.address()}, options, identities().credentials("proxy", "billing")};
  client.submit("one");
  REQUIRE(client.run_until([&] { return client.answered == 1; }));
  CHECK(client.errors == std::map<std::string, int>{{"unavailable", 1}});
  CHECK(server.batches.streams() == 0);
}

TEST_CASE("A server reads no more than it may owe, and still answers all", "[rpc]") {
  EchoServer server{answer_with(200), "127.0.0.1:0", {kMethod, 4}};
  rpc::BatchStreamOptions options;
  options.max_message = 100;
  Client client{{server.address()}, options};
  for (int i = 0; i < 300; ++i) client.submit(std::string(60, 'x'));
  REQUIRE(client.run_until([&] { return client.answered == 300; }));
  CHECK(client.codes[200] == 300);
}

TEST_CASE("Closing cancels what waits; destroying calls nobody", "[rpc]") {
  Client client{{"127.0.0.1:1"}};
  client.submit("one");
  client.stream->close();
  REQUIRE(client.run_until([&] { return client.answered == 1; }));
  CHECK(client.errors == std::map<std::string, int>{{"cancelled", 1}});
  client.submit("late");
  REQUIRE(client.run_until([&] { return client.answered == 2; }));

  Client other{{"127.0.0.1:1"}};
  other.submit("one");
  other.stream.reset();
  other.loop.poll();
  CHECK(other.answered == 0);
}
