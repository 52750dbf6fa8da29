#include "sip/message.hpp"

#include <catch2/catch.hpp>

#include "sip/contact.hpp"
#include "sip/stored_message.hpp"
#include "sip/text.hpp"
#include "sip/validate.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;
using sip::samples::kInvite;
using sip::samples::parsed;
using sip::samples::wire;

TEST_CASE("A request is read in place", "[sip][message]") {
  const auto bytes = wire(kInvite);
  const auto invite = parsed(bytes);
  CHECK(invite.is_request());
  CHECK(invite.method() == sip::Method::Invite);
  CHECK(invite.request_uri()->user == "1002");
  CHECK(invite.top_via()->branch == "z9hG4bK776");
  CHECK(*invite.max_forwards() == 70u);
  CHECK((*invite.first_route())->uri()->is_loose_route());
  CHECK(invite.from()->tag() == "a1");
  CHECK(invite.to()->tag().empty());
  CHECK(invite.call_id() == "3848276298220188511@192.0.2.10");
  CHECK(invite.cseq()->number == 1);
  CHECK(invite.content_length() == 5u);
  CHECK(invite.body() == "v=0\r\n");
  CHECK(invite.bytes() == bytes);
  CHECK(invite.call_id().data() > bytes.data());
  CHECK(invite.header_count() == 10);
  CHECK(sip::validate_request(invite));
}

TEST_CASE("A response is read in place", "[sip][message]") {
  const auto bytes = wire("SIP/2.0 180 Ringing now\nl: 0\n\n");
  const auto ringing = parsed(bytes);
  CHECK(ringing.is_response());
  CHECK(ringing.status() == 180);
  CHECK(ringing.reason() == "Ringing now");
  CHECK(parsed(wire("SIP/2.0 200\n\n")).reason().empty());
  CHECK(parsed(wire("SIP/2.0 200 \n\n")).reason().empty());
}

TEST_CASE("Folded values keep their folds until asked", "[sip][message]") {
  const auto bytes = wire("OPTIONS sip:a SIP/2.0\nSubject: one\n  two\n\tthree  \ns:\n\n");
  const auto message = parsed(bytes);
  const auto field = *message.first(sip::HeaderId::Subject);
  CHECK(field.folded);
  CHECK(field.value == "one\r\n  two\r\n\tthree");
  CHECK(field.line == "Subject: one\r\n  two\r\n\tthree  \r\n");
  std::string scratch;
  CHECK(sip::unfold(field.value, scratch) == "one two three");
  CHECK(message.count(sip::HeaderId::Subject) == 2);
  CHECK(message.field(1).value.empty());
  CHECK_FALSE(message.field(1).folded);
}

TEST_CASE("Values of one kind are found over lines and commas", "[sip][message]") {
  const auto bytes = wire(
      "REGISTER sip:a SIP/2.0\nContact: <sip:a@b;x=1,2>;q=0.5, \"c,d\" <sip:c@d>\nSupported: path\n"
      "m: <sip:e@f>\nX-Own: 1\nk: gruu, outbound\nx-own: 2\n\n");
  const auto message = parsed(bytes);
  std::vector<std::string> uris;
  const auto contacts = sip::parse_contacts(message);
  REQUIRE(contacts);
  for (const auto& contact : *contacts) uris.emplace_back(contact.address.uri_text);
  CHECK(uris == std::vector<std::string>{"sip:a@b;x=1,2", "sip:c@d", "sip:e@f"});
  CHECK(message.lists(sip::HeaderId::Supported, "OUTBOUND"));
  CHECK_FALSE(message.lists(sip::HeaderId::Supported, "100rel"));
  CHECK_FALSE(message.lists(sip::HeaderId::Require, "path"));
  CHECK(message.value("X-OWN") == "1");
  CHECK(message.value("subject").empty());
  CHECK(message.value("Contact") == "<sip:a@b;x=1,2>;q=0.5, \"c,d\" <sip:c@d>");
  CHECK_FALSE(message.max_forwards().error());
  CHECK(*message.max_forwards() == std::nullopt);
  CHECK(message.top_via().error() == sip::Errc::MissingHeader);
}

