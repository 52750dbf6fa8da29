#include "registrar/domain/revoker.hpp"

#include <utility>

namespace pbx::registrar {
namespace {

using Kind = directory::ChangeKind;
using Made = CredentialTags::Made;

bool takes_bindings(Kind kind) {
  switch (kind) {
    case Kind::UserRemoved:
    case Kind::UserSuspended:
    case Kind::UserCredentialChanged:
    case Kind::DeviceRemoved:
    case Kind::DeviceCredentialChanged:
      return true;
    case Kind::UserAdded:
    case Kind::UserRestored:
    case Kind::DeviceAdded:
      break;
  }
  return false;
}

}  // namespace

void Revoker::on_change(const directory::Change& change) {
  if (!takes_bindings(change.kind)) return;
  if (change.domain.empty()) return;  // its user went before, and took the bindings along
  if (queue_.size() >= kMaxWaiting) {
    metrics_.revocations_dropped.Increment();
    return;
  }
  queue_.push_back(change);
  go_on();
}

void Revoker::retry() {
  failing_ = false;
  go_on();
}

void Revoker::go_on() {
  if (std::exchange(going_on_, true)) return;  // a store that answers at once calls it from run()
  while (!failing_ && !queue_.empty() && in_flight_ < kInFlight) {
    auto job = std::move(queue_.front());
    queue_.pop_front();
    ++in_flight_;
    run(std::move(job));
  }
  going_on_ = false;
}

bool Revoker::concerns(const directory::Change& job, const state::v1::Binding& binding) const {
  if (binding.user_id() != job.user.value) return false;
  switch (job.kind) {
    case Kind::UserSuspended: {
      const auto user = directory_.user(job.user);
      return user == nullptr || user->suspended();
    }
    case Kind::UserCredentialChanged:
      return binding.device_id() == 0 &&
             tags_.matches(binding, directory_.user(job.user).get()) != Made::WithIt;
    case Kind::DeviceRemoved:
    case Kind::DeviceCredentialChanged:
      return binding.device_id() == job.device.value &&
             tags_.matches(binding, directory_.device(job.device).get()) != Made::WithIt;
    default:
      return true;
  }
}

void Revoker::run(directory::Change job) {
  const auto tenant = job.tenant;
  const auto aor = job.extension + "@" + job.domain;
  const auto filter = [this, job](const state::v1::Binding& binding) {
    return concerns(job, binding);
  };
  revocation_.remove(tenant, aor, filter,
                     [this, job = std::move(job)](Result<std::uint32_t> removed) mutable {
                       --in_flight_;
                       if (!removed) {
                         failing_ = true;
                         queue_.push_front(std::move(job));
                       }
                       go_on();
                     });
}

}  // namespace pbx::registrar
