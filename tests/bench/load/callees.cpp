#include "load/callees.hpp"

#include "sip/builder.hpp"

namespace pbx::bench {

std::string make_sdp(const std::string& ip) {
  return "v=0\r\no=- 1 1 IN IP4 " + ip + "\r\ns=-\r\nc=IN IP4 " + ip +
         "\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
         "a=ptime:20\r\na=sendrecv\r\n";
}

Callees::Callees(const Options& options, Lines& lines, Stats& stats, std::size_t calls)
    : lines_{lines},
      legs_(calls),
      sdp_{make_sdp(options.local.ip())},
      repeater_{lines, stats, [this](std::uint32_t i) -> Pending& { return legs_[i].answer; },
                [](std::uint32_t) {}} {}

void Callees::request(std::uint32_t index, unsigned line, const sip::Message& request,
                      const net::Address& from, Time now) {
  if (request.method() == sip::Method::Invite) {
    invited(index, line, request, from, now);
    return;
  }
  legs_[index].answer.answered();  // ACK, or a BYE that overtook it
  if (request.method() == sip::Method::Ack) return;
  std::string out;
  append_answer(out, request, 200, line, from);
  lines_.send(line, from, out);
}

void Callees::invited(std::uint32_t index, unsigned line, const sip::Message& invite,
                      const net::Address& from, Time now) {
  auto& leg = legs_[index];
  if (leg.call_id == invite.call_id()) {  // sent again
    lines_.send(line, from, leg.answer.text);
    return;
  }
  leg.call_id = invite.call_id();
  std::string ringing;
  append_answer(ringing, invite, 180, line, from);
  lines_.send(line, from, ringing);
  leg.answer.text.clear();
  leg.answer.to = from;
  leg.answer.line = static_cast<std::uint16_t>(line);
  append_answer(leg.answer.text, invite, 200, line, from);
  repeater_.begin(index, now);
}

void Callees::append_answer(std::string& out, const sip::Message& request, int status,
                            unsigned line, const net::Address& from) {
  const bool answer = status == 200 && request.method() == sip::Method::Invite;
  const bool dialog = request.method() == sip::Method::Invite;
  const auto contact = "Contact: <sip:callee@" + lines_.sent_by(line) + ">\r\n";
  const auto ip = from.ip();
  sip::append_response(out, request,
                       {.status = status,
                        .to_tag = "callee",
                        .header_lines = dialog ? std::string_view{contact} : std::string_view{},
                        .content_type = answer ? "application/sdp" : "",
                        .body = answer ? std::string_view{sdp_} : std::string_view{},
                        .source = {ip, from.port()},
                        .record_route = dialog});
}

}  // namespace pbx::bench
