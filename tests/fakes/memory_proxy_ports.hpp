#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/errc.hpp"
#include "proxy/domain/call_records.hpp"
#include "proxy/domain/location_reader.hpp"
#include "proxy/domain/nonce_uses.hpp"
#include "proxy/domain/registrar_client.hpp"
#include "proxy/domain/wire.hpp"

namespace pbx::fakes {

/// Keeps what was sent, in order.
class RecordingWire final : public proxy::Wire {
 public:
  struct Sent {
    proxy::Flow flow;
    std::string bytes;
    std::uint64_t report_to = 0;
  };

  void send(const proxy::Flow& flow, std::string_view bytes, std::uint64_t report_to) override {
    sent.push_back({flow, std::string{bytes}, report_to});
  }

  bool is_gone(const proxy::Flow& flow) const override { return gone.contains(flow.connection); }
  void registered(const proxy::Flow& flow, std::uint64_t) override { kept.push_back(flow); }

  std::deque<Sent> sent;
  std::set<proxy::ConnectionId> gone;  ///< Connections that are known to be.
  std::vector<proxy::Flow> kept;       ///< A phone has registered over it.
};

/// Calls by the rules of libs/calls. Answers at once, or when told to while `held`.
class MemoryCallRecords final : public proxy::CallRecords {
 public:
  struct Entry {
    calls::Call call;
    std::vector<std::string> events;  ///< "started", "ringing", "answered", "ended"
    calls::Knowledge knowledge = calls::Knowledge::All;

    const state::v1::DialogRecord& record() const { return call.record; }
    const state::v1::Leg& caller() const { return calls::caller_of(call.record); }
    const state::v1::Leg& callee() const { return calls::callee_of(call.record); }
    bool ended() const { return call.end.has_value(); }
    const calls::End& end() const { return *call.end; }
  };

