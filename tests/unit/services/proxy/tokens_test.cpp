#include <catch2/catch.hpp>

#include "core/bytes.hpp"
#include "proxy/domain/tokens.hpp"

using namespace pbx;
using proxy::DialogToken;
using proxy::Endpoint;
using proxy::Flow;
using proxy::FlowToken;
using proxy::Tokens;
using sip::Transport;

namespace {

const Secret kKey{"a cluster key of sixteen bytes or more"};

proxy::Addresses addresses() {
  const auto bind = *Endpoint::from("127.0.0.11", 5060);
  return proxy::Addresses{{{Transport::Udp, bind, "127.0.0.11", 5060, 0},
                           {Transport::Tcp, bind, "127.0.0.11", 5060, 0}}};
}

template <class Token>
std::string text_of(const Tokens& tokens, const Token& token) {
  std::string text;
  tokens.append(text, token);
  return text;
}

const FlowToken kUdp{7, Transport::Udp, *Endpoint::parse("10.0.0.7:5062"), 0, 0};
const FlowToken kTcp6{8, Transport::Tcp, *Endpoint::parse("[2001:db8::7]:40000"), 77,
                      0x1'0000'0000'0005};

}  // namespace

TEST_CASE("A flow token says again what it was told", "[proxy][tokens]") {
  const Tokens tokens{kKey, 1};
  for (const auto& token : {kUdp, kTcp6}) {
    const auto text = text_of(tokens, token);
    CHECK(text.size() < 60);
    CHECK(tokens.read_flow(text) == token);
    CHECK_FALSE(tokens.read_dialog(text));
  }
}

TEST_CASE("A dialog token says again what it was told", "[proxy][tokens]") {
  const Tokens tokens{kKey, 1};
  const DialogToken all{0xdeadbeef, true, kUdp, kTcp6};
  const DialogToken none{1, false, std::nullopt, std::nullopt};
  CHECK(tokens.read_dialog(text_of(tokens, all)) == all);
  CHECK(tokens.read_dialog(text_of(tokens, none)) == none);
  CHECK_FALSE(tokens.read_flow(text_of(tokens, all)));
}

TEST_CASE("A token that was changed, cut or made with another key is nothing", "[proxy][tokens]") {
  const Tokens tokens{kKey, 1};
  const auto text = text_of(tokens, kUdp);
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
  CHECK_FALSE(Tokens{Secret{"another key of sixteen bytes or more"}, 1}.read_flow(text));
}

TEST_CASE("A datagram's flow is good on any node with the listener, a stream's on its process",
          "[proxy][tokens]") {
  const auto ours = addresses();
  const Tokens here{kKey, 1};
  const Tokens restarted{kKey, 2};
  const Flow udp{Transport::Udp, 0, *Endpoint::parse("10.0.0.7:5062"), 0};
  const Flow tcp{Transport::Tcp, 1, *Endpoint::parse("10.0.0.7:40000"), 9};

  CHECK(here.flow_of(here.token_of(udp, ours), ours) == udp);
  CHECK(restarted.flow_of(here.token_of(udp, ours), ours) == udp);
  CHECK(here.flow_of(here.token_of(tcp, ours), ours) == tcp);
  CHECK_FALSE(restarted.flow_of(here.token_of(tcp, ours), ours));

  const proxy::Addresses others{
      {{Transport::Udp, *Endpoint::from("127.0.0.12", 5060), "127.0.0.12", 5060, 0}}};
  CHECK_FALSE(here.flow_of(here.token_of(udp, ours), others));
}
