#include "runtime/admin_server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <exception>
#include <list>

#include "net/sockets.hpp"

namespace pbx::runtime {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxConnections = 64;
constexpr std::ptrdiff_t kMaxOfAnAddress = 16;
constexpr std::uint32_t kMaxHeader = 8 * 1024;
constexpr std::chrono::seconds kDeadline{5};    // of a request, and of its answer
constexpr std::chrono::seconds kKeepAlive{60};  // between requests

using Parser = http::request_parser<http::empty_body>;
using Response = http::response<http::string_body>;

Response make_response(unsigned version, AdminPage page) {
  Response response{static_cast<http::status>(page.status), version};
  response.set(http::field::content_type, page.type);
  response.set(http::field::cache_control, "no-store");
  response.body() = std::move(page.body);
  response.prepare_payload();
  return response;
}

Response answer(const AdminServer::Pages& pages, const Parser::value_type& request) {
  const bool head = request.method() == http::verb::head;
  if (!head && request.method() != http::verb::get) {
    auto refused = make_response(request.version(), {405, "text/plain", "only GET and HEAD\n"});
    refused.set(http::field::allow, "GET, HEAD");
    refused.keep_alive(false);
    return refused;
  }
  const std::string_view target{request.target().data(), request.target().size()};
  auto response = make_response(request.version(), pages(target.substr(0, target.find('?'))));
  response.keep_alive(request.keep_alive());
  if (head) response.body().clear();  // Content-Length stays that of GET (RFC 9110 §9.3.2)
  return response;
}

Response refuse(const error_code& error) {
  const bool too_large = error == http::error::header_limit;
  auto response = make_response(11, {too_large ? 431U : 400U, "text/plain",
                                     too_large ? "header too large\n" : "bad request\n"});
  response.keep_alive(false);
  return response;
}

/// Bytes that are not HTTP get an answer; a connection that went away does not.
bool is_bad_request(const error_code& error) {
  return error.category() == make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

struct AdminServer::State {
  State(asio::io_context& loop, net::Fd listening, Pages what)
      : address{net::local_address(listening.get())}, pages{std::move(what)}, acceptor{loop} {
    acceptor.assign(address.is_v6() ? tcp::v6() : tcp::v4(), listening.release());
  }

  static asio::awaitable<void> accept(std::shared_ptr<State> state);
  static asio::awaitable<void> serve(std::shared_ptr<State> state, tcp::socket socket,
                                     asio::ip::address from);
  void make_room(const asio::ip::address& from);

  struct Connection {
    beast::tcp_stream stream;
    asio::ip::address from;
  };

  const net::Address address;
  Pages pages;
  tcp::acceptor acceptor;
  /// The one that has said nothing for longest is first. Its coroutine owns each.
  std::list<Connection*> connections;
};

void AdminServer::State::make_room(const asio::ip::address& from) {
  const auto is_from = [&](const Connection* one) { return one->from == from; };
  const bool its_share =
      std::count_if(connections.begin(), connections.end(), is_from) >= kMaxOfAnAddress;
  if (!its_share && connections.size() < kMaxConnections) return;
  const auto longest = its_share ? std::find_if(connections.begin(), connections.end(), is_from)
                                 : connections.begin();
  (*longest)->stream.close();
  connections.erase(longest);
}

asio::awaitable<void> AdminServer::State::accept(std::shared_ptr<State> state) {
  asio::steady_timer pause{state->acceptor.get_executor()};
  for (;;) {
    auto [error, socket] = co_await state->acceptor.async_accept(kAsTuple);
    if (!state->acceptor.is_open()) co_return;
    if (error) {  // out of descriptors: do not spin
      pause.expires_after(std::chrono::milliseconds{100});
      co_await pause.async_wait(kAsTuple);
      continue;
    }
    error_code gone;
    const auto from = socket.remote_endpoint(gone).address();
    if (gone) continue;
    state->make_room(from);
    asio::co_spawn(state->acceptor.get_executor(), serve(state, std::move(socket), from), rethrow);
  }
}

asio::awaitable<void> AdminServer::State::serve(std::shared_ptr<State> state, tcp::socket socket,
                                                asio::ip::address from) {
  Connection connection{beast::tcp_stream{std::move(socket)}, from};
  struct Listed {
    Listed(std::list<Connection*>& all, Connection* self) : list{all}, own{self} {
      list.push_back(own);
    }
    Listed(const Listed&) = delete;
    ~Listed() { list.remove(own); }
    void spoke() {
      list.remove(own);
      list.push_back(own);
    }
    std::list<Connection*>& list;
    Connection* const own;
  } listed{state->connections, &connection};
  auto& stream = connection.stream;
  beast::flat_buffer buffer{2 * kMaxHeader};
  bool first = true;
  for (bool more = true; more && state->pages;) {
    Parser parser;
    parser.header_limit(kMaxHeader);
    stream.expires_after(std::exchange(first, false) ? kDeadline : kKeepAlive);
    const auto [read_error, read] =
        co_await http::async_read_header(stream, buffer, parser, kAsTuple);
    if (!state->pages || (read_error && !is_bad_request(read_error))) break;
    listed.spoke();
    auto response = read_error ? refuse(read_error) : answer(state->pages, parser.get());
    if (!parser.is_done()) response.keep_alive(false);  // a body follows, which nobody reads
    more = response.keep_alive();
    stream.expires_after(kDeadline);
    const auto [write_error, written] = co_await http::async_write(stream, response, kAsTuple);
    if (write_error) break;
  }
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

AdminServer::AdminServer(asio::io_context& loop, const net::Address& listen, Pages pages)
    : state_{std::make_shared<State>(loop, net::listen_tcp(listen, net::Port::Alone),
                                     std::move(pages))} {
  asio::co_spawn(loop, State::accept(state_), rethrow);
}

AdminServer::~AdminServer() {
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->pages = nullptr;
}

const net::Address& AdminServer::local() const { return state_->address; }

}  // namespace pbx::runtime
