#include "load/calls.hpp"

#include <algorithm>

#include "sip/builder.hpp"

namespace pbx::bench {
namespace {

constexpr std::size_t kMaxCalls = 60'000;

}  // namespace

Calls::Calls(const Options& options, Lines& lines, Stats& stats)
    : options_{options},
      lines_{lines},
      stats_{stats},
      calls_(kMaxCalls + options.hold),
      sdp_{make_sdp(options.local.ip())},
      repeater_{lines, stats, [this](std::uint32_t i) -> Pending& { return calls_[i].pending; },
                [this](std::uint32_t i) { end(i, false); }},
      callees_{options, lines, stats, calls_.size()} {
  for (unsigned i = 0; i < options.users; ++i) {
    users_.emplace_back(std::to_string(options.first_user + i), options.domain, options.password);
  }
  for (std::uint32_t i = 0; i < calls_.size(); ++i) free_.push_back(i);
}

void Calls::start(Time now) {
  if (free_.empty()) {
    ++stats_.skipped;
    return;
  }
  const auto index = free_.front();
  free_.pop_front();
  auto& call = calls_[index];
  call.serial = ++serial_;
  call.caller = serial_ % (options_.users / 2);
  call.cseq = 0;
  call.began = now;
  call.challenged = false;
  call.state = State::Inviting;
  call.pending.line = static_cast<std::uint16_t>(call.caller % lines_.count());
  call.pending.to = options_.targets[call.caller % options_.targets.size()];
  ++open_;
  ++stats_.started;
  invite(index, now);
}

std::uint32_t Calls::callee_of(std::uint32_t caller) const {
  const auto half = options_.users / 2;
  // One further on is registered at the next target.
  return half + (options_.across ? (caller + 1) % half : caller);
}

std::string Calls::call_id(std::uint32_t index) const {
  std::string out;
  append_call_id(out, options_.run, {index, calls_[index].serial});
  return out;
}

void Calls::begin_request(std::string& out, std::uint32_t index, std::string_view method,
                          const std::string& uri, const std::string& to) {
  const auto& call = calls_[index];
  const auto id = call_id(index);
  out.clear();
  sip::append_request_line(out, method, uri);
  out += "Via: SIP/2.0/UDP " + lines_.sent_by(call.pending.line) + ";rport;branch=z9hG4bK" + id +
         "." + std::to_string(call.cseq) + std::string{method.substr(0, 1)} + "\r\n";
  out += "Max-Forwards: 70\r\nFrom: <sip:" + users_[call.caller].user() + "@" + options_.domain +
         ">;tag=caller\r\nTo: " + to + "\r\nCall-ID: " + id + "\r\n";
  sip::append_cseq(out, call.cseq, method);
}

void Calls::invite(std::uint32_t index, Time now) {
  auto& call = calls_[index];
  auto& caller = users_[call.caller];
  const auto uri = "sip:" + users_[callee_of(call.caller)].user() + "@" + options_.domain;
  ++call.cseq;
  auto& out = call.pending.text;
  begin_request(out, index, "INVITE", uri, "<" + uri + ">");
  out += "Contact: <sip:" + caller.user() + "@" + lines_.sent_by(call.pending.line) + ">\r\n";
  out += "User-Agent: Bench phone 1.0\r\n";
  if (caller.has_challenge()) {
    caller.append_authorization(out, sip::HeaderId::ProxyAuthorization, "INVITE", uri);
  }
  sip::append_body(out, "application/sdp", sdp_);
  repeater_.begin(index, now);
}

void Calls::receive(unsigned line, const net::Packet& packet, Time now) {
  const auto message = sip::parse_message(packet.data);
  if (!message) return;
  const auto id = read_call_id(message->call_id(), options_.run);
  if (!id || id->index >= calls_.size()) return;
  if (message->is_request()) {
    callees_.request(id->index, line, *message, packet.from, now);
  } else if (calls_[id->index].serial == id->serial) {
    response(id->index, *message, now);
  }
}

void Calls::response(std::uint32_t index, const sip::Message& message, Time now) {
  auto& call = calls_[index];
  const auto cseq = message.cseq();
  if (!cseq) return;
  if (cseq->method == "INVITE") {
    invite_answered(index, message, now);
  } else if (call.state == State::Ending && message.status() >= 200) {
    if (message.status() != 200) ++stats_.refused[message.status()];
    end(index, message.status() == 200);
  }
}

void Calls::invite_answered(std::uint32_t index, const sip::Message& message, Time now) {
  auto& call = calls_[index];
  const auto cseq = message.cseq();
  if (call.state == State::Inviting && cseq->number == call.cseq) {
    call.pending.answered();
    if (message.status() >= 300) {
      refused(index, message, now);
    } else if (message.status() >= 200) {
      established(index, message, now);
    }
  } else if (message.status() >= 200 && message.status() < 300 && !call.ack.empty()) {
    lines_.send(call.pending.line, call.hop, call.ack);
  }
}

void Calls::refused(std::uint32_t index, const sip::Message& message, Time now) {
  auto& call = calls_[index];
  if (const auto sent = sip::parse_message(call.pending.text)) {
    std::string ack;
    sip::append_ack(ack, *sent, message);
    lines_.send(call.pending.line, call.pending.to, ack);
  }
  auto& caller = users_[call.caller];
  if (message.status() == 407 && !call.challenged &&
      caller.challenged(message, sip::HeaderId::ProxyAuthenticate)) {
    call.challenged = true;
    invite(index, now);
    return;
  }
  ++stats_.refused[message.status()];
  end(index, false);
}

void Calls::keep_dialog(Call& call, const sip::Message& answer) {
  call.to = answer.value(sip::HeaderId::To);
  const auto contact = answer.first_address(sip::HeaderId::Contact);
  call.remote = contact && *contact ? std::string{(*contact)->uri_text} : std::string{};
  std::vector<std::string_view> routes;
  for (const auto route : answer.values(sip::HeaderId::RecordRoute)) routes.push_back(route);
  std::reverse(routes.begin(), routes.end());
  call.routes.clear();
  call.hop = call.pending.to;
  for (const auto route : routes) {
    if (call.routes.empty()) {
      const auto uri = sip::parse_name_addr(route)->uri();
      if (const auto hop = net::Address::parse_ip(uri->host, uri->port_or_default())) {
        call.hop = *hop;
      }
    }
    call.routes.append("Route: ").append(route).append("\r\n");
  }
}

void Calls::established(std::uint32_t index, const sip::Message& answer, Time now) {
  auto& call = calls_[index];
  stats_.latency.add(now - call.began);
  keep_dialog(call, answer);
  call.state = State::Talking;
  begin_request(call.ack, index, "ACK", call.remote, call.to);
  call.ack += call.routes;
  sip::append_body(call.ack);
  lines_.send(call.pending.line, call.hop, call.ack);
  if (options_.hold > 0) {
    ++stats_.completed;
    return;
  }
  const auto talk =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>{options_.talk});
  byes_.push_back({now + talk, index, call.serial});
}

void Calls::run(Time now) {
  repeater_.run(now);
  callees_.run(now);
  while (!byes_.empty() && byes_.front().at <= now) {
    const auto due = byes_.front();
    byes_.pop_front();
    if (calls_[due.index].serial == due.serial) bye(due.index, now);
  }
}

void Calls::bye(std::uint32_t index, Time now) {
  auto& call = calls_[index];
  call.state = State::Ending;
  ++call.cseq;
  call.pending.to = call.hop;
  begin_request(call.pending.text, index, "BYE", call.remote, call.to);
  call.pending.text += call.routes;
  sip::append_body(call.pending.text);
  repeater_.begin(index, now);
}

void Calls::end(std::uint32_t index, bool good) {
  auto& call = calls_[index];
  call.state = State::Free;
  call.pending.answered();
  call.ack.clear();
  --open_;
  ++(good ? stats_.completed : stats_.failed);
  free_.push_back(index);
}

}  // namespace pbx::bench
