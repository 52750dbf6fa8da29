#include "runtime/admin_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "integration/net/plain_socket.hpp"

using namespace pbx;
using Catch::Contains;
using Catch::StartsWith;
using test::PlainSocket;

namespace {

/// An admin server on a thread of its own.
class Served {
 public:
  Served()
      : server_{loop_, *net::Address::parse("127.0.0.1:0"),
                [](std::string_view path) -> runtime::AdminPage {
                  if (path == "/page") return {200, "text/plain", "content\n"};
                  return {404, "text/plain", "none\n"};
                }},
        thread_{[this] { loop_.run(); }} {}
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() {
    loop_.stop();
    thread_.join();
  }
  PlainSocket connect() const { return PlainSocket::tcp(server_.local()); }

 private:
  boost::asio::io_context loop_{1};
  runtime::AdminServer server_;
  std::thread thread_;
};

std::string to_the_end(const PlainSocket& client) {
  std::string answer;
  for (std::string part; !(part = client.receive()).empty();) answer += part;
  return answer;
}

std::string ask(const Served& served, const std::string& request) {
  const auto client = served.connect();
  REQUIRE(client.send(request));
  client.shut_down();
  return to_the_end(client);
}

}  // namespace

TEST_CASE("Pages are served to GET and HEAD only", "[admin]") {
  const Served served;
  const auto got = ask(served, "GET /page?x HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n") && Contains("Content-Length: 8\r\n") &&
                      Catch::EndsWith("\r\n\r\ncontent\n"));
  const auto head = ask(served, "HEAD /page HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n") && Contains("Content-Length: 8\r\n") &&
                       Catch::EndsWith("\r\n\r\n"));
  CHECK_THAT(ask(served, "POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"),
             StartsWith("HTTP/1.1 405") && Contains("Allow: GET, HEAD"));
  CHECK_THAT(ask(served, "GET /none HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 404"));
}

TEST_CASE("A connection serves several requests, also when they come at once", "[admin]") {
  const Served served;
  const std::string request = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto answers = ask(served, request + request + request);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = answers.find("content\n", at)) != std::string::npos; ++at) ++count;
  CHECK(count == 3);
}

TEST_CASE("What is not a proper request is refused and the connection closed", "[admin]") {
  const Served served;
  CHECK_THAT(ask(served, "junk\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  CHECK_THAT(ask(served, std::string("GET \x01 HTTP/1.1\r\n\r\n")), StartsWith("HTTP/1.1 400"));
  const auto long_header = "GET /page HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n";
  CHECK_THAT(ask(served, long_header), StartsWith("HTTP/1.1 431"));
  CHECK(ask(served, "").empty());
  CHECK(ask(served, "GET /page HT").empty());
}

TEST_CASE("A request that does not end is cut off, others are served meanwhile", "[admin]") {
  const Served served;
  const auto slow = served.connect();
  REQUIRE(slow.send("GET /page HT"));
  CHECK_THAT(ask(served, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  const auto start = std::chrono::steady_clock::now();
  std::string answer = slow.receive();
  if (answer.empty()) answer = slow.receive();  // five seconds each: ours and the server's race
  CHECK(answer.empty());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{9});
}

TEST_CASE("Of one address sixteen stay: who was silent for longest makes room", "[admin]") {
  const Served served;
  std::vector<PlainSocket> idle;
  for (int i = 0; i < 64; ++i) {
    idle.push_back(served.connect());
    REQUIRE(idle.back().send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n"));
    REQUIRE_THAT(idle.back().receive(), StartsWith("HTTP/1.1 200"));
  }
  for (int i = 0; i < 48; ++i) CHECK(to_the_end(idle[static_cast<std::size_t>(i)]).empty());
  for (int i = 48; i < 64; ++i) {
    const auto& one = idle[static_cast<std::size_t>(i)];
    REQUIRE(one.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK_THAT(one.receive(), StartsWith("HTTP/1.1 200"));
  }
  CHECK_THAT(ask(served, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}
