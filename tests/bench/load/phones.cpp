#include "load/phones.hpp"

#include "sip/builder.hpp"

namespace pbx::bench {

Phones::Phones(const Options& options, Lines& lines, Stats& stats)
    : options_{options},
      lines_{lines},
      stats_{stats},
      phones_(std::size_t{options.users} * options.contacts),
      repeater_{lines, stats, [this](std::uint32_t i) -> Pending& { return phones_[i].pending; },
                [this](std::uint32_t i) { end(i, false, {}); }} {
  users_.reserve(options.users);
  for (unsigned i = 0; i < options.users; ++i) {
    users_.emplace_back(std::to_string(options.first_user + i), options.domain, options.password);
  }
  for (std::uint32_t i = 0; i < phones_.size(); ++i) {
    phones_[i].pending.line = static_cast<std::uint16_t>(i % lines.count());
    phones_[i].pending.to = options.targets[i % options.targets.size()];
  }
}

void Phones::start(Time now) {
  const auto index = next_;
  next_ = static_cast<std::uint32_t>((next_ + 1) % phones_.size());
  auto& phone = phones_[index];
  if (phone.busy) {
    ++stats_.skipped;
    return;
  }
  phone.busy = true;
  phone.began = now;
  ++open_;
  ++stats_.started;
  send(index, false, now);
}

void Phones::send(std::uint32_t index, bool authorize, Time now) {
  auto& phone = phones_[index];
  ++phone.cseq;
  phone.authorized = authorize;
  write(phone.pending.text, index, authorize);
  repeater_.begin(index, now);
}

void Phones::write(std::string& out, std::uint32_t index, bool authorize) {
  const auto& phone = phones_[index];
  auto& who = identity(index);
  const auto& sent_by = lines_.sent_by(phone.pending.line);
  const auto uri = "sip:" + options_.domain;
  const auto aor = "<sip:" + who.user() + "@" + options_.domain + ">";
  std::string call_id;
  append_call_id(call_id, options_.run, {index, 0});
  const auto contact = std::to_string(index / users_.size());
  out.clear();
  sip::append_request_line(out, "REGISTER", uri);
  out += "Via: SIP/2.0/UDP " + sent_by + ";rport;branch=z9hG4bK" + call_id + "." +
         std::to_string(phone.cseq) + "\r\n";
  out += "Max-Forwards: 70\r\nFrom: " + aor + ";tag=" + call_id + "\r\nTo: " + aor + "\r\n";
  out += "Call-ID: " + call_id + "\r\n";
  sip::append_cseq(out, phone.cseq, "REGISTER");
  out += "Contact: <sip:" + who.user() + "-" + contact + "@" + sent_by + ">\r\nExpires: 3600\r\n";
  out += "User-Agent: Bench phone 1.0\r\nSupported: path\r\n";
  if (authorize) {
    who.append_authorization(out, sip::HeaderId::Authorization, "REGISTER", uri);
  }
  sip::append_body(out);
}

void Phones::receive(unsigned, const net::Packet& packet, Time now) {
  const auto message = sip::parse_message(packet.data);
  if (!message || !message->is_response() || message->status() < 200) return;
  const auto id = read_call_id(message->call_id(), options_.run);
  const auto cseq = message->cseq();
  if (!id || !cseq || id->index >= phones_.size()) return;
  auto& phone = phones_[id->index];
  if (!phone.busy || cseq->number != phone.cseq) return;
  phone.pending.answered();
  if (message->status() == 401 && !phone.authorized &&
      identity(id->index).challenged(*message, sip::HeaderId::WwwAuthenticate)) {
    send(id->index, true, now);
    return;
  }
  const bool good = message->status() == 200;
  if (!good) ++stats_.refused[message->status()];
  end(id->index, good, now);
}

void Phones::end(std::uint32_t index, bool good, Time now) {
  auto& phone = phones_[index];
  phone.busy = false;
  phone.pending.text = {};
  --open_;
  if (!good) {
    ++stats_.failed;
    return;
  }
  ++stats_.completed;
  stats_.latency.add(now - phone.began);
}

}  // namespace pbx::bench
