#include "sip/validate.hpp"

#include <catch2/catch.hpp>

#include "sip/builder.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;
using sip::samples::parsed;
using sip::samples::wire;

namespace {

/// The sample INVITE with one line replaced, or added when `line` begins with '+'.
std::string invite_with(std::string_view line, std::string_view instead) {
  std::string text{sip::samples::kInvite};
  if (line == "+") {
    text.insert(text.find("\n\n") + 1, std::string{instead} + "\n");
  } else {
    const auto at = text.find(line);
    REQUIRE(at != std::string::npos);
    text.replace(at, text.find('\n', at) + 1 - at,
                 instead.empty() ? std::string{} : std::string{instead} + "\n");
  }
  return wire(text);
}

}  // namespace

TEST_CASE("A request must obey the rules before anyone acts on it", "[sip][validate]") {
  using sip::Errc;
  const auto [line, instead, expected] = GENERATE(table<std::string, std::string, Errc>({
      {"Via", "", Errc::MissingHeader},
      {"From", "", Errc::MissingHeader},
      {"To:", "", Errc::MissingHeader},
      {"Call-ID", "", Errc::MissingHeader},
      {"CSeq", "", Errc::MissingHeader},
      {"+", "CSeq: 2 INVITE", Errc::RepeatedHeader},
      {"+", "t: <sip:x@y>", Errc::RepeatedHeader},
      {"+", "Max-Forwards: 3", Errc::RepeatedHeader},
      {"+", "Content-Type: text/plain", Errc::RepeatedHeader},
      {"CSeq", "CSeq: 1 BYE", Errc::MethodMismatch},
      {"CSeq", "CSeq: 1 invite", Errc::MethodMismatch},
      {"CSeq", "CSeq: 2147483648 INVITE", Errc::BadNumber},
      {"Max-Forwards", "Max-Forwards: 256", Errc::BadMaxForwards},
      {"Max-Forwards", "Max-Forwards: -1", Errc::BadMaxForwards},
      {"Max-Forwards", "Max-Forwards:", Errc::BadMaxForwards},
      {"INVITE", "INVITE sip:a@b?Route=%3Csip:c%3E SIP/2.0", Errc::BadRequestUri},
      {"INVITE", "INVITE <sip:a@b> SIP/2.0", Errc::BadRequestUri},
      {"INVITE", "INVITE sip:a@b;; SIP/2.0", Errc::BadRequestUri},
      {"INVITE", "INVITE urn:service:sos SIP/2.0", Errc::UnsupportedScheme},
      {"Via", "Via: SIP/3.0/UDP h;branch=z9hG4bK1", Errc::BadVersion},
      {"Via", "Via: SIP/2.0/UDP h;branch=z9hG4bK", Errc::BadVia},
      {"Via", "Via: SIP/2.0/UDP h, ", Errc::BadVia},
      {"+", "Via: SIP/2.0/UDP h;;", Errc::BadParameter},
      {"From", "From: \"A <sip:a@b>", Errc::BadQuotedString},
      {"From", "From: <sip:a@b c>", Errc::BadHost},
      {"To:", "To: Watson, T. <sip:a@b>", Errc::BadNameAddr},
      {"Call-ID", "Call-ID:", Errc::BadCallId},
      {"Call-ID", "Call-ID: a b", Errc::BadCallId},
      {"Call-ID",
       "Call-ID: a\x7F"
       "b",
       Errc::BadCallId},
      {"Call-ID", "Call-ID: caf\xC3\xA9", Errc::BadCallId},
      {"From", "From: <sip:a@b>;tag=\"a b\"", Errc::BadTag},
      {"From", "From: <sip:a@b>;tag=" + std::string(257, 'a'), Errc::BadTag},
      {"+",
       "Require: a\xFF"
       "b",
       Errc::BadToken},
      {"+", "Require: path, gr uu", Errc::BadToken},
      {"+", "Proxy-Require: \"path\"", Errc::BadToken},
      {"Route", "Route: sip:192.0.2.1;lr", Errc::BadNameAddr},
      {"+", "Route: <sip:192.0.2.1;lr", Errc::BadNameAddr},
      {"Contact", "Contact: *", Errc::BadContact},
      {"Contact", "Contact: <sip:a@b>;q=7", Errc::BadContact},
      {"Contact", "Contact: <sip:a@b:0>", Errc::BadPort},
  }));
  CAPTURE(line, instead);
  const auto bytes = invite_with(line, instead);
  CHECK(sip::validate_request(parsed(bytes)).error() == expected);
}

TEST_CASE("A tag is a word, and another one in To than in From", "[sip][validate]") {
  const auto [from, to, right] = GENERATE(table<std::string, std::string, bool>({
      {"a", "b", true},
      {"a=/:@[]?", "", true},  // no token, and yet seen from phones
      {"a", "a", false},
      {"", "", true},
      {"a", "\"b\"", false},
  }));
  CAPTURE(from, to);
  auto bytes = invite_with("From", "From: <sip:a@b>" + (from.empty() ? "" : ";tag=" + from));
  const auto at = bytes.find("\r\n", bytes.find("\r\nTo:") + 2);
  if (!to.empty()) bytes.insert(at, ";tag=" + to);
  CHECK(bool{sip::validate_request(parsed(bytes))} == right);
}

