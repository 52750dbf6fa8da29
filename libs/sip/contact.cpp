#include "sip/contact.hpp"

#include "sip/detail/scan.hpp"
#include "sip/errc.hpp"
#include "sip/message.hpp"

namespace pbx::sip {
namespace {

constexpr std::uint32_t kMalformedExpires = 3600;

/// `0`, `0.25`, `1.000` as thousandths.
Result<std::uint16_t> parse_q(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return Errc::BadContact;
  unsigned thousandths = text[0] == '1' ? 1000 : 0;
  text.remove_prefix(1);
  if (text.empty()) return static_cast<std::uint16_t>(thousandths);
  if (text[0] != '.' || text.size() > 4) return Errc::BadContact;
  unsigned weight = 100;
  for (const char c : text.substr(1)) {
    if (!is_digit(c)) return Errc::BadContact;
    thousandths += weight * static_cast<unsigned>(c - '0');
    weight /= 10;
  }
  if (thousandths > 1000) return Errc::BadContact;
  return static_cast<std::uint16_t>(thousandths);
}

Result<> read_param(const Param& param, Contact& contact) {
  if (iequals(param.name, "expires")) {
    const auto seconds = parse_number(param.value);
    contact.expires = seconds ? *seconds : kMalformedExpires;
  } else if (iequals(param.name, "q")) {
    PBX_TRY(contact.q, parse_q(param.value));
  } else if (iequals(param.name, "+sip.instance")) {
    if (param.value.size() < 2 || param.value.front() != '"') return Errc::BadContact;
    contact.instance = param.value.substr(1, param.value.size() - 2);
  } else if (iequals(param.name, "reg-id")) {
    const auto id = parse_number(param.value, 0x7FFF'FFFF);
    if (!id || *id == 0) return Errc::BadContact;
    contact.reg_id = *id;
  }
  return {};
}

}  // namespace

Result<Contact> parse_contact(std::string_view text) {
  Contact contact;
  text = trim(text);
  if (text.starts_with('*')) {
    if (text.size() > 1) return Errc::BadContact;
    contact.star = true;
    contact.address.text = text;
    return contact;
  }
  PBX_TRY(contact.address, parse_name_addr(text));
  for (const auto& param : contact.address.params) PBX_CHECK_OK(read_param(param, contact));
  return contact;
}

Result<std::vector<Contact>> parse_contacts(const Message& message) {
  std::vector<Contact> contacts;
  bool star = false;
  for (const auto value : message.values(HeaderId::Contact)) {
    PBX_TRY(const auto contact, parse_contact(value));
    star = star || contact.star;
    contacts.push_back(contact);
  }
  if (star && contacts.size() > 1) return Errc::BadContact;
  return contacts;
}

}  // namespace pbx::sip
