#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cluster/dialogs.hpp"
#include "cluster/nodes.hpp"
#include "proxy/adapters/dialog_keeper.hpp"
#include "proxy/fronts/call_list.hpp"

namespace pbx::proxy {

/// What operators ask about the calls of the whole cluster. Lives on one loop with its own Redis
/// connection, apart from the workers.
class CallDesk {
 public:
  template <class T>
  using Done = MoveFunction<void(Result<T>)>;

  using Page = CallList::Page;
  using Sees = CallList::Sees;

  struct Parts {
    redis::Client& redis;
    cluster::Dialogs& dialogs;
    cluster::Nodes& nodes;
    DialogKeeper& keeper;
    const Clock& clock;
    std::string node;
    /// Ends the call on the worker where it rings; nothing happens where it does not.
    std::function<void(const std::string& call_id, const std::string& reason)> end_ringing;
    /// Sends BYEs to both sides.
    std::function<void(const state::v1::DialogRecord& record, const std::string& reason)> send_byes;
    /// Asks another node to end a call that rings there.
    std::function<void(const std::string& grpc, const std::string& call_id,
                       const std::string& reason, Done<void> done)>
        ask_node;
  };

  explicit CallDesk(Parts parts) : parts_{std::move(parts)}, calls_{parts_.redis, parts_.dialogs} {}

  /// As CallList::page.
  void list(TenantId tenant, const Sees& sees, std::size_t size, const std::string& token,
            Done<Page> done) {
    calls_.page(tenant, sees, size, token, std::move(done));
  }
  /// NotFound: there is no such call, or it is not seen.
  void get(const std::string& call_id, const Sees& sees, Done<state::v1::DialogRecord> done);
  void hang_up(const std::string& call_id, const Sees& sees, const std::string& reason,
               Done<void> done);
  void nodes(const std::string& service, Done<std::vector<state::v1::Node>> done);

 private:
  void load(const std::string& call_id, const Sees& sees, Done<std::vector<calls::Call>> done);
  void hang_up_one(const calls::Call& dialog, const std::string& reason, Done<void> done);
  void end_elsewhere(const state::v1::DialogRecord& record, const std::string& reason,
                     Done<void> done);
  void close(const state::v1::DialogRecord& record, const std::string& reason, Done<void> done);

  Parts parts_;
  CallList calls_;
};

}  // namespace pbx::proxy
