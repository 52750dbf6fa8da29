#pragma once

#include <array>
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

/// Whether the node that holds a phone's flow, or whoever has its address now, is passed.
enum class Way : std::uint8_t {
  Through,  ///< As requests of other nodes go: sealed.
  Around,   ///< From here, where that can be and the node is gone.
};
/// By Side.
using Ways = std::array<Way, 2>;

/// CSeq numbers from here on are the platform's: a phone's request with one is refused, so a BYE of
/// ours is never out of order, whatever a phone did to the numbers (RFC 3261 §12.2.2).
inline constexpr std::uint32_t kOwnCSeqs = 0x7FFF'F000;

/// A request within an answered call, sent to one of its sides as if by the other; made from the
/// record alone, so any node can send it.
struct OwnRequest {
  std::string bytes;
  std::uint64_t random = 0;  ///< Of its branch.
  Flow flow;                 ///< The first hop.
};

/// Ends the call at that side. nullopt, here and below: there is no way to it any more.
std::optional<OwnRequest> make_bye(const Node& node, const state::v1::DialogRecord& record, Side to,
                                   std::string_view reason, Way way = Way::Through);
/// Asks a phone whether it still has the call, without a trace in the call's state: an INFO without
/// content (RFC 2976 §2.2), whose CSeq is below all that the other phone has used.
std::optional<OwnRequest> make_question(const Node& node, const state::v1::DialogRecord& record,
                                        Side to, Way way);

/// A side is reached over a connection, and that is gone.
bool is_cut_off(const Node& node, const state::v1::DialogRecord& record, Side side);

/// Sends BYEs to both sides of each dialog of the call, as far as they can be reached.
void send_byes(const Node& node, TransactionLayer& layer, const state::v1::DialogRecord& record,
               std::string_view reason, const Ways& ways = {});

/// The call as if it had that dialog alone; `callee`: a leg of it, or of none yet.
state::v1::DialogRecord with_one_callee(state::v1::DialogRecord call, state::v1::Leg callee);

}  // namespace pbx::proxy
