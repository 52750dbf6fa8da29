#pragma once

#include <string>

#include "sip/uri.hpp"

namespace pbx::sip {

/// Where a SIP URI leads, in one spelling: two URIs with the same key reach the same place. Unlike
/// equivalent() it is transitive, so it can name things; a key is its own key.
///
/// Of RFC 3261 §19.1.4 it keeps: scheme, host and parameters know no case, escapes stand for what
/// they escape (unless that is reserved), and the order of parameters says nothing. It differs
/// where the RFC's rule is no equivalence: every parameter counts, also one that only one URI has.
/// And where the rule is finer than the place: an address without port is one with the default port
/// (a host name is not, its port may come from DNS), and URI headers, which say what a request
/// should carry, are left out. Any other URI is its own key, its scheme in lower case.
void append_key(std::string& out, const Uri& uri);

}  // namespace pbx::sip
