#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/errc.hpp"
#include "proxy/domain/call_records.hpp"
#include "proxy/domain/location_reader.hpp"
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

  void registered(const proxy::Flow& flow) override { kept.push_back(flow); }

  std::deque<Sent> sent;
  std::vector<proxy::Flow> kept;
};

/// Dialog records with their rules: one live record a caller, steps in order, one end. Answers at
/// once, or when told to while `held`.
class MemoryCallRecords final : public proxy::CallRecords {
 public:
  struct Entry {
    state::v1::DialogRecord record;
    std::vector<std::string> events;  ///< "started", "ringing", "answered", "ended"
    proxy::CallEnd end;
    bool ended = false;
  };

  void begin(const state::v1::DialogRecord& record, Done done) override {
    reply([this, record, done = std::move(done)]() mutable {
      if (down) return done(Errc::Unavailable);
      for (const auto& [id, entry] : calls) {
        if (!entry.ended && entry.record.sip_call_id() == record.sip_call_id() &&
            entry.record.caller().tag() == record.caller().tag()) {
          return done(Errc::AlreadyExists);
        }
      }
      calls[record.call_id()] = {record, {"started"}, {}, false};
      done({});
    });
  }
  void ringing(const state::v1::DialogRecord& record) override {
    reply([this, record] { step(record, "ringing"); });
  }
  void answered(const state::v1::DialogRecord& record, Done done) override {
    reply([this, record, done = std::move(done)]() mutable {
      if (down) return done(Errc::Unavailable);
      if (calls[record.call_id()].ended) return done(Errc::Cancelled);
      step(record, "answered");
      done({});
    });
  }
  void ended(const state::v1::DialogRecord& record, const proxy::CallEnd& end) override {
    reply([this, id = record.call_id(), end] { finish(id, end); });
  }
  void find(std::string_view sip_call_id, std::string_view tag_a, std::string_view tag_b,
            Found done) override {
    for (const auto& [id, entry] : calls) {
      const auto& record = entry.record;
      if (entry.ended || record.sip_call_id() != sip_call_id) continue;
      const bool early = record.callee().tag().empty() && record.caller().tag() == tag_a;
      if (early || has_tags(record, tag_a, tag_b)) return done(record);
    }
    done(Errc::NotFound);
  }
  void take_over(std::string_view sip_call_id, std::string_view caller_tag, Wanted wanted,
                 Found done) override {
    reply([this, id = std::string{sip_call_id}, tag = std::string{caller_tag},
           wanted = std::move(wanted), done = std::move(done)]() mutable {
      if (down) return done(Errc::Unavailable);
      for (auto& [key, entry] : calls) {
        auto& record = entry.record;
        if (entry.ended || record.sip_call_id() != id || record.caller().tag() != tag) continue;
        if (const auto is = wanted(record); !is) return done(is.error());
        record.set_owner(owner);
        record.mutable_early()->set_boot(boot);
        return done(record);
      }
      done(Errc::NotFound);
    });
  }
  void noted(const state::v1::DialogRecord& record) override { step(record, "noted"); }
  void hung_up(std::string_view sip_call_id, std::string_view from_tag, std::string_view to_tag,
               std::int64_t at_ms, Done done) override {
    reply([this, sip_call_id = std::string{sip_call_id}, from = std::string{from_tag},
           to = std::string{to_tag}, at_ms, done = std::move(done)]() mutable {
      for (auto& [id, entry] : calls) {
        const auto& record = entry.record;
        if (record.sip_call_id() != sip_call_id || !has_tags(record, from, to)) continue;
        finish(id, proxy::end_by_bye(record, from, at_ms));
      }
      done({});
    });
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
  bool held = false;
  bool down = false;
  std::string owner;  ///< What take_over() writes.
  std::uint32_t boot = 0;

 private:
  static bool has_tags(const state::v1::DialogRecord& record, std::string_view a,
                       std::string_view b) {
    const auto& caller = record.caller().tag();
    const auto& callee = record.callee().tag();
    return (caller == a && callee == b) || (caller == b && callee == a);
  }
  void reply(MoveFunction<void()> work) {
    if (held) return waiting_.push_back(std::move(work));
    work();
  }
  void step(const state::v1::DialogRecord& record, const char* event) {
    const auto found = calls.find(record.call_id());
    if (found == calls.end() || found->second.ended) return;
    found->second.record = record;
    found->second.events.emplace_back(event);
  }
  void finish(const std::string& id, const proxy::CallEnd& end) {
    const auto found = calls.find(id);
    if (found == calls.end() || found->second.ended) return;
    found->second.ended = true;
    found->second.end = end;
    found->second.events.emplace_back("ended");
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
