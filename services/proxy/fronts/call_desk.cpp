#include "proxy/fronts/call_desk.hpp"

#include "core/errc.hpp"

namespace pbx::proxy {

/// The legs of a call, as far as they are seen.
void CallDesk::load(const std::string& call_id, const Sees& sees,
                    Done<std::vector<calls::Call>> done) {
  parts_.dialogs.load_call(
      call_id, [sees, done = std::move(done)](Result<std::vector<calls::Call>> legs) mutable {
        if (legs) {
          std::erase_if(*legs, [&](const calls::Call& leg) {
            return !sees(TenantId{leg.record.tenant_id()});
          });
        }
        done(std::move(legs));
      });
}

void CallDesk::get(const std::string& call_id, const Sees& sees,
                   Done<state::v1::DialogRecord> done) {
  load(call_id, sees, [done = std::move(done)](Result<std::vector<calls::Call>> legs) mutable {
    if (!legs) return done(legs.error());
    if (legs->empty()) return done(Errc::NotFound);
    done(std::move(legs->front().record));
  });
}

void CallDesk::nodes(const std::string& service, Done<std::vector<state::v1::Node>> done) {
  parts_.nodes.list(service, std::move(done));
}

void CallDesk::hang_up(const std::string& call_id, const Sees& sees, const std::string& reason,
                       Done<void> done) {
  load(call_id, sees,
       [this, reason, done = std::move(done)](Result<std::vector<calls::Call>> legs) mutable {
         if (!legs) return done(legs.error());
         for (const auto& leg : *legs) {
           if (!leg.end) return hang_up_one(leg, reason, std::move(done));
         }
         done(Errc::NotFound);
       });
}

void CallDesk::hang_up_one(const calls::Call& dialog, const std::string& reason, Done<void> done) {
  const auto& record = dialog.record;
  if (record.answered_at_ms() != 0) {
    // First the record, or the phones' hanging up would be taken for their own wish.
    return close(record, reason,
                 [this, record, reason, done = std::move(done)](Result<> closed) mutable {
                   parts_.send_byes(record, reason);
                   done(closed);
                 });
  }
  if (record.owner() == parts_.node) {
    parts_.end_ringing(record.call_id(), reason);
    return done({});
  }
  end_elsewhere(record, reason, std::move(done));
}

void CallDesk::end_elsewhere(const state::v1::DialogRecord& record, const std::string& reason,
                             Done<void> done) {
  parts_.nodes.list("proxy", [this, record, reason, done = std::move(done)](
                                 Result<std::vector<state::v1::Node>> nodes) mutable {
    if (!nodes) return done(nodes.error());
    for (const auto& node : *nodes) {
      if (node.node() != record.owner() || node.grpc().empty()) continue;
      return parts_.ask_node(node.grpc(), record.call_id(), reason, std::move(done));
    }
    close(record, reason, std::move(done));  // its node is gone
  });
}

void CallDesk::close(const state::v1::DialogRecord& record, const std::string& reason,
                     Done<void> done) {
  const auto now = parts_.clock.now().time_since_epoch().count();
  const auto& why = reason.empty() ? "An operator ended the call." : reason;
  parts_.keeper.tell(calls::key_of(record), calls::Closed{calls::closed(why, 480, now)},
                     CallRecords::Until::Tried, [done = std::move(done)](Result<> ended) mutable {
                       done(ended.error() == Errc::Cancelled ? Result<>{} : ended);
                     });
}

}  // namespace pbx::proxy
