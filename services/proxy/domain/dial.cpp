#include "proxy/domain/dial.hpp"

#include "sip/text.hpp"

namespace pbx::proxy {
namespace {

/// The user part without parameters (RFC 3261 §19.1.1) and escapes.
std::string number_of(const sip::Uri& uri) {
  std::string number;
  sip::append_unescaped(number, uri.user.substr(0, uri.user.find(';')));
  return number;
}

}  // namespace

Dialled dial(const directory::Directory& directory, const Addresses& addresses,
             const directory::Login& caller, const sip::Uri& uri) {
  Dialled dialled;
  dialled.number = number_of(uri);
  if (const auto from = directory.user(caller.user)) dialled.caller_name = from->display_name();
  std::string domain;
  if (uri.scheme == sip::Scheme::Tel || addresses.is_ours(uri)) {
    domain = caller.domain;
  } else {
    const auto known = directory.domain(uri.host);
    if (!known || known->tenant != caller.tenant) {
      dialled.refusal = Refusal::ForeignDomain;
      dialled.reason = "The dialled domain is not one of the caller's.";
      return dialled;
    }
    domain = known->name;
  }
  const auto user = directory.user(domain, dialled.number);
  if (!user || user->tenant != caller.tenant) {
    dialled.refusal = Refusal::UnknownNumber;
    dialled.reason = "There is no such number.";
    return dialled;
  }
  dialled.aor = std::string{user->extension()} + "@" + std::string{user->domain()};
  dialled.user = user->id;
  dialled.reason = "Extension " + dialled.number + " of " + domain + ".";
  if (user->suspended()) {
    dialled.refusal = Refusal::CalleeSuspended;
    dialled.reason = "The called user is suspended.";
  }
  return dialled;
}

}  // namespace pbx::proxy
