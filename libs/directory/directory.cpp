#include "directory/directory.hpp"

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "directory/accounts.hpp"
#include "directory/record_reader.hpp"
#include "directory/sharded_index.hpp"
#include "pbx/events/v1/directory.pb.h"

namespace pbx::directory {
namespace {

template <class Item>
auto has_id(Id<Item> id) {
  return [id](const auto& item) { return item.id == id; };
}
auto is_named(std::string_view name) {
  return [name](const Domain& domain) { return same_host(name, domain.name); };
}
auto is_called(std::string_view domain, std::string_view extension) {
  return [=](const User& user) {
    return user.extension() == extension && same_host(domain, user.domain());
  };
}
auto signs_in_as(std::string_view realm, std::string_view username) {
  return [=](const Device& device) {
    return device.username() == username && same_host(realm, device.realm());
  };
}

/// Two objects can claim one name for a moment when records of different keys overtake each other;
/// names are unique in the database, so the later claim is the true one.
template <class Item>
bool older(const Item& a, const Item& b) {
  return a.epoch() != b.epoch() ? a.epoch() < b.epoch() : a.revision() < b.revision();
}

}  // namespace

struct Directory::State {
  // What readers use.
  Accounts accounts;
  ShardedIndex<Domain> domains;
  ShardedIndex<User> users;
  ShardedIndex<User> users_by_name;
  ShardedIndex<Device> devices;
  ShardedIndex<Device> devices_by_login;

  // What the writer alone uses, under `writer`.
  std::mutex writer;
  RecordReader reader{accounts};
  std::unordered_map<std::uint64_t, std::shared_ptr<const Domain>> domains_by_id;
  std::vector<Change> changes;
  std::vector<std::function<void(const Change&)>> listeners;
  std::uint32_t epoch_number = 0;

  std::atomic<std::size_t> account_count{0}, domain_count{0}, user_count{0}, device_count{0};
  std::atomic<std::uint64_t> malformed{0}, revision{0};
  mutable std::mutex epoch_mutex;
  std::string seen_epoch;  // filled or not
  std::string epoch;

