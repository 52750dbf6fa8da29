#pragma once

#include "proxy/domain/stateless.hpp"
#include "proxy/domain/transaction_layer.hpp"

namespace pbx::proxy {

/// Answers a CANCEL and tells whoever forwards its request. False: the request is not here.
bool cancel(TransactionLayer& layer, Stateless& stateless, const sip::Message& request,
            const Flow& source);

}  // namespace pbx::proxy
