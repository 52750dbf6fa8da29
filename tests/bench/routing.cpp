// What the proxy's rules cost a message, in nanoseconds: parsed, decided on, its transaction and
// timers kept, written anew. Sockets, Redis and the registrar are not in it.
#include <string>
#include <utility>
#include <vector>

#include "core/errc.hpp"
#include "sample_invite.hpp"
#include "stopwatch.hpp"
#include "unit/services/proxy/world.hpp"

namespace {

using namespace pbx;
using sip::HeaderId;
using test::Sent;

constexpr int kRounds = 100;
constexpr int kCalls = 100;  // of a round, all at the same step at a time
constexpr std::chrono::seconds kForgotten{40};

/// Agrees to everything and stores nothing.
class NoRecords final : public proxy::CallRecords {
 public:
  void begin(const state::v1::DialogRecord&, Done done) override { done({}); }
  void tell(const calls::Key&, calls::Event, Until, Done done) override { done({}); }
  void find(const calls::Key&, Found done) override {
    done(Errc::Unavailable);  // then a token is enough
  }
  std::optional<Known> known(const calls::Key&) const override { return std::nullopt; }
  void count(TenantId, UserId, Counted done) override { done(Errc::Unavailable); }
  void take_over(std::string_view, Wanted, Taken done) override { done(Errc::NotFound); }
  void hung_up(const calls::Key&, std::string_view, std::string_view, std::int64_t,
               Done done) override {
    done({});
  }
  void doubt(const calls::Key&) override {}
  void under(std::string_view, Under done) override { done(std::vector<calls::Call>{}); }
};

struct Inbound {
  std::string bytes;
  proxy::Flow flow;
};
using Inbounds = std::vector<Inbound>;

proxy::Flow caller() {
  return {sip::Transport::Udp, 0, *proxy::Endpoint::parse("192.0.2.10:5060"), 0};
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// The sample of the parser's bench, sent to the test world's node.
std::string sample() {
  std::string text{bench::kInvite};
  replace(text, "\r\n", "\n");
  replace(text, "hq.north.pbx.test", "hq.test");
  replace(text, "192.0.2.1:5060", "127.0.0.11:5060");
  return text;
}

/// `text` with ids of its own, as many times as there are calls.
std::vector<std::string> copies(const std::string& text) {
  std::vector<std::string> made(kCalls, text);
  for (int i = 0; i < kCalls; ++i) {
    const auto id = std::to_string(100'000 + i);
    replace(made[static_cast<std::size_t>(i)], "524287", id);
    replace(made[static_cast<std::size_t>(i)], "ZjQ4Nm", id);
  }
  return made;
}

Inbounds from_caller(const std::vector<std::string>& texts) {
  Inbounds made;
  for (const auto& text : texts) made.push_back({test::with_line_ends(text), caller()});
  return made;
}

Inbounds answers(const std::vector<Sent>& requests, int status, std::string_view lines = {}) {
  Inbounds made;
  for (const auto& request : requests) {
    made.push_back({test::answer(request, status, "callee", lines), request.flow});
  }
  return made;
}

/// What the caller sends within the dialog that `ok` made.
Inbound within(const Sent& ok, const std::string& method, int cseq) {
  std::string routes;
  for (const auto value : ok.message->values(HeaderId::RecordRoute)) {
    routes = "Route: " + std::string{value} + "\n" + routes;
  }
  const auto text = method + " sip:1002@10.0.0.2:5060 SIP/2.0\n" +
                    "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-" + method + "-" +
                    ok.value(HeaderId::CallId) + ";rport\nMax-Forwards: 70\n" + routes +
                    "From: " + ok.value(HeaderId::From) + "\nTo: " + ok.value(HeaderId::To) +
                    "\nCall-ID: " + ok.value(HeaderId::CallId) + "\nCSeq: " + std::to_string(cseq) +
                    " " + method + "\nContent-Length: 0\n\n";
  return {test::with_line_ends(text), caller()};
}

class Routing {
 public:
  Routing() { world_.bind(1, "1002@hq.test", "10.0.0.2:5060"); }

  void round() {
    run_calls();
    run_registrations();
    world_.advance(kForgotten);
  }
  bool clean() const { return world_.layer.size() == 0; }

  void show(const bench::Stopwatch& watch) const {
    for (const auto& [name, best] : bests_) watch.show(name, best.ns());
  }

 private:
  void run_calls() {
    auto invites = copies(sample());
    pass("INVITE, challenged", from_caller(invites), "407");
    for (auto& invite : invites) invite = world_.authorized(invite);
    const auto sent = pass("INVITE, sent to its phone", from_caller(invites), "INVITE");
    pass("180 of INVITE", answers(sent, 180), "180");
    const auto contact = "Contact: <sip:1002@10.0.0.2:5060>\n";
    const auto oks = pass("200 of INVITE", answers(sent, 200, contact), "200");
    Inbounds acks, byes;
    for (const auto& ok : oks) {
      acks.push_back(within(ok, "ACK", 1));
      byes.push_back(within(ok, "BYE", 2));
    }
    pass("ACK, in dialog", acks, "ACK");
    pass("200 of BYE", answers(pass("BYE, in dialog", byes, "BYE"), 200), "200");
  }

  void run_registrations() {
    auto text = sample();
    text.resize(text.find("\n\n") + 2);
    replace(text, "INVITE sip:1002@", "REGISTER sip:");
    replace(text, "CSeq: 1 INVITE", "CSeq: 1 REGISTER");
    replace(text, "<sip:1002@", "<sip:1001@");
    replace(text, "Content-Length: 146", "Content-Length: 0");
    replace(text, "Route: <sip:127.0.0.11:5060;lr>\n", "");
    pass("REGISTER, challenged", from_caller(copies(text)), "401");
    auto registers = copies(text);
    for (auto& one : registers) one = world_.authorized(one);
    pass("REGISTER, given to the registrar", from_caller(registers), "");
    auto asked = std::exchange(world_.registrar.asked, {});
    bests_["200 of REGISTER"].run(asked.size(), [&] {
      for (auto& one : asked) {
        one.done(proxy::RegisterAnswer{200, {}, "Contact: <sip:1001@192.0.2.10>\r\n", {}});
      }
    });
    expect("200", asked.size());
  }

  /// Measures what `messages` cost; each makes one message that begins with `made`, or with that
  /// status. Those are returned.
  std::vector<Sent> pass(const char* name, const Inbounds& messages, std::string_view made) {
    bests_[name].run(messages.size(), [&] {
      for (const auto& message : messages) world_.receive_bytes(message.bytes, message.flow);
    });
    return expect(made, made.empty() ? 0 : messages.size());
  }

  std::vector<Sent> expect(std::string_view made, std::size_t count) {
    std::vector<Sent> found;
    while (!world_.silent()) {
      auto sent = world_.next();
      const auto what = sent.message->is_request() ? sent.method() : std::to_string(sent.status());
      if (what == made) found.push_back(std::move(sent));
    }
    if (found.size() != count) {
      throw std::runtime_error{std::to_string(found.size()) + " of " + std::to_string(count) +
                               " messages came: " + std::string{made}};
    }
    return found;
  }

  NoRecords records_;
  test::World world_{"127.0.0.11", 10 * kCalls, &records_};
  bench::ByName<bench::Best> bests_;
};

}  // namespace

int main(int argc, char** argv) {
  const bench::Stopwatch watch{argc, argv};
  Routing routing;
  for (int round = 0; round < kRounds; ++round) {
    routing.round();
    if (!routing.clean()) return 1;
  }
  routing.show(watch);
}
