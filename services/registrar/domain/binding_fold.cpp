#include "registrar/domain/binding_fold.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "pbx/events/v1/registration.pb.h"
#include "registrar/domain/binding_id.hpp"

namespace pbx::registrar {
namespace {

bool only_adds(events::v1::RegistrationChange change) {
  return change == events::v1::REGISTRATION_CHANGE_ADDED ||
         change == events::v1::REGISTRATION_CHANGE_MOVED ||
         change == events::v1::REGISTRATION_CHANGE_AFFIRMED;
}

/// A phone that refreshes is told of when its expiry passes into another day, so one that is there
/// now was told with an expiry of less than a day ago.
constexpr std::chrono::milliseconds kTrust = std::chrono::hours{24};

void drop_gone(Bindings& bindings, Clock::Wall now) {
  const auto oldest = (now - kTrust).time_since_epoch().count();
  std::erase_if(bindings, [=](const auto& one) { return one.expires_at_ms() <= oldest; });
}

/// Refreshes since are not known: it may be there until what it was granted has passed from now.
void renew(state::v1::Binding& binding, Clock::Wall now) {
  const auto granted = std::chrono::seconds{binding.duration_s()};
  const auto until = (now + granted).time_since_epoch().count();
  binding.set_expires_at_ms(std::max<std::int64_t>(binding.expires_at_ms(), until));
}

std::optional<Bindings> read(const events::v1::RegistrationState& state) {
  Bindings bindings;
  for (const auto& bytes : state.bindings()) {
    if (!bindings.emplace_back().ParseFromString(bytes)) return std::nullopt;
  }
  set_ids(bindings);  // of events from before they told them
  return bindings;
}

/// Those of `older` that `newer` says nothing of.
void join(Bindings& newer, Bindings older) {
  const auto told = static_cast<std::ptrdiff_t>(newer.size());
  for (auto& one : older) {
    const auto end = newer.begin() + told;
    const bool known =
        std::any_of(newer.begin(), end, [&](const auto& other) { return one.id() == other.id(); });
    if (!known) newer.push_back(std::move(one));
  }
}

}  // namespace

bool BindingFold::apply(std::string_view key, std::optional<std::string_view> payload,
                        Clock::Wall now) {
  const std::string name{key};
  if (!payload || payload->empty()) {
    aors_.erase(name);
    return true;
  }
  events::v1::RegistrationState state;
  if (!state.ParseFromArray(payload->data(), static_cast<int>(payload->size()))) return false;
  auto bindings = read(state);
  if (!bindings || state.aor().empty()) return false;
  const auto before = aors_.find(name);
  if (before != aors_.end() && only_adds(state.change())) {
    join(*bindings, std::move(before->second.bindings));
  }
  drop_gone(*bindings, now);
  if (bindings->empty()) {
    aors_.erase(name);
    return true;
  }
  aors_[name] = {TenantId{state.tenant_id()}, state.aor(), std::move(*bindings)};
  return true;
}

std::optional<KnownAor> BindingFold::take(Clock::Wall now) {
  while (!aors_.empty()) {
    auto known = std::move(aors_.extract(aors_.begin()).mapped());
    drop_gone(known.bindings, now);
    if (known.bindings.empty()) continue;
    for (auto& binding : known.bindings) renew(binding, now);
    return known;
  }
  return std::nullopt;
}

}  // namespace pbx::registrar
