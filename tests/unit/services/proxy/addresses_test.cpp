#include <catch2/catch.hpp>

#include "proxy/domain/addresses.hpp"

using namespace pbx;
using proxy::Addresses;
using proxy::Endpoint;
using proxy::Listener;
using sip::Transport;

namespace {

Addresses addresses() {
  return Addresses{{{Transport::Udp, *Endpoint::from("10.0.0.1", 5060), "sip.example.com", 5060, 0},
                    {Transport::Tcp, *Endpoint::from("10.0.0.1", 5060), "sip.example.com", 5060, 0},
                    {Transport::Udp, *Endpoint::from("::1", 5080), "[::1]", 5080, 0}}};
}

}  // namespace

TEST_CASE("An address is ours as advertised and as bound", "[proxy]") {
  const auto ours = addresses();
  CHECK(ours.is_ours("SIP.example.com", 5060));
  CHECK(ours.is_ours("sip.example.com", 0));
  CHECK(ours.is_ours("10.0.0.1", 5060));
  CHECK(ours.is_ours("[::1]", 5080));
  CHECK_FALSE(ours.is_ours("[::1]", 0));
  CHECK_FALSE(ours.is_ours("10.0.0.1", 5061));
  CHECK_FALSE(ours.is_ours("10.0.0.2", 5060));
  CHECK_FALSE(ours.is_ours("example.com", 5060));
}

TEST_CASE("A request leaves by the listener of its transport next to where it came in", "[proxy]") {
  const auto ours = addresses();
  CHECK(ours.to_send(Transport::Udp, false, 1) == 0);
  CHECK(ours.to_send(Transport::Tcp, false, 0) == 1);
  CHECK(ours.to_send(Transport::Udp, true, 0) == 2);
  CHECK_FALSE(ours.to_send(Transport::Tcp, true, 0));
}

TEST_CASE("A listener's name tells transport and advertised address", "[proxy]") {
  const auto ours = addresses();
  CHECK(ours.by_name(ours[1].name) == 1);
  CHECK(ours[0].name != ours[1].name);
  CHECK(ours[0].name == proxy::listener_name(Transport::Udp, "SIP.example.com", 5060));
  CHECK_THROWS(Addresses{{}});
  const Listener twice{Transport::Udp, *Endpoint::from("10.0.0.1", 5060), "a", 5060, 0};
  CHECK_THROWS(Addresses{{twice, twice}});
}

TEST_CASE("Other nodes reach a listener by an address, whatever it is called", "[proxy]") {
  const auto ours = addresses();
  const proxy::Home home{Transport::Udp, *Endpoint::parse("10.0.0.1:5060")};
  CHECK(ours.home_near(1) == home);
  CHECK(ours.is_home(home));
  CHECK_FALSE(ours.is_home({Transport::Udp, *Endpoint::parse("10.0.0.2:5060")}));
  Listener inside{Transport::Udp, *Endpoint::from("0.0.0.0", 5060), "sip.example.com", 5060, 0};
  inside.node = *Endpoint::parse("10.0.0.9:5060");
  CHECK(Addresses{{inside}}.home_near(0).at.to_string() == "10.0.0.9:5060");
}

TEST_CASE("An endpoint is an address, never a name", "[proxy]") {
  CHECK(Endpoint::parse("192.0.2.1:5060")->to_string() == "192.0.2.1:5060");
  CHECK(Endpoint::parse("[2001:db8::1]:5061")->to_string() == "[2001:db8::1]:5061");
  CHECK(Endpoint::from("::1", 1)->host() == "[::1]");
  CHECK_FALSE(Endpoint::parse("192.0.2.1"));
  CHECK_FALSE(Endpoint::parse("localhost:5060"));
  CHECK_FALSE(Endpoint::from("192.0.2.256", 1));
  CHECK_FALSE(Endpoint::from(std::string(200, '1'), 1));
}
