#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pbx/state/v1/dialog.pb.h"
#include "proxy/domain/node.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

class TransactionLayer;

enum class Side : std::uint8_t { Caller, Callee };

/// Whether the node that the call was begun at, or whoever has its address now, is passed.
enum class Way : std::uint8_t {
  Through,  ///< As the phones' own requests go.
  Around,   ///< From here to what lies behind it; the same when its address is ours.
};

/// A request within an answered call, sent to one of its sides as if by the other; made from the
/// record alone, so any node can send it.
struct OwnRequest {
  std::string bytes;
  std::uint64_t random = 0;  ///< Of its branch.
  Flow flow;                 ///< The first hop.
};

/// Ends the call at that side. nullopt, here and below: the record names no hop that can be
/// reached.
std::optional<OwnRequest> make_bye(const Node& node, const state::v1::DialogRecord& record, Side to,
                                   std::string_view reason, Way way = Way::Through);
/// Asks a phone whether it still has the call, without a trace in the call's state: an INFO without
/// content (RFC 2976 §2.2), whose CSeq is below all that the other phone has used.
std::optional<OwnRequest> make_question(const Node& node, const state::v1::DialogRecord& record,
                                        Side to, Way way);

/// A node of this cluster made the request: it is no party's wish, and passes whatever is known of
/// the call, which may be over already.
bool is_own_request(const Node& node, const sip::Message& request);

/// Sends BYEs to both sides, as far as they can be reached.
void send_byes(const Node& node, TransactionLayer& layer, const state::v1::DialogRecord& record,
               std::string_view reason, Way way = Way::Through);

}  // namespace pbx::proxy
