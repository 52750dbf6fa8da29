#include "registrar/domain/restoration.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include "registrar/domain/event.hpp"
#include "telemetry/log.hpp"

namespace pbx::registrar {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookEvery = 1s;
constexpr auto kKeepEvery = 2s;
constexpr auto kAnother = CredentialTags::Made::WithAnother;

}  // namespace

void Restoration::tick() {
  switch (stage_) {
    case Stage::Watching:
      return watch();
    case Stage::Claiming:
      return;
    case Stage::Reading:
      keep();
      if (stage_ != Stage::Reading || !parts_.log.complete()) return;
      fold_ = parts_.log.take();
      stage_ = Stage::Writing;
      return write();
    case Stage::Writing:
      keep();
      failing_ = false;
      return write();
    case Stage::Sealing:
      return seal();
  }
}

void Restoration::watch() {
  // Who does not know the users yet would take every binding for a stranger's.
  if (asked_ || parts_.directory.epoch().empty() || parts_.clock.steady() < next_look_) return;
  next_look_ = parts_.clock.steady() + kLookEvery;
  asked_ = true;
  parts_.store.whole([this](Result<bool> whole) {
    asked_ = false;
    if (whole && !*whole) claim();
  });
}

void Restoration::claim() {
  stage_ = Stage::Claiming;
  parts_.store.claim([this](Result<bool> ours) {
    stage_ = Stage::Watching;
    if (!ours || !*ours) return;
    stage_ = Stage::Claiming;
    // Whoever had the lease until now may have done it all.
    parts_.store.whole([this](Result<bool> whole) {
      if (whole && !*whole) return begin();
      parts_.store.release();
      stage_ = Stage::Watching;
    });
  });
}

void Restoration::begin() {
  parts_.store.begin([this](Result<> begun) {
    if (!begun) return give_up("the store is away");
    log::warn("store without bindings: reading them from the log");
    aors_ = bindings_ = 0;
    again_.clear();
    failing_ = false;
    began_ = parts_.clock.steady();
    next_keep_ = began_ + kKeepEvery;
    parts_.log.start();
    stage_ = Stage::Reading;
  });
}

void Restoration::keep() {
  if (asked_ || parts_.clock.steady() < next_keep_) return;
  next_keep_ = parts_.clock.steady() + kKeepEvery;
  asked_ = true;
  parts_.store.keep([this](Result<bool> ours) {
    asked_ = false;
    if (active() && ours && !*ours) give_up("the lease is gone");
  });
}

void Restoration::write() {
  if (std::exchange(writing_, true)) return;  // a store that answers at once calls it again
  while (stage_ == Stage::Writing && !failing_ && in_flight_ < kInFlight) {
    std::optional<KnownAor> known;
    if (again_.empty()) {
      known = fold_.take(parts_.clock.now());
    } else {
      known = std::move(again_.front());
      again_.pop_front();
    }
    if (!known) break;
    drop_foreign(*known);
    if (!known->bindings.empty()) write_one(std::move(*known));
  }
  writing_ = false;
  if (stage_ != Stage::Writing || failing_ || in_flight_ != 0) return;
  if (fold_.size() != 0 || !again_.empty()) return;
  stage_ = Stage::Sealing;
  seal();
}

void Restoration::write_one(KnownAor known) {
  ++in_flight_;
  auto kept = std::make_shared<KnownAor>(std::move(known));
  parts_.store.restore(*kept, [this, kept](Result<RestoredAor> restored) {
    --in_flight_;
    if (!restored) {
      failing_ = true;
      again_.push_back(std::move(*kept));
      return;
    }
    if (restored->added != 0) {
      ++aors_;
      bindings_ += restored->added;
      parts_.metrics.restored.Increment(restored->added);
      if (restored->before != 0) tell(kept->tenant, kept->aor);
    }
    write();
  });
}

/// Phones of the AoR registered before the others were put back: the log has only those yet.
void Restoration::tell(TenantId tenant, const std::string& aor) {
  parts_.locations.load(tenant, aor, [this, tenant, aor](Result<Bindings> bindings) {
    if (!bindings || bindings->empty()) return;
    parts_.events.publish(state_event(tenant, aor, events::v1::REGISTRATION_CHANGE_ADDED, *bindings,
                                      parts_.clock.now(), parts_.settings.node));
  });
}

void Restoration::seal() {
  if (asked_) return;
  asked_ = true;
  parts_.store.seal([this](Result<bool> sealed) {
    asked_ = false;
    if (stage_ != Stage::Sealing || !sealed) return;  // away: the next tick tries again
    if (!*sealed) return give_up("the store lost its contents again");
    done();
  });
}

void Restoration::give_up(const char* why) {
  log::warn("bindings not restored", {{"why", why}});
  parts_.log.stop();
  parts_.store.release();
  fold_ = {};
  again_.clear();
  stage_ = Stage::Watching;
}

void Restoration::done() {
  parts_.store.release();
  parts_.metrics.restorations.Increment();
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.steady() - began_);
  log::info("bindings restored from the log",
            {{"aors", aors_}, {"bindings", bindings_}, {"took_ms", took}});
  stage_ = Stage::Watching;
}

void Restoration::drop_foreign(KnownAor& known) const {
  std::erase_if(known.bindings, [this](const auto& one) { return is_foreign(one); });
}

bool Restoration::is_foreign(const state::v1::Binding& binding) const {
  const auto user = parts_.directory.user(UserId{binding.user_id()});
  if (user == nullptr || user->suspended()) return true;
  if (binding.device_id() == 0) return parts_.tags.matches(binding, user.get()) == kAnother;
  const auto device = parts_.directory.device(DeviceId{binding.device_id()});
  return parts_.tags.matches(binding, device.get()) == kAnother;
}

}  // namespace pbx::registrar
