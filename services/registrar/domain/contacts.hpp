#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "registrar/domain/location_store.hpp"
#include "registrar/domain/refusal.hpp"
#include "registrar/domain/settings.hpp"
#include "sip/message.hpp"

namespace pbx::registrar {

/// How a REGISTER came: what the edge proxy says beside the message.
struct Arrival {
  std::string_view source;  ///< "192.0.2.7:5060;udp"
  std::string_view path;    ///< The edge proxy's own Path URI; may be empty.
};

/// What a REGISTER asks for, RFC 3261 §10.3 steps 6 and 7.
struct Wish {
  std::vector<BindingChange> changes;  ///< Empty without remove_all: only asks for the list.
  bool remove_all = false;
  bool outbound = false;          ///< RFC 5626 applies: the answer requires it.
  std::vector<std::string> path;  ///< URIs, of every change.
};

/// Every change has its id. Errors: BadContact, InsecureContact, BadStar, TooManyContacts,
/// TooBrief, and those of the SIP library.
Result<Wish> read_contacts(const sip::Message& request, const Arrival& arrival,
                           const Settings& settings, Clock::Wall now);

/// `<sip:…>;expires=57;q=0.5;+sip.instance="<urn:…>";reg-id=1`, as an answer lists it.
std::string contact_value(const state::v1::Binding& binding, Clock::Wall now);

}  // namespace pbx::registrar