  void begin(const state::v1::DialogRecord& record, Done done) override {
    reply([this, record, done = std::move(done)]() mutable {
      if (down) return done(Errc::Unavailable);
      for (const auto& [id, entry] : calls) {
        if (!entry.ended() && entry.record().sip_call_id() == record.sip_call_id() &&
            entry.caller().tag() == calls::caller_of(record).tag()) {
          return done(Errc::AlreadyExists);
        }
      }
      calls[record.call_id()] = {calls::new_call(record), {"started"}};
      done({});
    });
  }
  using CallRecords::tell;
  void tell(const calls::Key& key, calls::Event event, Until, Done done) override {
    reply([this, id = key.call_id, event = std::move(event), done = std::move(done)]() mutable {
      if (down) return done(Errc::Unavailable);
      const auto found = calls.find(id);
      if (found == calls.end()) return done(Errc::NotFound);
      done(apply(found->second, event));
    });
  }
  void find(const calls::Key& key, Found done) override {
    // What this process looks after is known at once.
    if (down) return done(Errc::Unavailable);
    auto found = known(key);
    if (!found) return done(Errc::NotFound);
    done(*std::move(found));
  }
  std::optional<Known> known(const calls::Key& key) const override {
    const auto found = calls.find(key.call_id);
    if (found == calls.end() || found->second.record().sip_call_id() != key.sip_call_id) {
      return std::nullopt;
    }
    return Known{found->second.call, found->second.knowledge};
  }
  void count(TenantId tenant, UserId caller, Counted done) override {
    reply([this, tenant, caller, done = std::move(done)]() mutable {
      if (down) return done(Errc::Unavailable);
      done(static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [&](const auto& one) {
        const auto& record = one.second.record();
        if (one.second.ended() || record.tenant_id() != tenant.value) return false;
        if (caller.value == 0) return true;
        return record.caller_limited() && record.caller_user_id() == caller.value;
      })));
    });
  }
  void take_over(std::string_view sip_call_id, Wanted wanted, Taken done) override {
    reply([this, id = std::string{sip_call_id}, wanted = std::move(wanted),
           done = std::move(done)]() mutable {
      if (down) return done(Errc::Unavailable);
      std::error_code why = Errc::NotFound;
      for (auto& [key, entry] : calls) {
        if (entry.ended() || entry.record().sip_call_id() != id) continue;
        const auto is = wanted(entry.record());
        if (!is) {
          why = is.error();
          continue;
        }
        calls::apply(entry.call, calls::TakenOver{owner, boot, entry.call.version});
        entry.knowledge = calls::Knowledge::Record;
        return done(entry.record());
      }
      done(why);
    });
  }
  void hung_up(const calls::Key& key, std::string_view from_tag, std::string_view to_tag,
               std::int64_t at_ms, Done done) override {
    reply([this, key, from = std::string{from_tag}, to = std::string{to_tag}, at_ms,
           done = std::move(done)]() mutable {
      const auto entry = calls.find(key.call_id);
      if (entry != calls.end()) {
        const bool lost = entry->second.knowledge == calls::Knowledge::Record;
        static_cast<void>(apply(entry->second, calls::HungUp{from, to, at_ms, lost}));
      }
      done({});
    });
  }
  void doubt(const calls::Key& key) override { doubted.push_back(key); }
  void under(std::string_view sip_call_id, Under done) override {
    if (down) return done(Errc::Unavailable);
    std::vector<calls::Call> found;
    for (const auto& [id, entry] : calls) {
      if (entry.record().sip_call_id() == sip_call_id) found.push_back(entry.call);
    }
    done(std::move(found));
  }

  /// Lets go of what was held back.
  void release() {
    held = false;
    while (!waiting_.empty()) release_one();
  }
  void release_one() {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next();
  }
  const Entry& only() const { return calls.begin()->second; }

  std::map<std::string, Entry> calls;
  std::vector<calls::Key> doubted;
  bool held = false;
  bool down = false;
  std::string owner;  ///< What take_over() writes.
  std::uint32_t boot = 0;

 private:
  void reply(MoveFunction<void()> work) {
    if (held) return waiting_.push_back(std::move(work));
    work();
  }
  static Result<> apply(Entry& entry, const calls::Event& event) {
    const auto outcome = calls::apply(entry.call, event);
    for (const auto fact : outcome.facts) entry.events.emplace_back(name_of(fact));
    if (outcome.reply == calls::Reply::Late) return Errc::Cancelled;
    return outcome.reply == calls::Reply::NoDialog ? Result<>{Errc::NotFound} : Result<>{};
  }
  static const char* name_of(events::v1::CallEventKind fact) {
    switch (fact) {
      case events::v1::CALL_EVENT_KIND_RINGING:
        return "ringing";
      case events::v1::CALL_EVENT_KIND_ANSWERED:
        return "answered";
      default:
        return "ended";
    }
  }

  std::deque<MoveFunction<void()>> waiting_;
};

/// Bindings by tenant and AoR.
class MemoryLocations final : public proxy::LocationReader {
 public:
  void load(TenantId tenant, std::string_view aor, Loaded done) override {
    if (down) return done(Errc::Unavailable);
    const auto found = bindings.find({tenant.value, std::string{aor}});
    done(found == bindings.end() ? std::vector<state::v1::Binding>{} : found->second);
  }

  std::map<std::pair<std::uint64_t, std::string>, std::vector<state::v1::Binding>> bindings;
  bool down = false;
};

/// Nonce counts of all nodes, by whom they were used.
class MemoryNonceUses final : public proxy::NonceUses {
 public:
  void use(TenantId, std::string_view, const sip::NonceUse& use, Done done) override {
    const auto [used, first] = by.try_emplace(use.count, use.by);
    if (first) return done(sip::NonceUsed::First);
    done(used->second == use.by ? sip::NonceUsed::Again : sip::NonceUsed::ByAnother);
  }

  std::map<std::string, std::string> by;
};

/// Keeps what was asked until the test answers.
class HeldRegistrar final : public proxy::RegistrarClient {
 public:
  struct Asked {
    std::string message;
    std::string source;
    std::string path;
    Done done;
  };
  void submit(const Request& request, Done done) override {
    asked.push_back({std::string{request.message}, request.source, request.path, std::move(done)});
  }

  std::deque<Asked> asked;
};

}  // namespace pbx::fakes
