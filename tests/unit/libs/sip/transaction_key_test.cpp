#include "sip/transaction_key.hpp"

#include <catch2/catch.hpp>

#include "sip/branch.hpp"
#include "sip/builder.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;
using sip::samples::kInvite;
using sip::samples::parsed;
using sip::samples::wire;

namespace {

std::string server_key(std::string_view bytes) {
  std::string key;
  REQUIRE(sip::append_server_key(key, parsed(bytes)));
  return key;
}

std::string changed(std::string_view what, std::string_view instead) {
  std::string text{kInvite};
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  text.replace(at, what.size(), instead);
  return wire(text);
}

std::string with_method(std::string_view method) {
  auto text = changed("INVITE sip", std::string{method} + " sip");
  text.replace(text.find("1 INVITE"), 8, "1 " + std::string{method});
  return text;
}

}  // namespace

TEST_CASE("A request finds its server transaction", "[sip][key]") {
  const auto invite = server_key(wire(kInvite));
  CHECK(server_key(changed("To: <sip:1002@hq.example>", "To: <sip:1002@hq.example>;tag=9")) ==
        invite);
  CHECK(server_key(with_method("ACK")) == invite);
  CHECK(server_key(with_method("CANCEL")) != invite);
  CHECK(server_key(with_method("BYE")) != invite);
  CHECK(server_key(changed("z9hG4bK776", "z9hG4bK777")) != invite);
  CHECK(server_key(changed("192.0.2.10:5060;branch", "192.0.2.10:5061;branch")) != invite);
  CHECK(server_key(changed("192.0.2.10:5060;branch", "192.0.2.10;branch")) == invite);
  std::string cancelled;
  const auto cancel = with_method("CANCEL");
  REQUIRE(sip::append_cancelled_key(cancelled, parsed(cancel)));
  CHECK(cancelled == invite);
}

TEST_CASE("A request without the magic cookie is told by what RFC 2543 compares", "[sip][key]") {
  const auto old_invite = changed("z9hG4bK776", "1");
  const auto invite = server_key(old_invite);
  auto ack = old_invite;
  ack.replace(0, 6, "ACK");
  ack.replace(ack.find("CSeq: 1 INVITE"), 14, "CSeq: 1 ACK");
  ack.replace(ack.find("To: <sip:1002@hq.example>"), 25, "To: <sip:1002@hq.example>;tag=7");
  CHECK(server_key(ack) == invite);
  auto other = old_invite;
  other.replace(other.find("CSeq: 1"), 7, "CSeq: 2");
  CHECK(server_key(other) != invite);
  other = old_invite;
  other.replace(other.find("tag=a1"), 6, "tag=a2");
  CHECK(server_key(other) != invite);
}

TEST_CASE("A response finds the client transaction that asked", "[sip][key]") {
  const auto bytes = wire(kInvite);
  std::string response;
  sip::append_response(response, parsed(bytes), {.status = 180});
  std::string asked;
  sip::append_client_key(asked, "z9hG4bK776", "INVITE");
  std::string answered;
  REQUIRE(sip::append_client_key(answered, parsed(response)));
  CHECK(asked == answered);
  const auto no_branch = wire("SIP/2.0 200 OK\nVia: SIP/2.0/UDP h\nCSeq: 1 BYE\n\n");
  CHECK(sip::append_client_key(answered, parsed(no_branch)).error() == sip::Errc::BadVia);
  CHECK(sip::append_server_key(answered, parsed(wire("BYE sip:a SIP/2.0\n\n"))).error() ==
        sip::Errc::MissingHeader);
}

TEST_CASE("A merged request shares its key though its branch differs", "[sip][key]") {
  std::string a;
  std::string b;
  const auto first = wire(kInvite);
  const auto second = changed("z9hG4bK776", "z9hG4bK999");
  REQUIRE(sip::append_merge_key(a, parsed(first)));
  REQUIRE(sip::append_merge_key(b, parsed(second)));
  CHECK(a == b);
}

TEST_CASE("A branch of ours tells its worker and loop hash", "[sip][branch]") {
  const sip::Branch branch{0xBEEF, 0x0123456789ABCDEF, 0xFEDCBA9876543210, 0xA7,
                           0xC0DE, 0x6A5B4C3D,         0x1122334455667788};
  std::string text;
  sip::append_branch(text, branch);
  CHECK(text == "z9hG4bKbeef0123456789abcdeffedcba9876543210a7c0de6a5b4c3d1122334455667788");
  CHECK(text.size() == sip::kBranchSize);
  CHECK(sip::parse_branch(text) == branch);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto broken = text;
    broken[i] = 'X';
    CHECK_FALSE(sip::parse_branch(broken));
    CHECK_FALSE(sip::parse_branch(std::string_view{text}.substr(0, i)));
  }
  CHECK_FALSE(sip::parse_branch(text + "0"));
}

TEST_CASE("The loop hash covers what routes a request and not what always changes",
          "[sip][branch]") {
  const auto hash = [](std::string_view bytes) { return sip::loop_hash(parsed(bytes)); };
  const auto original = hash(wire(kInvite));
  CHECK(hash(changed("Max-Forwards: 70", "Max-Forwards: 3")) == original);
  CHECK(hash(changed("branch=z9hG4bK776", "branch=z9hG4bK1")) == original);
  CHECK(hash(with_method("CANCEL")) == original);
  CHECK(sip::acknowledged_loop_hash(parsed(with_method("ACK"))) == original);
  CHECK(hash(changed("INVITE sip:1002@", "INVITE sip:1003@")) != original);
  CHECK(hash(changed("tag=a1", "tag=a2")) != original);
  CHECK(hash(changed("CSeq: 1", "CSeq: 2")) != original);
  CHECK(hash(changed("Route: <sip:192.0.2.1;lr>", "Route: <sip:192.0.2.2;lr>")) != original);
  CHECK(hash(changed("Call-ID: 3", "Call-ID: 4")) != original);
}

TEST_CASE("A loop is told from a spiral", "[sip][branch]") {
  const auto visit = [](std::uint64_t seen, std::uint64_t now, std::string_view host) {
    std::string branch;
    sip::append_branch(branch, {1, 2, seen});
    const auto bytes =
        wire("INVITE sip:a SIP/2.0\nVia: SIP/2.0/UDP other;branch=z9hG4bK1,\n SIP/2.0/UDP " +
             std::string{host} + ";branch=" + branch + "\n\n");
    return sip::visit_of(parsed(bytes), now,
                         [](const sip::Via& via) { return via.host == "192.0.2.1"; });
  };
  CHECK(visit(7, 7, "192.0.2.1") == sip::Visit::Loop);
  CHECK(visit(7, 8, "192.0.2.1") == sip::Visit::Spiral);
  CHECK(visit(7, 7, "192.0.2.2") == sip::Visit::First);
}
