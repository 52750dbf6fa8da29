#pragma once

#include <optional>

#include "directory/directory.hpp"
#include "proxy/domain/call_records.hpp"
#include "proxy/domain/refusal.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// Why a request (not an ACK) within a call is not passed on by the node that keeps the call's
/// record: the call has no such dialog between its two tags, or has it no more; its sender or
/// tenant is suspended, and it is no BYE. A record that cannot be read now says nothing against it:
/// its token was ours, so calls in progress go on.
std::optional<Refusal> refusal_within(const directory::Directory& directory,
                                      const Result<CallRecords::Known>& call,
                                      const sip::Message& request);

}  // namespace pbx::proxy
