#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pbx/state/v1/dialog.pb.h"
#include "proxy/domain/node.hpp"

namespace pbx::proxy {

class TransactionLayer;

enum class Side : std::uint8_t { Caller, Callee };

/// A BYE that ends an answered call at one of its sides as if the other had hung up; made from the
/// record alone, so any node can send it.
struct OwnBye {
  std::string bytes;
  std::uint64_t random = 0;  ///< Of its branch.
  Flow flow;                 ///< The first hop.
};

/// nullopt: the record names no hop that can be reached.
std::optional<OwnBye> make_bye(const Node& node, const state::v1::DialogRecord& record, Side to,
                               std::string_view reason);

/// Sends it to both sides, as far as they can be reached.
void send_byes(const Node& node, TransactionLayer& layer, const state::v1::DialogRecord& record,
               std::string_view reason);

}  // namespace pbx::proxy
