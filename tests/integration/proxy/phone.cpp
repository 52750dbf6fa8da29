#include "phone.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "core/random.hpp"
#include "sip/builder.hpp"
#include "sip/digest.hpp"

namespace pbx::test {
namespace {

using Steady = std::chrono::steady_clock;

std::string line(std::string_view name, std::string_view value) {
  return std::string{name} + ": " + std::string{value} + "\r\n";
}

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error{what}; }

std::string summary(const std::optional<sip::StoredMessage>& message) {
  if (!message) return "nothing";
  const auto bytes = message->bytes();
  return std::string{bytes.substr(0, bytes.find('\r'))};
}

}  // namespace

Phone::Phone(std::string user, std::string domain, std::uint16_t proxy, By by)
    : user_{std::move(user)},
      domain_{std::move(domain)},
      aor_{user_ + "@" + domain_},
      tag_{random_token(8)},
      by_{by} {
  socket_ = ::socket(AF_INET, by == By::Udp ? SOCK_DGRAM : SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  address.sin_port = htons(proxy);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("the proxy does not listen");
  }
  socklen_t size = sizeof address;
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
}

Phone::~Phone() { ::close(socket_); }

void Phone::send(std::string_view bytes) {
  // ICMP of an earlier packet may be told now.
  if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 && by_ == By::Udp) {
    ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

std::optional<sip::StoredMessage> Phone::receive(std::chrono::milliseconds limit) {
  const auto deadline = Steady::now() + limit;
  std::array<char, 65'536> buffer{};
  for (;;) {
    if (by_ == By::Tcp) {
      const auto frame = framer_.next();
      if (frame && frame->kind == sip::Frame::Kind::Message) {
        if (auto message = sip::parse_stored(std::string{frame->bytes})) return *std::move(message);
      }
      if (frame && frame->kind != sip::Frame::Kind::None) continue;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
    pollfd wait{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) <= 0) return std::nullopt;
    const auto size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      if (by_ == By::Tcp) {
        closed_ = true;
        return std::nullopt;
      }
      continue;
    }
    const std::string_view bytes{buffer.data(), static_cast<std::size_t>(size)};
    if (by_ == By::Tcp) {
      framer_.feed(bytes);
    } else if (auto message = sip::parse_stored(std::string{bytes})) {
      return *std::move(message);
    }
  }
}

sip::StoredMessage Phone::expect(int status) {
  auto message = receive();
  while (message && message->get().status() == 100) message = receive();
  if (!message || message->get().status() != status) {
    fail(aor_ + " waited for " + std::to_string(status) + " and got " + summary(message));
  }
  const auto& response = message->get();
  if (status >= 300) acknowledge_refusal(response);
  return *std::move(message);
}

sip::StoredMessage Phone::expect(std::string_view method) {
  auto message = receive();
  if (!message || message->get().method_text() != method) {
    fail(aor_ + " waited for " + std::string{method} + " and got " + summary(message));
  }
  return *std::move(message);
}

bool Phone::closed() {
  while (!closed_ && receive()) continue;
  return closed_;
}

bool Phone::silent(std::chrono::milliseconds time) { return !receive(time); }

std::string Phone::contact() const {
  return "sip:" + user_ + "@127.0.0.1:" + std::to_string(port_) +
         (by_ == By::Tcp ? ";transport=tcp" : "");
}

std::string Phone::branch() { return "z9hG4bK" + random_token(12); }

std::string Phone::request(const std::string& method, const std::string& uri,
                           const std::string& call_id, std::uint32_t cseq,
                           const std::string& with_branch, const std::string& lines) {
  const std::string transport = by_ == By::Udp ? "UDP" : "TCP";
  const std::string target = method == "REGISTER" ? aor_ : uri.substr(uri.find(':') + 1);
  return method + " " + uri + " SIP/2.0\r\n" +
         line("Via", "SIP/2.0/" + transport + " 127.0.0.1:" + std::to_string(port_) +
                         ";branch=" + with_branch + ";rport") +
         line("Max-Forwards", "70") + line("From", "<sip:" + aor_ + ">;tag=" + tag_) +
         line("To", "<sip:" + target + ">") + line("Call-ID", call_id) +
         line("CSeq", std::to_string(cseq) + " " + method) +
         line("Contact", "<" + contact() + ">") + lines + "Content-Length: 0\r\n\r\n";
}

std::string Phone::authorization(const sip::Message& challenged, const std::string& method,
                                 const std::string& uri) const {
  const bool proxy = challenged.status() == 407;
  const auto id = proxy ? sip::HeaderId::ProxyAuthenticate : sip::HeaderId::WwwAuthenticate;
  const auto challenge = sip::parse_challenge(challenged.value(id));
  if (!challenge) fail("no challenge that can be answered");
  const auto ha1 = sip::make_ha1(sip::DigestAlgorithm::Md5, user_, challenge->realm, password);
  std::string value;
  sip::append_credentials(value, *challenge,
                          {.username = user_, .ha1 = ha1, .uri = uri, .cnonce = "0a4f", .nc = 1},
                          method);
  return line(proxy ? "Proxy-Authorization" : "Authorization", value);
}

