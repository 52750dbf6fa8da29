#include "sip/stream_framer.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "sip/errc.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;
using sip::Frame;
using sip::samples::wire;

namespace {

/// Frames as text: "msg:…", "ping", "pong", "error:…".
void drain(sip::StreamFramer& framer, std::vector<std::string>& seen) {
  for (;;) {
    const auto frame = framer.next();
    if (!frame) {
      const auto text = "error:" + frame.error().message();
      if (seen.empty() || seen.back() != text) seen.push_back(text);
      return;
    }
    switch (frame->kind) {
      case Frame::Kind::None:
        return;
      case Frame::Kind::Message:
        seen.push_back("msg:" + std::string{frame->bytes});
        break;
      case Frame::Kind::Ping:
        seen.emplace_back("ping");
        break;
      case Frame::Kind::Pong:
        seen.emplace_back("pong");
        break;
    }
  }
}

std::vector<std::string> frames(const std::vector<std::string_view>& pieces) {
  sip::StreamFramer framer;
  std::vector<std::string> seen;
  for (const auto piece : pieces) {
    CHECK(framer.feed(piece) == piece.size());
    drain(framer, seen);
  }
  return seen;
}

std::string message(std::string_view body) {
  return wire("MESSAGE sip:a SIP/2.0\nContent-Length: ") + std::to_string(body.size()) +
         "\r\n\r\n" + std::string{body};
}

}  // namespace

TEST_CASE("A stream gives the same frames however it is cut", "[sip][framer]") {
  const std::string stream =
      message("one") + "\r\n\r\n" + message("") + message("two\r\n\r\n") + "\r\n" + message("3");
  const std::vector<std::string> expected{"msg:" + message("one"),
                                          "pong",
                                          "ping",
                                          "msg:" + message(""),
                                          "msg:" + message("two\r\n\r\n"),
                                          "pong",
                                          "msg:" + message("3")};
  CHECK(frames({stream}) == expected);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    CHECK(frames({std::string_view{stream}.substr(0, cut), std::string_view{stream}.substr(cut)}) ==
          expected);
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < stream.size(); ++i)
    bytes.push_back(std::string_view{stream}.substr(i, 1));
  CHECK(frames(bytes) == expected);
}

TEST_CASE("Two requests in one segment are two messages", "[sip][framer]") {
  const auto bytes = sip::samples::rfc4475("dblreq");
  const auto seen = frames({bytes});
  REQUIRE(seen.size() == 4);
  CHECK(seen[0].starts_with("msg:REGISTER sip:example.com"));
  CHECK(seen[1] == "pong");
  CHECK(seen[2].starts_with("msg:INVITE sip:joe@example.com"));
  CHECK(seen[3].starts_with("error:"));  // the INVITE's body is longer than its Content-Length
}

TEST_CASE("The length may be written in every allowed way", "[sip][framer]") {
  for (const auto name : {"l: 2", "L : 2", "content-length:2", "Content-Length:   2  ", "l:0002"}) {
    const auto bytes =
        wire("INFO sip:a SIP/2.0\nA: b\n " + std::string{name} + "\n" + name + "\n\n") + "hi";
    CAPTURE(name);
    CHECK(frames({bytes}) == std::vector<std::string>{"msg:" + bytes});
  }
}

TEST_CASE("A stream that cannot be framed ends with an error", "[sip][framer]") {
  using sip::Errc;
  const auto [text, expected] = GENERATE(table<std::string, sip::Errc>({
      {"INFO sip:a SIP/2.0\nA: b\n\n", Errc::NoContentLength},
      {"INFO sip:a SIP/2.0\n\n", Errc::NoContentLength},
      {"INFO sip:a SIP/2.0\nl: -1\n\n", Errc::BadContentLength},
      {"INFO sip:a SIP/2.0\nl:\n 5\n\nhello", Errc::BadContentLength},
      {"INFO sip:a SIP/2.0\nl: 1\nContent-Length: 1\n\na", Errc::BadContentLength},
      {"INFO sip:a SIP/2.0\nl: 65536\n\n", Errc::TooLarge},
      {"INFO sip:a SIP/2.0\nl: 4294967295\n\n", Errc::TooLarge},
      {"\r\n", Errc::BadLineEnd},
      {"INFO sip:a SIP/2.0\nl: 99999999999999999999\n\n", Errc::BadContentLength},
  }));
  CAPTURE(text);
  sip::StreamFramer framer;
  framer.feed(wire(text));
  const auto frame = framer.next();
  REQUIRE_FALSE(frame);
  CHECK(frame.error() == expected);
  CHECK(framer.next().error() == frame.error());
}

TEST_CASE("A header without end fills the buffer and no more", "[sip][framer]") {
  sip::StreamFramer framer{{.message = 10'000}};
  const std::string endless(20'000, 'x');
  CHECK(framer.feed(endless) == 10'000);
  CHECK(framer.prepare().empty());
  CHECK(framer.next().error() == sip::Errc::TooLarge);
  CHECK(framer.pending().size() == 10'000);
}

TEST_CASE("Messages beyond the buffer pass when they are taken out", "[sip][framer]") {
  sip::StreamFramer framer{{.message = 5'000}};
  const auto one = message(std::string(3'000, 'b'));
  std::string stream;
  for (int i = 0; i < 20; ++i) stream += one;
  std::vector<std::string> seen;
  std::string_view rest = stream;
  while (!rest.empty()) {
    rest.remove_prefix(framer.feed(rest));
    drain(framer, seen);
  }
  CHECK(seen == std::vector<std::string>(20, "msg:" + one));
}

TEST_CASE("Bytes are read into the framer without a copy", "[sip][framer]") {
  sip::StreamFramer framer;
  const auto bytes = message("zero copy");
  const auto room = framer.prepare();
  REQUIRE(room.size() >= bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  framer.commit(bytes.size());
  const auto frame = framer.next();
  REQUIRE(frame);
  CHECK(frame->bytes.data() == room.data());
  CHECK(frame->bytes == bytes);
}

TEST_CASE("A half message is told from silence", "[sip][framer]") {
  sip::StreamFramer framer;
  CHECK_FALSE(framer.in_message());
  framer.feed("\r");
  CHECK_FALSE(framer.in_message());
  framer.feed("\nINV");
  CHECK(framer.next()->kind == Frame::Kind::Pong);
  CHECK(framer.in_message());
}

TEST_CASE("A stream that rests holds the memory of what has begun, and no more", "[sip][framer]") {
  sip::StreamFramer framer;
  const auto large = message(std::string(40'000, 'x'));
  framer.feed(large.substr(0, 30'000));
  framer.rest();
  CHECK(framer.held() >= 30'000);
  framer.feed(large.substr(30'000));
  CHECK(framer.next()->bytes == large);
  framer.rest();
  CHECK(framer.held() == 0);
  CHECK(framer.prepare().size() == 4096);
  framer.feed(message("small"));
  CHECK(framer.next()->kind == Frame::Kind::Message);
}
