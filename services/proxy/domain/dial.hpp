#pragma once

#include <optional>
#include <string>

#include "core/ids.hpp"
#include "directory/directory.hpp"
#include "proxy/domain/node.hpp"
#include "sip/uri.hpp"

namespace pbx::proxy {

/// Where a request of an authenticated caller goes: a user of the caller's own tenant.
struct Dialled {
  std::optional<Refusal> refusal;
  std::string number;  ///< As dialled, unescaped.
  std::string aor;     ///< Of the callee; empty when there is none.
  UserId user;
  std::string caller_name;  ///< As the directory has it; may be empty.
  std::string reason;       ///< In words, for the record and the CDR.
};

/// Numbers mean something within a tenant only: the domain that is dialled is one of the caller's
/// tenant or an address of ours, which stands for the caller's own domain.
Dialled dial(const directory::Directory& directory, const Addresses& addresses,
             const directory::Login& caller, const sip::Uri& request_uri);

}  // namespace pbx::proxy
