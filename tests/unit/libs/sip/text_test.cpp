#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "sip/errc.hpp"
#include "sip/header_id.hpp"
#include "sip/method.hpp"
#include "sip/text.hpp"
#include "sip/transport.hpp"

using namespace pbx;

TEST_CASE("Every known header field is found by its name in any case", "[sip]") {
  for (std::size_t i = 1; i < sip::kHeaderIds; ++i) {
    const auto id = static_cast<sip::HeaderId>(i);
    std::string name{sip::header_name(id)};
    CAPTURE(name);
    CHECK(sip::header_id(name) == id);
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CHECK(sip::header_id(name) == id);
    for (char& c : name) c = sip::lower(c);
    CHECK(sip::header_id(name) == id);
    CHECK(sip::header_id(name + "x") == sip::HeaderId::Other);
  }
}

TEST_CASE("Compact forms name the same header fields", "[sip]") {
  const auto [letter, id] = GENERATE(table<std::string, sip::HeaderId>({
      {"i", sip::HeaderId::CallId},
      {"m", sip::HeaderId::Contact},
      {"e", sip::HeaderId::ContentEncoding},
      {"l", sip::HeaderId::ContentLength},
      {"c", sip::HeaderId::ContentType},
      {"f", sip::HeaderId::From},
      {"s", sip::HeaderId::Subject},
      {"k", sip::HeaderId::Supported},
      {"t", sip::HeaderId::To},
      {"v", sip::HeaderId::Via},
      {"V", sip::HeaderId::Via},
      {"o", sip::HeaderId::Event},
      {"u", sip::HeaderId::AllowEvents},
      {"r", sip::HeaderId::ReferTo},
      {"b", sip::HeaderId::ReferredBy},
      {"x", sip::HeaderId::SessionExpires},
      {"z", sip::HeaderId::Other},
      {"", sip::HeaderId::Other},
      {"-", sip::HeaderId::Other},
  }));
  CAPTURE(letter);
  CHECK(sip::header_id(letter) == id);
}

TEST_CASE("Methods are known by name and case matters", "[sip]") {
  for (int i = 1; i <= static_cast<int>(sip::Method::Update); ++i) {
    const auto method = static_cast<sip::Method>(i);
    CAPTURE(sip::method_name(method));
    CHECK(sip::method_from(sip::method_name(method)) == method);
  }
  CHECK(sip::method_from("invite") == sip::Method::Other);
  CHECK(sip::method_from("INVITES") == sip::Method::Other);
  CHECK(sip::method_from("") == sip::Method::Other);
}

TEST_CASE("Transports are known in any case", "[sip]") {
  CHECK(sip::transport_from("uDp") == sip::Transport::Udp);
  CHECK(sip::transport_from("WSS") == sip::Transport::Wss);
  CHECK(sip::transport_from("TLS-SCTP") == sip::Transport::Other);
  CHECK(sip::default_port(sip::Transport::Tls) == 5061);
  CHECK(sip::default_port(sip::Transport::Tcp) == 5060);
}

TEST_CASE("Case-insensitive comparison folds letters only", "[sip]") {
  CHECK(sip::iequals("Content-Length", "cONTENT-lENGTH"));
  CHECK_FALSE(sip::iequals("Content-Length", "Content_Length"));
  CHECK_FALSE(sip::iequals("@@@@@@@@", "````````"));
  CHECK_FALSE(sip::iequals("[[[[", "{{{{"));
  CHECK_FALSE(sip::iequals("\xC1", "\xE1"));
  CHECK(sip::iequals("", ""));
  CHECK_FALSE(sip::iequals("a", "ab"));
}

TEST_CASE("Case-insensitive comparison looks at every byte", "[sip]") {
  const std::string lower = "abcdefghijklmnopqrstuvwxyz";
  const std::string upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t size = 0; size <= lower.size(); ++size) {
    const auto text = lower.substr(0, size);
    CHECK(sip::iequals(text, upper.substr(0, size)));
    for (std::size_t at = 0; at < size; ++at) {
      auto other = upper.substr(0, size);
      other[at] = '-';
      CAPTURE(size, at);
      CHECK_FALSE(sip::iequals(text, other));
    }
  }
}

TEST_CASE("Numbers are digits within a bound", "[sip]") {
  CHECK(*sip::parse_number("0068") == 68);
  CHECK(*sip::parse_number("4294967295") == 4'294'967'295u);
  for (const auto text : {"", "-1", "+1", " 1", "1 ", "4294967296", "0x10", "1a",
                          "100000000000000000000000000000000000000000000"}) {
    CAPTURE(text);
    CHECK(sip::parse_number(text).error() == sip::Errc::BadNumber);
  }
  CHECK(sip::parse_number("256", 255).error() == sip::Errc::BadNumber);
}

TEST_CASE("A folded value unfolds to one space a fold", "[sip]") {
  std::string scratch;
  const std::string_view whole = "no fold";
  CHECK(sip::unfold(whole, scratch).data() == whole.data());
  CHECK(sip::unfold("a \r\n\t b\r\n c", scratch) == "a b c");
}

TEST_CASE("Quoting and unquoting are each other's inverse", "[sip]") {
  std::string scratch;
  CHECK(sip::unquote(R"("a \"b\" \\")", scratch) == R"(a "b" \)");
  CHECK(sip::unquote("\"plain\"", scratch) == "plain");
  CHECK(sip::unquote("token", scratch) == "token");
  CHECK(sip::unquote("\"", scratch) == "\"");
  std::string out;
  sip::append_quoted(out, "say \"hi\\\"\r\nX: y");
  CHECK(out == "\"say \\\"hi\\\\\\\"  X: y\"");
}

TEST_CASE("Every error has a sentence of its own without line breaks", "[sip]") {
  std::string seen = "\n";
  for (int code = 1; code <= static_cast<int>(sip::Errc::WrongResponse); ++code) {
    const auto error = make_error_code(static_cast<sip::Errc>(code));
    CAPTURE(code);
    CHECK(error.message() != "Unknown SIP error");
    CHECK(seen.find("\n" + error.message() + "\n") == std::string::npos);
    seen += error.message() + "\n";
  }
  CHECK(sip::answer_status(sip::Errc::TooLarge) == 513);
  CHECK(sip::answer_status(sip::Errc::BadVersion) == 505);
  CHECK(sip::answer_status(sip::Errc::UnsupportedScheme) == 416);
  CHECK(sip::answer_status(sip::Errc::BadVia) == 400);
  CHECK(sip::answer_status(pbx::Errc::Internal) == 400);
}
