// The stream server as a stranger sees it, on plain sockets.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <string>
#include <thread>

#include "rpc/batch_wire.hpp"
#include "rpc/frame.hpp"
#include "rpc/greeting.hpp"
#include "stream_client.hpp"
#include "support/access_matrix.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace std::chrono_literals;

namespace {

using tcp = asio::ip::tcp;

std::string frame(const std::string& bytes) {
  const auto header = rpc::frame_header(bytes.size());
  return {std::string{header.data(), header.size()} + bytes};
}

std::string item(std::uint64_t id, const std::string& text) {
  registrar::v1::RegisterRequest request;
  request.set_id(id);
  request.set_message(text);
  std::string batch;
  rpc::append_item(batch, request);
  return batch;
}

/// A connection that says what it is told to.
class Stranger {
 public:
  explicit Stranger(const std::string& address) {
    const auto colon = address.rfind(':');
    socket_.connect({asio::ip::make_address(address.substr(0, colon)),
                     static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)))});
  }

  void say(const std::string& bytes) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(bytes), ignored);
  }
  /// The next frame; "gone" when the server has closed.
  std::string hear() {
    unsigned char header[rpc::kFrameHeader];
    boost::system::error_code error;
    asio::read(socket_, asio::buffer(header), error);
    if (error) return "gone";
    std::string bytes(static_cast<std::size_t>(header[2]) << 8 | header[3], '\0');
    asio::read(socket_, asio::buffer(bytes), error);
    return error ? "gone" : bytes;
  }
  rpc::Verdict verdict() {
    const auto bytes = hear();
    const auto answer = rpc::parse_answer(bytes);
    REQUIRE(answer);
    return answer->verdict;
  }

 private:
  asio::io_context loop_;
  tcp::socket socket_{loop_};
};

const std::string kHello = frame(rpc::make_hello(kMethod, as_proxy().token()));

double refused(const EchoServer& server, const std::string& cause) {
  return server.metric("pbx_rpc_batch_server_streams_refused_total{cause=\"" + cause +
                       "\",method=\"RegisterStream\"}");
}

}  // namespace

TEST_CASE("Who asks, says that this is all and is answered, sees the end", "[rpc]") {
  EchoServer server{answer_with(200)};
  Stranger stranger{server.address()};
  stranger.say(kHello + frame(item(1, "a") + item(2, "b")) + frame(""));
  CHECK(stranger.verdict() == rpc::Verdict::Accepted);
  const auto replies = stranger.hear();
  CHECK(rpc::count_items(replies) == 2);
  CHECK(stranger.hear().empty());
  CHECK(stranger.hear() == "gone");  // after a second, because this client does not close
}

TEST_CASE("A stream is refused with a verdict and a reason, and counted", "[rpc]") {
  EchoServer server{answer_with(200)};
  struct Case {
    std::string hello;
    rpc::Verdict verdict;
    std::string cause;
  };
  const auto one = GENERATE(values<Case>(
      {{rpc::make_hello(kMethod, Secret{"token"}), rpc::Verdict::Unauthenticated,
        "unauthenticated"},
       {rpc::make_hello(kMethod, Secret{""}), rpc::Verdict::Unauthenticated, "unauthenticated"},
       {rpc::make_hello(kMethod, as_operator().token()), rpc::Verdict::Denied, "denied"},
       {rpc::make_hello("Other", as_proxy().token()), rpc::Verdict::UnknownMethod, "greeting"},
       {"PBXS\x02whatever", rpc::Verdict::OtherVersion, "greeting"},
       {"hello", rpc::Verdict::Malformed, "greeting"}}));
  Stranger stranger{server.address()};
  stranger.say(frame(one.hello) + frame(item(1, "a")));
  CHECK(stranger.verdict() == one.verdict);
  CHECK(stranger.hear() == "gone");
  CHECK(refused(server, one.cause) == 1);
  CHECK(server.batches.streams() == 0);
}

TEST_CASE("A stream is opened to whom the table names, by good tokens alone", "[rpc]") {
  EchoServer server{answer_with(200)};
  AccessMatrix matrix{server.address(), kService};
  matrix.stream(kMethod);
  CHECK(matrix.tried > 50);
  CHECK(matrix.faults == std::vector<std::string>{});
}

