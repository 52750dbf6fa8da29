#include "proxy/fronts/call_desk.hpp"

#include <algorithm>
#include <charconv>

#include "core/errc.hpp"

namespace pbx::proxy {
namespace {

constexpr std::size_t kDefaultPage = 100;
constexpr std::size_t kMaxPage = 1'000;
constexpr std::string_view kCallsPrefix = "calls:{";

Result<std::size_t> offset_of(const std::string& token) {
  std::size_t offset = 0;
  if (token.empty()) return offset;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), offset);
  if (error != std::errc{} || end != token.data() + token.size()) return Errc::InvalidArgument;
  return offset;
}

}  // namespace

/// A listing over all tenants in progress.
struct CallDesk::Gather {
  std::size_t size = 0;
  std::size_t offset = 0;
  std::vector<TenantId> tenants;
  std::size_t next = 0;
  std::vector<state::v1::DialogRecord> calls;
  Done<Page> done;
};

void CallDesk::list(TenantId tenant, std::size_t size, const std::string& token, Done<Page> done) {
  const auto offset = offset_of(token);
  if (!offset) return done(offset.error());
  size = size == 0 ? kDefaultPage : std::min(size, kMaxPage);
  if (!tenant) return list_all(size, *offset, std::move(done));
  parts_.dialogs.list(tenant, *offset, size,
                      [size, at = *offset, done = std::move(done)](
                          Result<std::vector<calls::Call>> dialogs) mutable {
                        if (!dialogs) return done(dialogs.error());
                        Page page;
                        for (auto& dialog : *dialogs)
                          page.calls.push_back(std::move(dialog.record));
                        if (dialogs->size() == size) page.next_token = std::to_string(at + size);
                        done(std::move(page));
                      });
}

void CallDesk::list_all(std::size_t size, std::size_t offset, Done<Page> done) {
  auto gather = std::make_shared<Gather>();
  gather->size = size;
  gather->offset = offset;
  gather->done = std::move(done);
  scan_tenants(std::move(gather), "0");
}

void CallDesk::scan_tenants(std::shared_ptr<Gather> gather, const std::string& cursor) {
  redis::Command scan{"SCAN", cursor, "MATCH", "calls:{*}:*", "COUNT", "1000"};
  parts_.redis.send(std::move(scan), [this, gather](Result<redis::Reply> reply) {
    if (!reply) return gather->done(reply.error());
    const auto keys = (*reply)[1];
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto text = keys[i].text();
      if (!text.starts_with(kCallsPrefix)) continue;
      text.remove_prefix(std::min(text.size(), text.find("}:") + 2));
      if (const auto tenant = parse_id<TenantId>(text)) {
        gather->tenants.push_back(*tenant);
      }
    }
    const std::string next{(*reply)[0].text()};
    if (next != "0") return scan_tenants(gather, next);
    std::sort(gather->tenants.begin(), gather->tenants.end());
    const auto last = std::unique(gather->tenants.begin(), gather->tenants.end());
    gather->tenants.erase(last, gather->tenants.end());
    list_next(gather);
  });
}

void CallDesk::list_next(std::shared_ptr<Gather> gather) {
  const std::size_t wanted = gather->offset + gather->size;
  if (gather->next == gather->tenants.size() || gather->calls.size() > wanted) {
    Page page;
    auto& calls = gather->calls;
    const bool more = calls.size() > wanted;
    const auto from = std::min(gather->offset, calls.size());
    const auto to = std::min(wanted, calls.size());
    for (auto i = from; i < to; ++i) page.calls.push_back(std::move(calls[i]));
    if (more) page.next_token = std::to_string(wanted);
    return gather->done(std::move(page));
  }
  const auto tenant = gather->tenants[gather->next++];
  parts_.dialogs.list(tenant, 0, wanted + 1 - gather->calls.size(),
                      [this, gather](Result<std::vector<calls::Call>> dialogs) {
                        if (!dialogs) return gather->done(dialogs.error());
                        for (auto& dialog : *dialogs) {
                          gather->calls.push_back(std::move(dialog.record));
                        }
                        list_next(gather);
                      });
}

void CallDesk::get(const std::string& call_id, Done<state::v1::DialogRecord> done) {
  parts_.dialogs.load_call(
      call_id, [done = std::move(done)](Result<std::vector<calls::Call>> legs) mutable {
        if (!legs) return done(legs.error());
        if (legs->empty()) return done(Errc::NotFound);
        done(std::move(legs->front().record));
      });
}

void CallDesk::nodes(const std::string& service, Done<std::vector<state::v1::Node>> done) {
  parts_.nodes.list(service, std::move(done));
}

void CallDesk::hang_up(const std::string& call_id, const std::string& reason, Done<void> done) {
  parts_.dialogs.load_call(call_id, [this, reason, done = std::move(done)](
                                        Result<std::vector<calls::Call>> legs) mutable {
    if (!legs) return done(legs.error());
    for (const auto& leg : *legs) {
      if (!leg.end) return hang_up_one(leg, reason, std::move(done));
    }
    done(Errc::NotFound);
  });
}

void CallDesk::hang_up_one(const calls::Call& dialog, const std::string& reason,
                           Done<void> done) {
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
