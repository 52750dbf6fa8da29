#include "registrar/domain/binding_id.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "sip/text.hpp"
#include "sip/uri_key.hpp"

namespace pbx::registrar {
namespace {

using state::v1::Binding;

std::string id_of_contact(std::string_view contact) {
  std::string id;
  if (const auto uri = sip::parse_uri(contact)) {
    sip::append_key(id, *uri);
  } else {
    id = contact;  // of an old record: not a URI, but still a name
  }
  return id;
}

std::string id_of_instance(const Binding& binding) {
  std::string id = "<" + binding.instance() + ">";  // no contact URI starts with <
  sip::append_number(id, binding.reg_id());
  return id;
}

bool same_phone(const Binding& a, const Binding& b) {
  return a.instance() == b.instance() && a.reg_id() == b.reg_id();
}

void set_ids(const std::vector<Binding*>& together) {
  for (auto* binding : together) {
    if (!binding->id().empty()) continue;
    const auto addresses = std::count_if(together.begin(), together.end(), [&](const auto* other) {
      return same_phone(*other, *binding);
    });
    const bool by_instance = !binding->instance().empty() && addresses == 1;
    binding->set_id(by_instance ? id_of_instance(*binding) : id_of_contact(binding->contact()));
  }
}

}  // namespace

void set_ids(Bindings& together) {
  std::vector<Binding*> all;
  for (auto& binding : together) all.push_back(&binding);
  set_ids(all);
}

void set_ids(std::vector<BindingChange>& changes) {
  std::vector<Binding*> kept;
  std::vector<BindingChange> removals;
  for (auto& change : changes) {
    if (!change.remove) {
      kept.push_back(&change.binding);
      continue;
    }
    if (!change.binding.instance().empty()) {
      removals.push_back(change);
      removals.back().binding.set_id(id_of_instance(change.binding));
    }
    change.binding.set_id(id_of_contact(change.binding.contact()));
  }
  set_ids(kept);
  std::move(removals.begin(), removals.end(), std::back_inserter(changes));
  std::vector<std::string> registered;
  for (const auto& change : changes) {
    if (!change.remove) registered.push_back(change.binding.id());
  }
  std::erase_if(changes, [&](const BindingChange& change) {
    return change.remove &&
           std::find(registered.begin(), registered.end(), change.binding.id()) != registered.end();
  });
}

bool is_same_contact(std::string_view a, std::string_view b) {
  return id_of_contact(a) == id_of_contact(b);
}

}  // namespace pbx::registrar