sip::StoredMessage Phone::ask(const std::string& method, const std::string& uri,
                              const std::string& lines) {
  const auto call_id = random_token(16);
  send(request(method, uri, call_id, ++cseq_, branch(), lines));
  const auto challenged = receive();
  if (!challenged) fail(aor_ + " got no answer to " + method);
  const int status = challenged->get().status();
  if (status != 401 && status != 407) return *challenged;
  call_id_ = call_id;
  last_invite_ = request(method, uri, call_id, ++cseq_, branch(),
                         lines + authorization(challenged->get(), method, uri));
  send(last_invite_);
  auto answer = receive();
  while (answer && answer->get().status() == 100) answer = receive();
  if (!answer) fail(aor_ + " got no answer to " + method + " with credentials");
  return *std::move(answer);
}

void Phone::enroll(int expires) {
  const auto answered = ask("REGISTER", "sip:" + domain_, line("Expires", std::to_string(expires)));
  if (answered->status() != 200) {
    fail(aor_ + " could not register: " + std::to_string(answered->status()));
  }
}

void Phone::call(const std::string& number) {
  const auto uri = "sip:" + number + "@" + domain_;
  call_id_ = random_token(16);
  send(request("INVITE", uri, call_id_, ++cseq_, branch(), {}));
  const auto challenged = receive();
  if (!challenged || challenged->get().status() != 407) {
    fail(aor_ + " waited for 407 and got " + summary(challenged));
  }
  last_invite_ = request("INVITE", uri, call_id_, ++cseq_, branch(),
                         authorization(challenged->get(), "INVITE", uri));
  send(last_invite_);
}

void Phone::cancel() {
  const auto invite = sip::parse_message(last_invite_);
  std::string bytes;
  sip::append_cancel(bytes, *invite);
  send(bytes);
}

void Phone::answer(const sip::Message& message, int status, const std::string& lines) {
  std::string bytes;
  sip::append_response(bytes, message,
                       {.status = status,
                        .to_tag = status > 100 ? std::string_view{tag_} : std::string_view{},
                        .header_lines = lines,
                        .record_route = true});
  send(bytes);
}

void Phone::pick_up(const sip::Message& invite) {
  answer(invite, 200, line("Contact", "<" + contact() + ">"));
  const auto caller = invite.first_address(sip::HeaderId::Contact);
  dialog_ = {std::string{(*caller)->uri_text},
             std::string{invite.value(sip::HeaderId::To)} + ";tag=" + tag_,
             std::string{invite.value(sip::HeaderId::From)},
             std::string{invite.call_id()},
             {},
             10};
  for (const auto route : invite.values(sip::HeaderId::RecordRoute)) {
    dialog_.routes.emplace_back(route);
  }
}

void Phone::acknowledge(const sip::Message& ok) {
  const auto callee = ok.first_address(sip::HeaderId::Contact);
  const auto cseq = ok.cseq();
  dialog_ = {std::string{(*callee)->uri_text},
             std::string{ok.value(sip::HeaderId::From)},
             std::string{ok.value(sip::HeaderId::To)},
             std::string{ok.call_id()},
             {},
             cseq->number};
  for (const auto route : ok.values(sip::HeaderId::RecordRoute)) {
    dialog_.routes.insert(dialog_.routes.begin(), std::string{route});
  }
  in_dialog("ACK");
}

/// Of the INVITE that call() sent; others are the test's own.
void Phone::acknowledge_refusal(const sip::Message& response) {
  const auto invite = sip::parse_message(last_invite_);
  if (!invite || !response.cseq() || invite->call_id() != response.call_id()) return;
  if (*invite->cseq() != *response.cseq()) return;
  std::string ack;
  sip::append_ack(ack, *invite, response);
  send(ack);
}

void Phone::in_dialog(const std::string& method) {
  if (method != "ACK") ++dialog_.cseq;
  const std::string transport = by_ == By::Udp ? "UDP" : "TCP";
  std::string text = method + " " + dialog_.target + " SIP/2.0\r\n" +
                     line("Via", "SIP/2.0/" + transport + " 127.0.0.1:" + std::to_string(port_) +
                                     ";branch=" + branch() + ";rport") +
                     line("Max-Forwards", "70");
  for (const auto& route : dialog_.routes) text += line("Route", route);
  text += line("From", dialog_.from) + line("To", dialog_.to) + line("Call-ID", dialog_.call_id) +
          line("CSeq", std::to_string(dialog_.cseq) + " " + method) + "Content-Length: 0\r\n\r\n";
  send(text);
}

}  // namespace pbx::test