TEST_CASE("What is unusual but right passes", "[sip][validate]") {
  const auto [line, instead] = GENERATE(table<std::string, std::string>({
      {"Max-Forwards", ""},
      {"Max-Forwards", "Max-Forwards: 0"},
      {"Max-Forwards", "Max-Forwards: 0068"},
      {"Contact", ""},
      {"INVITE", "INVITE tel:+12015550123 SIP/2.0"},
      {"From", "From: sip:a@b"},
      {"From", "From: <http://www.example.com>;tag=1"},
      {"To:", "To: isbn:2983792873"},
      {"Via", "Via: SIP/2.0/UDP h"},
      {"+", "X-Whatever: ;;,,;"},
      {"+", "Require: path, , outbound"},
      {"+", "Require:"},
  }));
  CAPTURE(line, instead);
  const auto bytes = invite_with(line, instead);
  const auto valid = sip::validate_request(parsed(bytes));
  CAPTURE(valid.error().message());
  CHECK(valid);
}

TEST_CASE("Via is bounded in hops and bytes", "[sip][validate]") {
  const auto vias = [](std::size_t count, std::size_t size) {
    std::string lines;
    for (std::size_t i = 0; i < count; ++i) {
      std::string via = "Via: SIP/2.0/UDP h;branch=z9hG4bK" + std::to_string(i) + ";p=";
      via.resize(5 + size, 'x');
      lines += (i == 0 ? "" : "\n") + via;
    }
    return invite_with("Via", lines);
  };
  const auto [count, size, fits] = GENERATE(table<std::size_t, std::size_t, bool>({
      {sip::kMaxVias, 60, true},
      {sip::kMaxVias + 1, 60, false},
      {4, sip::kMaxViaBytes / 4, true},
      {4, sip::kMaxViaBytes / 4 + 1, false},
      {1, sip::kMaxViaBytes + 1, false},
  }));
  CAPTURE(count, size);
  const auto bytes = vias(count, size);
  const auto error = sip::validate_request(parsed(bytes)).error();
  CHECK(error == (fits ? std::error_code{} : make_error_code(sip::Errc::TooLarge)));
  if (!fits) CHECK(sip::answer_status(error) == 513);
}

TEST_CASE("An unknown method with another CSeq method is 501", "[sip][validate]") {
  const auto bytes = invite_with("INVITE", "NEWMETHOD sip:a@b SIP/2.0");
  const auto error = sip::validate_request(parsed(bytes)).error();
  CHECK(error == sip::Errc::UnknownMethodMismatch);
  CHECK(sip::answer_status(error) == 501);
}

TEST_CASE("A refused request can be answered if it says whom to answer", "[sip][validate]") {
  const auto bytes = invite_with("INVITE", "INVITE sip:a@b  SIP/2.0") + "body";
  REQUIRE(sip::parse_message(bytes).error() == sip::Errc::BadStartLine);
  const auto parts = sip::parse_for_reply(bytes);
  REQUIRE(parts);
  std::string out;
  sip::append_response(out, *parts, {.status = 400, .to_tag = "t1"});
  const auto answer = parsed(out);
  CHECK(answer.status() == 400);
  CHECK(answer.top_via()->branch == "z9hG4bK776");
  CHECK(answer.from()->tag() == "a1");
  CHECK(answer.to()->tag() == "t1");
  CHECK(answer.call_id() == "3848276298220188511@192.0.2.10");
  CHECK(answer.cseq()->method == "INVITE");
  CHECK(sip::validate_response(answer));
}

TEST_CASE("Broken lines are left out of the answer", "[sip][validate]") {
  const auto bytes = std::string{
      "OPTIONS sip:a SIP/2.0\r\nno colon\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
      "From: <sip:a@b>\r\n ;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\ry\r\nCall-ID: z\nCSeq: 1 "
      "OPTIONS"};
  REQUIRE_FALSE(sip::parse_message(bytes));
  const auto parts = sip::parse_for_reply(bytes);
  REQUIRE(parts);
  CHECK(parts->call_id() == "z");
  CHECK(parts->from()->tag() == "1");
  CHECK(parts->body().empty());
}

TEST_CASE("What must not or cannot be answered is not", "[sip][validate]") {
  CHECK_FALSE(sip::parse_for_reply(""));
  CHECK_FALSE(sip::parse_for_reply("\r\n"));
  CHECK_FALSE(sip::parse_for_reply("SIP/2.0 200 OK\r\n\r\n"));
  CHECK_FALSE(sip::parse_for_reply(invite_with("INVITE", "ACK sip:a@b  SIP/2.0")));
  CHECK_FALSE(sip::parse_for_reply(invite_with("Via", "Via: nonsense")));
  CHECK_FALSE(sip::parse_for_reply(invite_with("CSeq", "")));
}

TEST_CASE("A response must have its mandatory fields", "[sip][validate]") {
  const std::string good =
      "SIP/2.0 200 OK\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\n"
      "To: <sip:c@d>;tag=2\nCall-ID: x\nCSeq: 1 INVITE\n\n";
  CHECK(sip::validate_response(parsed(wire(good))));
  auto bad = good;
  bad.replace(bad.find("CSeq: 1"), 7, "CSeq: 9999999999");
  const auto bytes = wire(bad);
  CHECK(sip::validate_response(parsed(bytes)).error() == sip::Errc::BadNumber);
}