TEST_CASE("Star beside another Contact is refused", "[sip][message]") {
  const auto bytes = wire("REGISTER sip:a SIP/2.0\nContact: *\nContact: <sip:a@b>\n\n");
  CHECK(sip::parse_contacts(parsed(bytes)).error() == sip::Errc::BadContact);
}

TEST_CASE("Expires is seconds, and nonsense is an hour", "[sip][message]") {
  CHECK(parsed(wire("REGISTER sip:a SIP/2.0\nExpires: 60\n\n")).expires() == 60u);
  CHECK(parsed(wire("REGISTER sip:a SIP/2.0\nExpires: 1e9\n\n")).expires() == 3600u);
  CHECK(parsed(wire("REGISTER sip:a SIP/2.0\n\n")).expires() == std::nullopt);
}

TEST_CASE("What is not a message is refused with what is wrong", "[sip][message]") {
  const auto [text, expected] = GENERATE(table<std::string, sip::Errc>({
      {"", sip::Errc::Truncated},
      {"\r\n\r\n", sip::Errc::BadStartLine},
      {"OPTIONS sip:a SIP/2.0", sip::Errc::Truncated},
      {"OPTIONS sip:a SIP/2.0\r\n", sip::Errc::Truncated},
      {"OPTIONS sip:a SIP/2.0\r\nVia: x", sip::Errc::Truncated},
      {"OPTIONS sip:a SIP/2.0\r\nVia: x\r\n", sip::Errc::Truncated},
      {"OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r", sip::Errc::Truncated},
      {"OPTIONS sip:a SIP/2.0\r\nVia", sip::Errc::Truncated},
      {"OPTIONS sip:a SIP/2.0\n\n", sip::Errc::BadLineEnd},
      {"OPTIONS sip:a SIP/2.0\r\nA: b\n\r\n", sip::Errc::BadLineEnd},
      {"OPTIONS sip:a SIP/2.0\r\nA: b\rc\r\n\r\n", sip::Errc::BadLineEnd},
      {"OPTIONS sip:a\r\n\r\n", sip::Errc::BadStartLine},
      {"OPTIONS\r\n\r\n", sip::Errc::BadStartLine},
      {"OPTIONS  sip:a SIP/2.0\r\n\r\n", sip::Errc::BadStartLine},
      {"OPTIONS sip:a  SIP/2.0\r\n\r\n", sip::Errc::BadStartLine},
      {"OPTIONS sip:a SIP/2.0 \r\n\r\n", sip::Errc::BadStartLine},
      {"OPTIONS sip:a HTTP/1.1\r\n\r\n", sip::Errc::BadStartLine},
      {"OPT<>S sip:a SIP/2.0\r\n\r\n", sip::Errc::BadStartLine},
      {" OPTIONS sip:a SIP/2.0\r\n\r\n", sip::Errc::BadStartLine},
      {"OPTIONS sip:a SIP/3.0\r\n\r\n", sip::Errc::BadVersion},
      {"SIP/1.0 200 OK\r\n\r\n", sip::Errc::BadVersion},
      {"SIP/2.0 99 X\r\n\r\n", sip::Errc::BadStatusCode},
      {"SIP/2.0 700 X\r\n\r\n", sip::Errc::BadStatusCode},
      {"SIP/2.0 0200 X\r\n\r\n", sip::Errc::BadStatusCode},
      {"SIP/2.0 4294967301 X\r\n\r\n", sip::Errc::BadStatusCode},
      {"SIP/2.0\r\n\r\n", sip::Errc::BadStartLine},
      {"OPTIONS sip:a SIP/2.0\r\n folded: first\r\n\r\n", sip::Errc::BadHeaderLine},
      {"OPTIONS sip:a SIP/2.0\r\nno colon\r\n\r\n", sip::Errc::BadHeaderLine},
      {"OPTIONS sip:a SIP/2.0\r\n: x\r\n\r\n", sip::Errc::BadHeaderLine},
      {"OPTIONS sip:a SIP/2.0\r\na b: x\r\n\r\n", sip::Errc::BadHeaderLine},
      {"OPTIONS sip:a SIP/2.0\r\nl: 1\r\n\r\n", sip::Errc::Truncated},
      {"OPTIONS sip:a SIP/2.0\r\nl: -1\r\n\r\n", sip::Errc::BadContentLength},
      {"OPTIONS sip:a SIP/2.0\r\nl: 1x\r\n\r\n", sip::Errc::BadContentLength},
      {"OPTIONS sip:a SIP/2.0\r\nl:\r\n\r\n", sip::Errc::BadContentLength},
      {"OPTIONS sip:a SIP/2.0\r\nl: 0\r\nContent-Length: 0\r\n\r\n", sip::Errc::RepeatedHeader},
  }));
  CAPTURE(text);
  CHECK(sip::parse_message(text).error() == expected);
}

