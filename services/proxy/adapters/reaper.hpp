#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <unordered_map>

#include "cluster/dialogs.hpp"
#include "proxy/adapters/awake.hpp"
#include "proxy/adapters/dialog_keeper.hpp"
#include "proxy/adapters/live_calls.hpp"
#include "proxy/domain/node.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// Looks for dialog records whose node stopped renewing them, and acts once for each, whichever
/// node finds it: an ended call's event is sent again, an answered call is looked after from now
/// on. One that was still ringing goes on at the node that has the lost one's address now; when no
/// node has it, whoever found the record for long enough closes it with a reason.
class Reaper {
 public:
  struct Parts {
    const Node& node;
    cluster::Dialogs& dialogs;
    DialogKeeper& keeper;
    LiveCalls& live;
    Undelivered& undelivered;
    Awake& awake;
    std::function<void(const sip::Message& invite)> resume;
    /// An answered call is this process' to look after from now on.
    std::function<void(const state::v1::DialogRecord&)> adopted;
  };

  explicit Reaper(Parts parts) : parts_{std::move(parts)} {}

  /// To be called a few times in a lease's length, and soon again while has_more().
  void sweep();
  bool has_more() const { return more_; }
  /// Renews the leases of all calls of this process. Records that Redis has lost are written again;
  /// calls that others have ended are forgotten.
  void renew();
  /// Redis was away: what is missing now is lost, not ended. Renews at the next tick.
  void on_reconnect() { reconnected_ = true; }
  bool urgent() const { return reconnected_; }

 private:
  void take(const cluster::Lapsed& lapsed);
  void settle(const calls::Call& dialog);
  void adopt(const calls::Call& dialog);
  void settle_early(const calls::Call& dialog);
  void give_back(const calls::Key& key);
  bool waited_enough(const std::string& call_id);
  void close(const calls::Call& dialog);
  std::chrono::milliseconds lease() const { return parts_.node.settings.dialog_lease; }
  Clock::Steady now() const { return parts_.node.clock.steady(); }

  Parts parts_;
  /// Ringing calls that nobody has taken up yet, and when they were found first.
  std::unordered_map<std::string, Clock::Steady> passed_over_;
  bool reconnected_ = false;
  bool more_ = false;
};

}  // namespace pbx::proxy