TEST_CASE("Bytes that are no frame end the connection before anything is kept of them", "[rpc]") {
  EchoServer server{answer_with(200)};
  const auto bytes =
      GENERATE(as<std::string>{}, "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02", "\xff\xff\xff\xff");
  Stranger stranger{server.address()};
  stranger.say(bytes);
  CHECK(stranger.hear() == "gone");
  CHECK(refused(server, "greeting") == 1);
}

TEST_CASE("A batch that cannot be read, or is too long, ends its stream alone", "[rpc]") {
  EchoServer server{answer_with(200), "127.0.0.1:0", {.method = kMethod, .max_message = 1000}};
  const auto bytes =
      GENERATE(as<std::string>{}, frame("\x0a\x7f garbage"), std::string("\0\0\x10\0", 4));
  Stranger other{server.address()};
  other.say(kHello);
  CHECK(other.verdict() == rpc::Verdict::Accepted);
  Stranger stranger{server.address()};
  stranger.say(kHello + bytes);
  CHECK(stranger.verdict() == rpc::Verdict::Accepted);
  CHECK(stranger.hear() == "gone");
  CHECK(server.metric(R"(pbx_rpc_batch_server_malformed_total{method="RegisterStream"})") == 1);
  other.say(frame(item(1, "a")));
  CHECK(rpc::count_items(other.hear()) == 1);
}

TEST_CASE("More streams than the bound are refused", "[rpc]") {
  EchoServer server{answer_with(200), "127.0.0.1:0", {.method = kMethod, .max_streams = 1}};
  Stranger first{server.address()};
  first.say(kHello);
  CHECK(first.verdict() == rpc::Verdict::Accepted);
  Stranger second{server.address()};
  second.say(kHello);
  CHECK(second.verdict() == rpc::Verdict::Full);
  CHECK(refused(server, "full") == 1);
}

TEST_CASE("A draining server answers what it was asked and refuses new streams", "[rpc]") {
  std::promise<EchoServer::Peer> asked;
  EchoServer server{[&](const EchoServer::Peer& peer, const auto&) { asked.set_value(peer); }};
  Stranger stranger{server.address()};
  stranger.say(kHello + frame(item(1, "a")));
  CHECK(stranger.verdict() == rpc::Verdict::Accepted);
  const auto peer = asked.get_future().get();
  server.batches.drain();
  Stranger late{server.address()};
  late.say(kHello);
  CHECK(late.verdict() == rpc::Verdict::Draining);

  stranger.say(frame(item(2, "b")));  // goes to another server
  asio::post(server.workers[0].context(), [&] {
    registrar::v1::RegisterReply reply;
    reply.set_id(1);
    peer->reply(reply);
  });
  CHECK(rpc::count_items(stranger.hear()) == 1);
  CHECK(stranger.hear().empty());
}

TEST_CASE("A client takes no garbage for answers and goes on elsewhere", "[rpc]") {
  asio::io_context loop;
  tcp::acceptor acceptor{loop, {asio::ip::address_v4::loopback(), 0}};
  std::thread liar{[&] {
    auto socket = acceptor.accept();
    boost::system::error_code ignored;
    asio::write(socket, asio::buffer(std::string{"HTTP/1.1 400 Bad Request\r\n\r\n"}), ignored);
    std::string rest;
    asio::read(socket, asio::dynamic_buffer(rest), ignored);
  }};
  EchoServer server{answer_with(200)};
  const auto port = std::to_string(acceptor.local_endpoint().port());
  rpc::BatchStreamOptions options;
  options.home = 0;
  Client client{{"127.0.0.1:" + port, server.address()}, options};
  client.submit("one");
  CHECK(client.run_until([&] { return client.answered == 1; }));
  CHECK(client.codes[200] == 1);
  liar.join();
}

TEST_CASE("Streams that are numbered belong to their servers in turn", "[rpc]") {
  EchoServer first{answer_with(201)};
  EchoServer second{answer_with(202)};
  for (std::size_t number : {0, 1, 2, 3}) {
    rpc::BatchStreamOptions options;
    options.home = number;
    Client client{{first.address(), second.address()}, options};
    client.submit("one");
    REQUIRE(client.run_until([&] { return client.answered == 1; }));
    CHECK(client.codes.begin()->first == 201 + number % 2);
  }
}
