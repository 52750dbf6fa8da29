#include "registrar/domain/contacts.hpp"

#include <algorithm>

#include "registrar/domain/binding_id.hpp"
#include "sip/builder.hpp"
#include "sip/contact.hpp"
#include "sip/text.hpp"

namespace pbx::registrar {
namespace {

constexpr std::size_t kMaxContacts = 16;  ///< Of one request.
constexpr std::size_t kMaxUri = 512;
constexpr std::size_t kMaxInstance = 128;
constexpr int kMaxPath = 8;
constexpr std::size_t kMaxUserAgent = 128;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '"' && c != '\\';
  });
}

/// The URI of `<urn:uuid:…>`; without brackets as some phones send it.
std::string_view instance_of(const sip::Contact& contact) {
  auto instance = contact.instance;
  if (instance.size() > 2 && instance.front() == '<' && instance.back() == '>') {
    instance = instance.substr(1, instance.size() - 2);
  }
  return instance;
}

/// "192.0.2.7:5060;tls"
bool is_secure(const Arrival& arrival) { return arrival.source.ends_with(";tls"); }

/// A contact that a call can be sent to.
Result<> check_address(const sip::Contact& contact) {
  const auto uri = contact.address.uri();
  if (!uri || !uri->is_sip() || uri->text.size() > kMaxUri) return Refusal::BadContact;
  const auto instance = instance_of(contact);
  if (instance.size() > kMaxInstance || !is_printable(instance)) return Refusal::BadContact;
  return {};
}

/// A sips contact promises TLS on every hop (RFC 3261 §26.2.2, RFC 5630 §3.1.3), this one included.
/// Whoever registered one before this was checked may still take it away.
Result<> check_promise(const sip::Contact& contact, const Arrival& arrival) {
  const auto uri = contact.address.uri();
  if (uri && uri->scheme == sip::Scheme::Sips && !is_secure(arrival)) {
    return Refusal::InsecureContact;
  }
  return {};
}

/// The edge proxy's URI first, then those that were in the message (RFC 3327 §5.3).
Result<> read_path(const sip::Message& request, std::string_view edge,
                   state::v1::Binding& binding) {
  if (!edge.empty()) binding.add_path(std::string{edge});
  for (const auto value : request.values(sip::HeaderId::Path)) {
    PBX_TRY(const auto address, sip::parse_name_addr(value));
    PBX_TRY(const auto uri, address.uri());
    if (uri.text == edge && binding.path_size() == 1) continue;  // the proxy wrote it there too
    if (!uri.is_sip() || uri.text.size() > kMaxUri || binding.path_size() >= kMaxPath) {
      return Refusal::Malformed;
    }
    binding.add_path(sip::clean(uri.text));
  }
  return {};
}

/// RFC 5626 §6: the phone and its first hop support it. Otherwise reg-id counts for nothing.
bool is_outbound(const sip::Message& request, const state::v1::Binding& common) {
  if (!request.lists(sip::HeaderId::Supported, "outbound") || common.path().empty()) return false;
  const auto edge = sip::parse_uri(common.path(common.path_size() - 1));
  return edge && edge->has_param("ob");
}

Result<std::uint32_t> granted_expiry(const sip::Contact& contact,
                                     std::optional<std::uint32_t> header,
                                     const Settings& settings) {
  const auto fallback = static_cast<std::uint32_t>(settings.default_expires.count());
  const auto asked = contact.expires.value_or(header.value_or(fallback));
  if (asked == 0) return asked;
  if (asked < settings.min_expires.count()) return Refusal::TooBrief;
  return std::min(asked, static_cast<std::uint32_t>(settings.max_expires.count()));
}

/// What all contacts of one request have in common.
Result<state::v1::Binding> common_part(const sip::Message& request, const Arrival& arrival,
                                       Clock::Wall now) {
  state::v1::Binding binding;
  PBX_CHECK_OK(read_path(request, arrival.path, binding));
  binding.set_registered_at_ms(now.time_since_epoch().count());
  binding.set_source(std::string{arrival.source});
  const auto agent = request.value(sip::HeaderId::UserAgent).substr(0, kMaxUserAgent);
  sip::append_clean(*binding.mutable_user_agent(), agent);
  return binding;
}

Result<Wish> read_star(const sip::Message& request) {
  if (request.expires() != 0u) return Refusal::BadStar;
  Wish wish;
  wish.remove_all = true;
  return wish;
}

}  // namespace

Result<Wish> read_contacts(const sip::Message& request, const Arrival& arrival,
                           const Settings& settings, Clock::Wall now) {
  const auto contacts = sip::parse_contacts(request);
  if (!contacts) return Refusal::BadContact;
  if (contacts->size() > kMaxContacts) return Refusal::TooManyContacts;
  if (contacts->size() == 1 && contacts->front().star) return read_star(request);

  Wish wish;
  if (contacts->empty()) return wish;
  PBX_TRY(const auto common, common_part(request, arrival, now));
  wish.path.assign(common.path().begin(), common.path().end());
  const auto header = request.expires();
  const bool outbound = is_outbound(request, common);
  int flows = 0;
  for (const auto& contact : *contacts) {
    PBX_CHECK_OK(check_address(contact));
    PBX_TRY(const auto expiry, granted_expiry(contact, header, settings));
    if (expiry != 0) PBX_CHECK_OK(check_promise(contact, arrival));
    auto& change = wish.changes.emplace_back(BindingChange{common, expiry == 0});
    auto& binding = change.binding;
    binding.set_contact(sip::clean(contact.address.uri_text));
    binding.set_q_milli(contact.q);
    binding.set_duration_s(expiry);
    binding.set_expires_at_ms((now + std::chrono::seconds{expiry}).time_since_epoch().count());
    binding.set_instance(sip::clean(instance_of(contact)));
    if (contact.reg_id == 0 || binding.instance().empty() || !outbound) continue;
    binding.set_reg_id(contact.reg_id);
    wish.outbound = true;
    if (++flows > 1) return Refusal::BadContact;  // RFC 5626 §6: one flow a request
  }
  set_ids(wish.changes);
  return wish;
}

std::string contact_value(const state::v1::Binding& binding, Clock::Wall now) {
  const auto left = binding.expires_at_ms() - now.time_since_epoch().count();
  std::string value = "<" + binding.contact() + ">;expires=";
  sip::append_number(value,
                     static_cast<std::uint64_t>(std::max<std::int64_t>(left + 999, 0)) / 1000);
  if (binding.q_milli() < 1000) {
    const auto digits = std::to_string(1000 + binding.q_milli());
    value += ";q=0." + digits.substr(1);
    while (value.back() == '0') value.pop_back();
    if (value.back() == '.') value.pop_back();
  }
  if (!binding.instance().empty()) value += ";+sip.instance=\"<" + binding.instance() + ">\"";
  if (binding.reg_id() != 0) value += ";reg-id=" + std::to_string(binding.reg_id());
  return value;
}

}  // namespace pbx::registrar
