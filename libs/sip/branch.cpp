#include "sip/branch.hpp"

#include "sip/text.hpp"

namespace pbx::sip {
namespace {

void append_hex(std::string& out, std::uint64_t value, unsigned digits) {
  constexpr char kHex[] = "0123456789abcdef";
  for (unsigned i = digits; i-- > 0;) out.push_back(kHex[value >> (4 * i) & 15]);
}

std::optional<std::uint64_t> take_hex(std::string_view& text, std::size_t digits) {
  std::uint64_t value = 0;
  for (const char c : text.substr(0, digits)) {
    const bool letter = c >= 'a' && c <= 'f';
    if (!letter && !is_digit(c)) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(letter ? c - 'a' + 10 : c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

/// A 64-bit hash that every node computes alike: eight bytes a step, multiplied and folded.
class Hash {
 public:
  void add(std::string_view text) {
    mix(text.size());
    for (; text.size() >= 8; text.remove_prefix(8)) mix(word(text, 8));
    if (!text.empty()) mix(word(text, text.size()));
  }
  void mix(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9E37'79B9'7F4A'7C15;
    state_ ^= state_ >> 29;
  }
  std::uint64_t value() const { return state_; }

 private:
  static std::uint64_t word(std::string_view text, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(text[i]);
    return value;
  }

  std::uint64_t state_ = 0xC0FF'EE5E'ED00'0001;
};

std::uint64_t loop_hash(const Message& request, std::string_view to_tag) noexcept {
  Hash hash;
  hash.add(request.request_uri_text());
  const auto from = request.from();
  hash.add(from ? from->tag() : std::string_view{});
  hash.add(to_tag);
  hash.add(request.call_id());
  const auto cseq = request.cseq();
  hash.mix(cseq ? cseq->number : 0);
  for (const auto id : {HeaderId::Route, HeaderId::ProxyRequire, HeaderId::ProxyAuthorization}) {
    for (const auto field : request.fields(id)) hash.add(field.value);
  }
  return hash.value();
}

}  // namespace

void append_branch(std::string& out, const Branch& branch) {
  out += kMagicCookie;
  append_hex(out, branch.worker, 4);
  append_hex(out, branch.random, 16);
  append_hex(out, branch.loop_hash, 16);
  append_hex(out, branch.key, 2);
  append_hex(out, branch.listener, 4);
  append_hex(out, branch.made_s, 8);
  append_hex(out, branch.mac, 16);
}

std::optional<Branch> parse_branch(std::string_view branch) noexcept {
  if (branch.size() != kBranchSize || !branch.starts_with(kMagicCookie)) return std::nullopt;
  branch.remove_prefix(kMagicCookie.size());
  const auto worker = take_hex(branch, 4);
  if (!worker) return std::nullopt;
  const auto random = take_hex(branch, 16);
  if (!random) return std::nullopt;
  const auto loop_hash = take_hex(branch, 16);
  if (!loop_hash) return std::nullopt;
  const auto key = take_hex(branch, 2);
  if (!key) return std::nullopt;
  const auto listener = take_hex(branch, 4);
  if (!listener) return std::nullopt;
  const auto made_s = take_hex(branch, 8);
  if (!made_s) return std::nullopt;
  const auto mac = take_hex(branch, 16);
  if (!mac) return std::nullopt;
  return Branch{static_cast<std::uint16_t>(*worker),
                *random,
                *loop_hash,
                static_cast<std::uint8_t>(*key),
                static_cast<std::uint16_t>(*listener),
                static_cast<std::uint32_t>(*made_s),
                *mac};
}

std::string signed_text(const Branch& branch, const Message& message, const Via& next) {
  const auto call_id = message.call_id();
  const auto cseq = message.cseq();
  std::string text;
  text.reserve(128 + call_id.size() + next.text.size());
  auto unsigned_branch = branch;
  unsigned_branch.mac = 0;
  append_branch(text, unsigned_branch);
  const auto field = [&text](std::string_view value) {
    append_number(text, value.size());
    text += ':';
    auto at = text.size();
    text += value;
    for (; at < text.size(); ++at) text[at] = lower(text[at]);
  };
  append_number(text, static_cast<std::uint32_t>(next.transport));
  field(next.host);
  append_number(text, next.port_or_default());
  field(next.received);
  append_number(text, next.rport);
  field(next.maddr);
  field(next.branch);
  field(call_id);
  if (cseq) {
    // A CANCEL and the ACK of a refusal have the branch of their INVITE.
    const auto method = method_from(cseq->method);
    const bool follows = method == Method::Cancel || method == Method::Ack;
    append_number(text, cseq->number);
    field(follows ? "INVITE" : cseq->method);
  }
  return text;
}

std::uint64_t loop_hash(const Message& request) noexcept {
  const auto to = request.to();
  return loop_hash(request, to ? to->tag() : std::string_view{});
}

std::uint64_t acknowledged_loop_hash(const Message& ack) noexcept { return loop_hash(ack, {}); }

}  // namespace pbx::sip