TEST_CASE("Limits hold", "[sip][message]") {
  const std::string head = "OPTIONS sip:a SIP/2.0\r\n";
  std::string many = head;
  for (int i = 0; i < 256; ++i) many += "A: b\r\n";
  CHECK(parsed(many + "\r\n").header_count() == 256);
  CHECK(sip::parse_message(many + "A: b\r\n\r\n").error() == sip::Errc::TooManyHeaders);

  const std::string longest = "A: " + std::string(16'384 - 3, 'x') + "\r\n\r\n";
  CHECK(sip::parse_message(head + longest));
  CHECK(sip::parse_message(head + "y" + longest).error() == sip::Errc::LineTooLong);

  const std::string largest = head + "\r\n" + std::string(65'535 - head.size() - 2, 'b');
  CHECK(parsed(largest).body().size() == 65'535 - head.size() - 2);
  CHECK(sip::parse_message(largest + "b").error() == sip::Errc::TooLarge);
  CHECK(sip::parse_message(head + "\r\n", {.message = 20}).error() == sip::Errc::TooLarge);
}

TEST_CASE("Content-Length bounds the body of a datagram", "[sip][message]") {
  CHECK(parsed(wire("INFO sip:a SIP/2.0\nl: 3\n\nabcdef")).body() == "abc");
  CHECK(parsed(wire("INFO sip:a SIP/2.0\n\nabcdef")).body() == "abcdef");
  CHECK(parsed(wire("INFO sip:a SIP/2.0\nl: 3\n\nabcdef")).bytes().ends_with("abc"));
}

TEST_CASE("Keep-alive datagrams are told apart", "[sip][message]") {
  CHECK(sip::is_keepalive(""));
  CHECK(sip::is_keepalive("\r\n\r\n"));
  CHECK(sip::is_keepalive(std::string_view{"\0\0\0\0", 4}));
  CHECK_FALSE(sip::is_keepalive("hello"));
}

TEST_CASE("A stored message owns its bytes through copies and moves", "[sip][message]") {
  sip::StoredMessage stored;
  {
    const auto bytes = wire(kInvite);
    stored = sip::StoredMessage{parsed(bytes)};
  }
  const sip::StoredMessage copy = stored;
  const sip::StoredMessage moved = std::move(stored);
  CHECK(moved->from()->tag() == "a1");
  CHECK(copy->body() == "v=0\r\n");
  CHECK(copy->call_id().data() != moved->call_id().data());
  const auto short_one = sip::parse_stored("SIP/2.0 200\r\n\r\n");
  REQUIRE(short_one);
  const auto short_moved = std::move(*short_one);
  CHECK(short_moved->status() == 200);
  CHECK(short_moved->bytes() == short_moved.bytes());
  CHECK(sip::parse_stored("nonsense").error() == sip::Errc::Truncated);
}

TEST_CASE("More header fields than fit inline are kept in order", "[sip][message]") {
  std::string bytes = "OPTIONS sip:a SIP/2.0\r\n";
  for (int i = 0; i < 100; ++i) bytes += "Via: SIP/2.0/UDP h" + std::to_string(i) + "\r\n";
  bytes += "\r\n";
  const auto first = parsed(bytes);
  sip::Message copy = first;
  copy = sip::Message{copy};
  int i = 0;
  for (const auto value : copy.values(sip::HeaderId::Via)) {
    CHECK(sip::parse_via(value)->host == "h" + std::to_string(i++));
  }
  CHECK(i == 100);
}
