#include <catch2/catch.hpp>

#include "core/bytes.hpp"
#include "proxy/domain/tokens.hpp"
#include "sip/stored_message.hpp"

using namespace pbx;
using proxy::DialogToken;
using proxy::Endpoint;
using proxy::Flow;
using proxy::FlowToken;
using proxy::Home;
using proxy::Tokens;
using sip::Transport;

namespace {

const KeyRing kRing{Secret{"a cluster key of sixteen bytes or more"}};
const KeyRing kOther{Secret{"another key of sixteen bytes or more"}};

proxy::Addresses addresses() {
  const auto bind = *Endpoint::from("127.0.0.11", 5060);
  return proxy::Addresses{{{Transport::Udp, bind, "127.0.0.11", 5060, 0},
                           {Transport::Tcp, bind, "127.0.0.11", 5060, 0}}};
}

std::string text_of(const Tokens& tokens, const FlowToken& token) {
  std::string text;
  tokens.append(text, token);
  return text;
}

std::string text_of(const Tokens& tokens, const DialogToken& token) {
  std::string text;
  tokens.append(text, token, "call-1", "tag-1");
  return text;
}

const Home kHome{Transport::Udp, *Endpoint::parse("127.0.0.11:5060")};
const FlowToken kUdp{7, Transport::Udp, *Endpoint::parse("10.0.0.7:5062"), 0, 0};
const FlowToken kTcp6{8, Transport::Tcp, *Endpoint::parse("[2001:db8::7]:40000"), 77,
                      0x1'0000'0000'0005};

FlowToken with_home(FlowToken token) {
  token.home = kHome;
  return token;
}

}  // namespace

TEST_CASE("A flow token says again what it was told", "[proxy][tokens]") {
  const Tokens tokens{kRing, 1};
  for (const auto& token : {with_home(kUdp), with_home(kTcp6)}) {
    const auto text = text_of(tokens, token);
    CHECK(text.size() < 70);
    CHECK(tokens.read_flow(text) == token);
    CHECK_FALSE(tokens.read_dialog(text, "call-1", "tag-1"));
  }
}

TEST_CASE("A dialog token says again what it was told, in its own dialog alone",
          "[proxy][tokens]") {
  const Tokens tokens{kRing, 1};
  const Home far{Transport::Tcp, *Endpoint::parse("[2001:db8::1]:5060")};
  const auto at = [](FlowToken token, const Home& home) {
    token.home = home;
    return token;
  };
  DialogToken call{.usage = DialogToken::Usage::Call,
                   .made_s = 1'700'000'000,
                   .home = far,
                   .call_id = "abcdefghij0123456789",
                   .caller = at(kTcp6, far),
                   .callee = at(kTcp6, {Transport::Udp, *Endpoint::parse("[2001:db8::2]:5060")})};
  auto near = call;
  near.callee = at(kUdp, far);
  const DialogToken subscription{.usage = DialogToken::Usage::Subscription,
                                 .made_s = 7,
                                 .home = kHome,
                                 .subscriber = UserId{1},
                                 .notifier = UserId{0xFFFF'FFFF'FFFF'FFFF},
                                 .caller = with_home(kUdp),
                                 .callee = with_home(kTcp6)};
  const DialogToken mark{.made_s = 1, .home = kHome};
  for (const auto& token : {call, near, subscription, mark}) {
    const auto text = text_of(tokens, token);
    CHECK(text.size() < 220);
    CHECK(tokens.read_dialog(text, "call-1", "tag-1") == token);
    CHECK_FALSE(tokens.read_dialog(text, "call-2", "tag-1"));
    CHECK_FALSE(tokens.read_dialog(text, "call-1", "tag-2"));
    CHECK_FALSE(tokens.read_dialog(text, "call-1", ""));
    CHECK_FALSE(tokens.read_flow(text));
  }
}

TEST_CASE("A token that was changed, cut or made with another key is nothing", "[proxy][tokens]") {
  const Tokens tokens{kRing, 1};
  const auto text = text_of(tokens, with_home(kUdp));
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    auto changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CAPTURE(i);
    CHECK_FALSE(tokens.read_flow(changed));
    CHECK_FALSE(tokens.read_flow(text.substr(0, i)));
  }
  CHECK_FALSE(tokens.read_flow(text + "AAAA"));
  CHECK_FALSE(tokens.read_flow("not base64url!"));
  CHECK_FALSE(tokens.read_flow(std::string(10'000, 'A')));
  CHECK_FALSE(Tokens{kOther, 1}.read_flow(text));
}

TEST_CASE("While the keys change, both are good", "[proxy][tokens]") {
  const auto ring = [](const char* text) { return *KeyRing::parse(Secret{text}); };
  const Tokens old{ring("1:the first key of sixteen bytes,2:the second key of sixteen bytes"), 1};
  const Tokens now{ring("2:the second key of sixteen bytes,1:the first key of sixteen bytes"), 1};
  const Tokens later{ring("2:the second key of sixteen bytes"), 1};
  CHECK(now.read_flow(text_of(old, with_home(kUdp))) == with_home(kUdp));
  CHECK(old.read_flow(text_of(now, with_home(kUdp))) == with_home(kUdp));
  CHECK_FALSE(later.read_flow(text_of(old, with_home(kUdp))));
  CHECK(later.read_flow(text_of(now, with_home(kUdp))));
  CHECK(now.branch_random("c", "p", 1) == old.branch_random("c", "p", 1));
  CHECK(now.branch_random("c", "p", 1) != now.branch_random("c", "p", 2));
}

TEST_CASE("A seal is for one token in one request", "[proxy][tokens]") {
  const Tokens tokens{kRing, 1};
  std::string seal;
  tokens.append_seal(seal, "token", "call-1", "z9hG4bKa", 1'700'000'000);
  CHECK(tokens.read_seal(seal, "token", "call-1", "z9hG4bKa") == 1'700'000'000);
  CHECK_FALSE(tokens.read_seal(seal, "other", "call-1", "z9hG4bKa"));
  CHECK_FALSE(tokens.read_seal(seal, "token", "call-2", "z9hG4bKa"));
  CHECK_FALSE(tokens.read_seal(seal, "token", "call-1", "z9hG4bKb"));
  CHECK_FALSE(Tokens{kOther, 1}.read_seal(seal, "token", "call-1", "z9hG4bKa"));
  seal[3] = seal[3] == 'A' ? 'B' : 'A';
  CHECK_FALSE(tokens.read_seal(seal, "token", "call-1", "z9hG4bKa"));
  CHECK_FALSE(tokens.read_seal("", "token", "call-1", "z9hG4bKa"));
}

TEST_CASE("A branch is signed for the Via below, the Call-ID and the CSeq", "[proxy][tokens]") {
  const Tokens tokens{kRing, 1};
  const auto via = [](const char* text) { return *sip::parse_via(text); };
  const auto next = via("SIP/2.0/UDP 10.0.0.7:5062;branch=z9hG4bKx;received=10.0.0.7;rport=5062");
  const auto answer = [](const std::string& call_id, const std::string& cseq) {
    return *sip::parse_stored("SIP/2.0 200 OK\r\nCall-ID: " + call_id + "\r\nCSeq: " + cseq +
                              "\r\nContent-Length: 0\r\n\r\n");
  };
  const auto own = answer("call-1", "7 INVITE");
  sip::Branch branch{.worker = 1, .random = 2, .loop_hash = 3, .listener = 4, .made_s = 5};
  tokens.sign(branch, own.get(), next);
  CHECK(tokens.is_signed(branch, own.get(), next));
  // Written anew by a phone.
  CHECK(tokens.is_signed(
      branch, own.get(),
      via("SIP/2.0/udp 10.0.0.7:5062;rport=5062;Received=10.0.0.7;branch=z9hG4bKx;x")));
  const std::string changed = GENERATE(
      "SIP/2.0/UDP 10.0.0.8:5062;branch=z9hG4bKx;received=10.0.0.7;rport=5062",
      "SIP/2.0/UDP 10.0.0.7:5063;branch=z9hG4bKx;received=10.0.0.7;rport=5062",
      "SIP/2.0/UDP 10.0.0.7:5062;branch=z9hG4bKy;received=10.0.0.7;rport=5062",
      "SIP/2.0/UDP 10.0.0.7:5062;branch=z9hG4bKx;received=10.0.0.8;rport=5062",
      "SIP/2.0/UDP 10.0.0.7:5062;branch=z9hG4bKx;received=10.0.0.7;rport=5063",
      "SIP/2.0/UDP 10.0.0.7:5062;branch=z9hG4bKx;received=10.0.0.7;rport=5062;maddr=10.0.0.8",
      "SIP/2.0/TCP 10.0.0.7:5062;branch=z9hG4bKx;received=10.0.0.7;rport=5062");
  CHECK_FALSE(tokens.is_signed(branch, own.get(), via(changed.c_str())));
  for (const auto& other :
       {answer("call-2", "7 INVITE"), answer("call-1", "8 INVITE"), answer("call-1", "7 BYE")}) {
    CHECK_FALSE(tokens.is_signed(branch, other.get(), next));
  }
  CHECK_FALSE(Tokens{kOther, 1}.is_signed(branch, own.get(), next));
  for (auto* part : {&branch.random, &branch.loop_hash, &branch.mac}) {
    const auto was = std::exchange(*part, 99);
    CHECK_FALSE(tokens.is_signed(branch, own.get(), next));
    *part = was;
  }
  ++branch.made_s;
  CHECK_FALSE(tokens.is_signed(branch, own.get(), next));
  --branch.made_s;
  branch.listener = 5;
  CHECK_FALSE(tokens.is_signed(branch, own.get(), next));
}

TEST_CASE("A datagram's flow is good on any node, a stream's on its process", "[proxy][tokens]") {
  const auto ours = addresses();
  const Tokens here{kRing, 1};
  const Tokens restarted{kRing, 2};
  const Flow udp{Transport::Udp, 0, *Endpoint::parse("10.0.0.7:5062"), 0};
  const Flow tcp{Transport::Tcp, 1, *Endpoint::parse("10.0.0.7:40000"), 9};

  CHECK(here.flow_of(here.token_of(udp, ours), ours) == udp);
  CHECK(restarted.flow_of(here.token_of(udp, ours), ours) == udp);
  CHECK(here.flow_of(here.token_of(tcp, ours), ours) == tcp);
  CHECK_FALSE(restarted.flow_of(here.token_of(tcp, ours), ours));
  CHECK(here.token_of(tcp, ours).home == kHome);

  const proxy::Addresses others{
      {{Transport::Tcp, *Endpoint::from("127.0.0.12", 5060), "127.0.0.12", 5060, 0},
       {Transport::Udp, *Endpoint::from("127.0.0.12", 5060), "127.0.0.12", 5060, 0}}};
  const Flow from_there{Transport::Udp, 1, udp.remote, 0};
  CHECK(here.flow_of(here.token_of(udp, ours), others) == from_there);
  const proxy::Addresses six{{{Transport::Udp, *Endpoint::from("::1", 5060), "[::1]", 5060, 0}}};
  CHECK_FALSE(here.flow_of(here.token_of(udp, ours), six));
}
