#pragma once

#include <string>

#include "proxy/domain/stateless.hpp"
#include "proxy/domain/transaction_layer.hpp"

namespace pbx::proxy {

/// Whether a CANCEL from `source` comes from where its INVITE, from `invite`, came from: each phone
/// that rings knows the Via by which a CANCEL is found. A stream counts by its connection; by the
/// peer's address when that one is gone. `rport`: the INVITE asked for it, so a datagram's port
/// counts as well.
bool same_sender(const Flow& invite, bool rport, const Flow& source, const Wire& wire);

/// Answers a CANCEL and tells whoever forwards its request; refuses one from elsewhere. `sealed`:
/// another node of ours sent it. False: the request is not here.
bool cancel(TransactionLayer& layer, Stateless& stateless, const sip::Message& request,
            const Flow& source, bool sealed);

/// What a caller says of its CANCEL, for the phones': one line, and a short one, because a long
/// story would keep the CANCEL from getting there.
std::string reason_line_of(const sip::Message& cancel);

}  // namespace pbx::proxy