  bool put(const RecordKey& key, const events::v1::ConfigRecord& record);
  bool put_account(const events::v1::Account& from, Version version);
  bool put_domain(const events::v1::Domain& from, Version version);
  bool put_user(const events::v1::User& from, Version version);
  bool put_device(const events::v1::Device& from, Version version);
  bool put_epoch(const events::v1::Epoch& from);
  bool remove(const RecordKey& key);
  void remove_user(UserId id);
  void remove_device(DeviceId id);
  void unname(const User& user);
  void unname(const Device& device);
  void claim_name(const std::shared_ptr<const User>& user);
  void claim_login(const std::shared_ptr<const Device>& device);
  void note_flipped(const Accounts::Flipped& flipped);
  void note(ChangeKind kind, const User& user);
  void note(ChangeKind kind, const Device& device);
  bool bad() {
    malformed.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  /// True when `version` is of the same epoch as the known one and before it.
  static bool stale(Version known, Version version) {
    return known.epoch == version.epoch && version.revision < known.revision;
  }

  std::shared_ptr<const Domain> domain(std::string_view name) const {
    return domains.find(hash_of(name), is_named(name));
  }
  std::shared_ptr<const User> user(UserId id) const {
    return users.find(mix(id.value), has_id(id));
  }
};

bool Directory::State::put(const RecordKey& key, const events::v1::ConfigRecord& record) {
  using Kind = RecordKey::Kind;
  using events::v1::ConfigRecord;
  const Version version{epoch_number, record.revision()};
  if (version.revision > revision.load(std::memory_order_relaxed)) revision = version.revision;
  switch (record.object_case()) {
    case ConfigRecord::kAccount:
      if (key.kind != Kind::Account || key.id != record.account().id()) return bad();
      return put_account(record.account(), version);
    case ConfigRecord::kDomain:
      if (key.kind != Kind::Domain || key.id != record.domain().id()) return bad();
      return put_domain(record.domain(), version);
    case ConfigRecord::kUser:
      if (key.kind != Kind::User || key.id != record.user().id()) return bad();
      return put_user(record.user(), version);
    case ConfigRecord::kDevice:
      if (key.kind != Kind::Device || key.id != record.device().id()) return bad();
      return put_device(record.device(), version);
    case ConfigRecord::kEpoch:
      if (key.kind != Kind::Epoch) return bad();
      return put_epoch(record.epoch());
    case ConfigRecord::OBJECT_NOT_SET:
      break;
  }
  return bad();
}

bool Directory::State::put_account(const events::v1::Account& from, Version version) {
  auto account = reader.account(from, version);
  if (!account) return bad();
  const auto* known = accounts.get(from.id());
  if (known != nullptr && stale({known->epoch, known->revision}, version)) return false;
  note_flipped(accounts.put(from.id(), std::move(*account)));
  account_count = accounts.size();
  return true;
}

bool Directory::State::put_domain(const events::v1::Domain& from, Version version) {
  auto fresh = reader.domain(from, version);
  if (!fresh) return bad();
  auto& known = domains_by_id[fresh->id];
  if (known) {
    if (stale({known->epoch, known->revision}, version)) return false;
    if (known->name != fresh->name) {
      const auto holder = domain(known->name);
      if (holder == known) domains.erase(hash_of(known->name), is_named(known->name));
    }
  }
  known = fresh;
  domain_count = domains_by_id.size();
  const auto holder = domain(fresh->name);
  const bool later = !holder || holder->id == fresh->id || holder->epoch < fresh->epoch ||
                     (holder->epoch == fresh->epoch && holder->revision < fresh->revision);
  if (later) domains.put(hash_of(fresh->name), is_named(fresh->name), fresh);
  return true;
}

bool Directory::State::put_user(const events::v1::User& from, Version version) {
  const auto fresh = reader.user(from, version);
  if (!fresh) return bad();
  const auto known = user(fresh->id);
  if (known && stale({known->epoch(), known->revision()}, version)) return false;

  const bool moved =
      known && (known->extension() != fresh->extension() || known->domain() != fresh->domain() ||
                known->tenant != fresh->tenant);
  if (moved) {
    unname(*known);
    note(ChangeKind::UserRemoved, *known);
  }
  users.put(mix(fresh->id.value), has_id(fresh->id), fresh);
  claim_name(fresh);
  if (!known) user_count.fetch_add(1, std::memory_order_relaxed);
  if (!known || moved) {
    note(ChangeKind::UserAdded, *fresh);
    return true;
  }
  if (known->has_credential() != fresh->has_credential() ||
      known->credential() != fresh->credential()) {
    note(ChangeKind::UserCredentialChanged, *fresh);
  }
  if (known->suspended() != fresh->suspended()) {
    note(fresh->suspended() ? ChangeKind::UserSuspended : ChangeKind::UserRestored, *fresh);
  }
  return true;
}

bool Directory::State::put_device(const events::v1::Device& from, Version version) {
  const auto fresh = reader.device(from, version);
  if (!fresh) return bad();
  const auto known = devices.find(mix(fresh->id.value), has_id(fresh->id));
  if (known && stale({known->epoch(), known->revision()}, version)) return false;

  const bool moved = known && known->user != fresh->user;
  if (moved) note(ChangeKind::DeviceRemoved, *known);
  if (known && (known->username() != fresh->username() || known->realm() != fresh->realm())) {
    unname(*known);
  }
  devices.put(mix(fresh->id.value), has_id(fresh->id), fresh);
  claim_login(fresh);
  if (!known) device_count.fetch_add(1, std::memory_order_relaxed);
  if (!known || moved) {
    note(ChangeKind::DeviceAdded, *fresh);
  } else if (known->has_credential() != fresh->has_credential() ||
             known->credential() != fresh->credential()) {
    note(ChangeKind::DeviceCredentialChanged, *fresh);
  }
  return true;
}

bool Directory::State::put_epoch(const events::v1::Epoch& from) {
  if (from.id().empty()) return bad();
  std::lock_guard lock{epoch_mutex};
  if (seen_epoch != from.id() && !std::exchange(seen_epoch, from.id()).empty()) ++epoch_number;
  if (!from.filling()) epoch = from.id();
  return true;
}

bool Directory::State::remove(const RecordKey& key) {
  switch (key.kind) {
    case RecordKey::Kind::Account:
      note_flipped(accounts.remove(key.id));
      account_count = accounts.size();
      break;
    case RecordKey::Kind::Domain: {
      const auto known = domains_by_id.find(key.id);
      if (known == domains_by_id.end()) break;
      const auto& name = known->second->name;
      if (domain(name) == known->second) domains.erase(hash_of(name), is_named(name));
      domains_by_id.erase(known);
      domain_count = domains_by_id.size();
      break;
    }
    case RecordKey::Kind::User:
      remove_user(UserId{key.id});
      break;
    case RecordKey::Kind::Device:
      remove_device(DeviceId{key.id});
      break;
    case RecordKey::Kind::Epoch:
      break;
  }
  return true;
}

void Directory::State::remove_user(UserId id) {
  const auto gone = users.erase(mix(id.value), has_id(id));
  if (!gone) return;
  unname(*gone);
  user_count.fetch_sub(1, std::memory_order_relaxed);
  note(ChangeKind::UserRemoved, *gone);
}

void Directory::State::remove_device(DeviceId id) {
  const auto gone = devices.erase(mix(id.value), has_id(id));
  if (!gone) return;
  unname(*gone);
  device_count.fetch_sub(1, std::memory_order_relaxed);
  note(ChangeKind::DeviceRemoved, *gone);
}

void Directory::State::unname(const User& user) {
  const auto hash = hash_of(user.domain(), user.extension());
  const auto called = is_called(user.domain(), user.extension());
  users_by_name.erase(hash, [&](const User& it) { return it.id == user.id && called(it); });
}

void Directory::State::unname(const Device& device) {
  const auto hash = hash_of(device.realm(), device.username());
  const auto login = signs_in_as(device.realm(), device.username());
  devices_by_login.erase(hash, [&](const Device& it) { return it.id == device.id && login(it); });
}

void Directory::State::claim_name(const std::shared_ptr<const User>& user) {
  const auto hash = hash_of(user->domain(), user->extension());
  const auto called = is_called(user->domain(), user->extension());
  const auto holder = users_by_name.find(hash, called);
  if (holder && holder->id != user->id && older(*user, *holder)) return;
  users_by_name.put(hash, called, user);
}

void Directory::State::claim_login(const std::shared_ptr<const Device>& device) {
  if (!device->has_credential()) return unname(*device);
  const auto hash = hash_of(device->realm(), device->username());
  const auto login = signs_in_as(device->realm(), device->username());
  const auto holder = devices_by_login.find(hash, login);
  if (holder && holder->id != device->id && older(*device, *holder)) return;
  devices_by_login.put(hash, login, device);
}

void Directory::State::note_flipped(const Accounts::Flipped& flipped) {
  if (flipped.empty() || listeners.empty()) return;
  users.for_each([&](const std::shared_ptr<const User>& user) {
    if (user->own_suspended() || !flipped.contains(user->tenant.value)) return;
    note(user->suspended() ? ChangeKind::UserSuspended : ChangeKind::UserRestored, *user);
  });
}

void Directory::State::note(ChangeKind kind, const User& user) {
  if (listeners.empty()) return;
  changes.push_back({kind, user.tenant, user.id, DeviceId{}, std::string{user.domain()},
                     std::string{user.extension()}});
}

void Directory::State::note(ChangeKind kind, const Device& device) {
  if (listeners.empty()) return;
  Change change{kind, device.tenant, device.user, device.id, {}, {}};
  if (const auto owner = user(device.user)) {
    change.domain = owner->domain();
    change.extension = owner->extension();
  }
  changes.push_back(std::move(change));
}

Directory::Directory() : state_{std::make_unique<State>()} {}
Directory::~Directory() = default;

bool Directory::apply(std::string_view key, std::optional<std::string_view> payload) {
  auto& state = *state_;
  std::vector<Change> changes;
  bool applied = false;
  {
    std::lock_guard lock{state.writer};
    const auto parsed = parse_key(key);
    if (!parsed) return state.bad();
    if (!payload || payload->empty()) {
      applied = state.remove(*parsed);
    } else {
      events::v1::ConfigRecord record;
      if (!record.ParseFromArray(payload->data(), static_cast<int>(payload->size()))) {
        return state.bad();
      }
      applied = state.put(*parsed, record);
    }
    changes.swap(state.changes);
  }
  for (const auto& change : changes) {
    for (const auto& listener : state.listeners) listener(change);
  }
  return applied;
}

std::shared_ptr<const Domain> Directory::domain(std::string_view name) const {
  return state_->domain(name);
}

std::shared_ptr<const User> Directory::user(std::string_view domain,
                                            std::string_view extension) const {
  auto user = state_->users_by_name.find(hash_of(domain, extension), is_called(domain, extension));
  if (!user) return nullptr;
  const auto home = state_->domain(domain);
  if (!home || home->tenant != user->tenant) return nullptr;
  return user;
}

std::shared_ptr<const User> Directory::user(UserId id) const { return state_->user(id); }

std::shared_ptr<const Device> Directory::device(DeviceId id) const {
  return state_->devices.find(mix(id.value), has_id(id));
}

std::optional<Login> Directory::login(std::string_view realm, std::string_view username) const {
  const auto give = [](const User& user, DeviceId device, const StoredCredential& credential) {
    Login login;
    login.tenant = user.tenant;
    login.user = user.id;
    login.device = device;
    login.ha1_md5 = credential.hex_md5();
    login.ha1_sha256 = credential.hex_sha256();
    login.suspended = user.suspended();
    login.max_bindings = user.max_bindings;
    const auto& account = user.account();
    login.max_calls = user.max_calls != 0 ? user.max_calls : account.max_user_calls();
    login.max_tenant_calls = account.max_calls();
    login.extension = user.extension();
    login.domain = user.domain();
    return login;
  };
  if (const auto own = user(realm, username); own && own->has_credential()) {
    return give(*own, DeviceId{}, own->credential());
  }
  const auto device =
      state_->devices_by_login.find(hash_of(realm, username), signs_in_as(realm, username));
  if (!device) return std::nullopt;
  const auto owner = state_->user(device->user);
  if (!owner || owner->tenant != device->tenant || !same_host(realm, owner->domain())) {
    return std::nullopt;
  }
  const auto home = state_->domain(realm);
  if (!home || home->tenant != owner->tenant) return std::nullopt;
  return give(*owner, device->id, device->credential());
}

const Tenant* Directory::tenant(TenantId id) const { return state_->accounts.find(id); }
std::string Directory::path(TenantId id) const { return state_->accounts.path(id); }

void Directory::on_change(std::function<void(const Change&)> listener) {
  std::lock_guard lock{state_->writer};
  state_->listeners.push_back(std::move(listener));
}

Directory::Counts Directory::counts() const {
  return {state_->account_count, state_->domain_count, state_->user_count, state_->device_count};
}

std::uint64_t Directory::malformed() const { return state_->malformed; }
std::uint64_t Directory::revision() const { return state_->revision; }

std::string Directory::epoch() const {
  std::lock_guard lock{state_->epoch_mutex};
  return state_->epoch;
}

}  // namespace pbx::directory
