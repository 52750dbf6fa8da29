#include <catch2/catch.hpp>

#include "world.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using proxy::Failure;
using test::World;

namespace {

class Listener final : public proxy::ClientUser {
 public:
  void on_response(proxy::ClientTransaction&, const sip::Message& response) override {
    heard.push_back(std::to_string(response.status()));
  }
  void on_failure(proxy::ClientTransaction&, Failure failure) override {
    heard.emplace_back(failure == Failure::Timeout ? "timeout" : "transport");
  }
  void on_client_gone(proxy::ClientTransaction&) override { heard.emplace_back("gone"); }

  std::vector<std::string> heard;
};

std::string bye(std::string_view branch) {
  return test::with_line_ends(
      "BYE sip:a@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.11:5060;branch=" + std::string{branch} +
      "\nMax-Forwards: 70\nFrom: <sip:b@b>;tag=1\nTo: <sip:a@a>;tag=2\nCall-ID: c\n"
      "CSeq: 1 BYE\nContent-Length: 0\n\n");
}

struct Client {
  explicit Client(World& world, sip::Transport transport = sip::Transport::Udp) {
    std::string branch;
    sip::append_branch(branch, {0, random, 0});
    const bool tcp = transport == sip::Transport::Tcp;
    const proxy::Flow flow{transport, static_cast<std::uint8_t>(tcp ? 1 : 0),
                           *proxy::Endpoint::parse("10.0.0.1:5060"), tcp ? 4u : 0u};
    key = world.layer.start_client(sip::Method::Bye, random, flow, bye(branch), listener, 0).key();
  }

  static constexpr std::uint64_t random = 0x1234'5678'9abc'def0;
  std::uint64_t key = 0;
  std::shared_ptr<Listener> listener = std::make_shared<Listener>();
};

using Heard = std::vector<std::string>;

}  // namespace

TEST_CASE("A request without answer is repeated as Timer E says, then reported",
          "[proxy][transaction]") {
  World world;
  const Client client{world};
  std::vector<int> at;
  for (int i = 0; i < 330; ++i) {
    world.advance(100ms);
    for (; !world.silent(); world.next()) at.push_back(i);
  }
  CHECK(at.size() == 11);
  CHECK(client.listener->heard == Heard{"timeout", "gone"});
  CHECK(world.layer.size() == 0);
}

TEST_CASE("Over a stream a request is sent once", "[proxy][transaction]") {
  World world;
  const Client client{world, sip::Transport::Tcp};
  world.next();
  world.advance(31s);
  CHECK(world.silent());
  world.advance(2s);
  CHECK(client.listener->heard == Heard{"timeout", "gone"});
}

TEST_CASE("What could not be sent is reported at once", "[proxy][transaction]") {
  World world;
  const Client client{world, sip::Transport::Tcp};
  world.layer.on_unsent(client.key);
  CHECK(client.listener->heard == Heard{"transport", "gone"});
  world.layer.on_unsent(client.key);
  CHECK(world.layer.working() == 0);
}

TEST_CASE("A connection that closes fails what was sent over it", "[proxy][transaction]") {
  World world;
  const Client client{world, sip::Transport::Tcp};
  world.layer.on_closed(5);
  CHECK(client.listener->heard.empty());
  SECTION("without an answer") {
    world.layer.on_closed(4);
    CHECK(client.listener->heard == Heard{"transport", "gone"});
  }
  SECTION("but not what was answered") {
    const auto sent = world.next();
    world.receive_bytes(test::answer(sent, 200), sent.flow);
    world.layer.on_closed(4);
    CHECK(client.listener->heard == Heard{"200"});
  }
}

TEST_CASE("An answer is passed once and the transaction waits for its repetitions",
          "[proxy][transaction]") {
  World world;
  const Client client{world};
  const auto sent = world.next();
  world.receive_bytes(test::answer(sent, 100), sent.flow);
  world.receive_bytes(test::answer(sent, 200), sent.flow);
  world.receive_bytes(test::answer(sent, 200), sent.flow);
  CHECK(client.listener->heard == Heard{"100", "200"});
  CHECK(world.layer.working() == 0);
  CHECK(world.layer.size() == 1);
  world.advance(6s);
  CHECK(client.listener->heard == Heard{"100", "200", "gone"});
  CHECK(world.layer.size() == 0);
}

TEST_CASE("Keys of untrusted requests are told apart by branch, sender and method",
          "[proxy][transaction]") {
  World world;
  const auto key = [&](std::string_view text) {
    const auto bytes = test::with_line_ends(text);
    return world.layer.key_of(*sip::parse_message(bytes));
  };
  const auto one = test::invite("1002", "c", "z9hG4bKa");
  auto cancel = one;
  cancel.replace(0, 6, "CANCEL");
  cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
  auto elsewhere = one;
  elsewhere.replace(elsewhere.find("127.0.0.1:5070;"), 15, "127.0.0.1:5071;");
  CHECK(key(one) == key(one));
  CHECK(key(one) == key(cancel));
  CHECK(key(one) != key(elsewhere));
  CHECK(key(one) != key(test::invite("1002", "c", "z9hG4bKb")));
}

TEST_CASE("Responses over a connection that is gone try the sender's port",
          "[proxy][transaction]") {
  World world;
  auto text = test::invite();
  text.replace(text.find("/UDP"), 4, "/TCP");
  world.receive(world.authorized(text), "127.0.0.1:40000", sip::Transport::Tcp, 9);
  const auto trying = world.next();
  CHECK(trying.flow.connection == 9);
  world.forget_sent();
  world.layer.on_unsent(trying.report_to);
  const auto again = world.next();
  CHECK(again.flow.connection == 0);
  CHECK(again.to() == "127.0.0.1:5070");
}

TEST_CASE("What transactions keep is bounded in bytes: answered ones go first",
          "[proxy][transaction]") {
  World world;
  constexpr std::size_t budget = 20'000;
  proxy::TransactionLayer layer{world.wire, world.timers, 1'000, budget};
  const auto begin = [&](int number, std::size_t size) -> proxy::ServerTransaction& {
    const auto bytes = test::with_line_ends(
        "MESSAGE sip:1002@hq.test SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK" +
        std::to_string(number) +
        ";rport\nFrom: <sip:1001@hq.test>;tag=a\nTo: <sip:1002@hq.test>\nCall-ID: c\n"
        "CSeq: 1 MESSAGE\nSubject: " +
        std::string(size, 'x') + "\nContent-Length: 0\n\n");
    const auto message = sip::parse_message(bytes);
    return layer.make_server(
        layer.key_of(*message), *message,
        {sip::Transport::Udp, 0, *proxy::Endpoint::parse("127.0.0.1:5070"), 0});
  };
  for (int i = 0; i < 3; ++i) {
    begin(i, 9'000).respond(200, std::string(9'000, 'y'));
    CHECK(layer.bytes() < budget + 9'500);
  }
  CHECK(layer.size() == 3);
  CHECK_FALSE(layer.full());  // one had to go for it
  CHECK(layer.size() == 2);
  auto& first = begin(10, 9'000);
  begin(11, 9'000);
  CHECK_FALSE(layer.full());
  CHECK(layer.size() == 2);  // those that wait for repetitions are gone
  begin(12, 9'000);
  CHECK(layer.full());
  CHECK(layer.overfull());
  CHECK(layer.working() == 3);
  first.respond(200, {});
  CHECK_FALSE(layer.full());
  world.advance(33s);
  CHECK(layer.working() == 2);
}
