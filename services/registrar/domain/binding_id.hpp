#pragma once

#include <string_view>

#include "registrar/domain/location_store.hpp"

namespace pbx::registrar {

/// Names bindings that were told together, of one AoR: the one place where it is decided which
/// binding a contact is. Whoever has stored bindings reads their id.
///
/// An instance, with its reg-id, names one binding (RFC 5626), so a phone that comes back with
/// another address replaces itself. Without instance, or where a phone lists several addresses at
/// once, the contact's key does (sip::append_key). Bindings that have an id keep it.
void set_ids(Bindings& together);
/// The same for a REGISTER. What it takes away it may mean by its instance or by its contact, so it
/// goes under both names; what it also registers stays.
void set_ids(std::vector<BindingChange>& changes);

/// Both are the same place: what an operator writes, and a binding's contact.
bool is_same_contact(std::string_view a, std::string_view b);

}  // namespace pbx::registrar
