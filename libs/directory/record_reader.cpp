#include "directory/record_reader.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include "directory/sharded_index.hpp"
#include "pbx/events/v1/directory.pb.h"

namespace pbx::directory {
namespace {

constexpr std::size_t kLongestName = 255;

bool fits(std::string_view text) { return !text.empty() && text.size() <= kLongestName; }

std::string lowered(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  c = lower(c);
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto high = hex_digit(text[2 * i]);
    const auto low = hex_digit(text[2 * i + 1]);
    if (!high || !low) return false;
    out[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return true;
}

bool read_credential(const events::v1::Credential& from, StoredCredential& to) {
  return read_hex(from.ha1_md5(), to.md5) && read_hex(from.ha1_sha256(), to.sha256);
}

std::optional<std::vector<std::uint64_t>> parse_path(std::string_view text, std::uint64_t last) {
  std::vector<std::uint64_t> path;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::uint64_t id = 0;
    const auto [rest, error] = std::from_chars(at, end, id);
    if (error != std::errc{} || id == 0) return std::nullopt;
    path.push_back(id);
    if (rest == end) break;
    if (*rest != '.') return std::nullopt;
    at = rest + 1;
  }
  if (path.back() != last) return std::nullopt;
  return path;
}

}  // namespace

std::optional<RecordKey> parse_key(std::string_view key) {
  using enum RecordKey::Kind;
  static constexpr std::pair<std::string_view, RecordKey::Kind> kKinds[] = {
      {"account/", Account}, {"domain/", Domain}, {"user/", User},
      {"device/", Device},   {"epoch/", Epoch},
  };
  for (const auto& [prefix, kind] : kKinds) {
    if (!key.starts_with(prefix)) continue;
    key.remove_prefix(prefix.size());
    RecordKey out{kind, 0};
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), out.id);
    if (error != std::errc{} || end != key.data() + key.size()) return std::nullopt;
    if ((out.id == 0) != (kind == Epoch)) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

std::optional<Accounts::Account> RecordReader::account(const events::v1::Account& from,
                                                       Version version) {
  auto path = parse_path(from.path(), from.id());
  if (!path) return std::nullopt;
  return Accounts::Account{std::move(*path), from.suspended(), version.revision,
                           version.epoch,    from.max_calls(), from.max_user_calls()};
}

std::shared_ptr<const Domain> RecordReader::domain(const events::v1::Domain& from,
                                                   Version version) {
  if (!fits(from.name()) || from.tenant_id() == 0) return nullptr;
  auto domain = std::make_shared<Domain>();
  domain->id = from.id();
  domain->tenant = TenantId{from.tenant_id()};
  domain->name = lowered(from.name());
  domain->revision = version.revision;
  domain->epoch = version.epoch;
  domain->account = &accounts_.tenant(domain->tenant);
  return domain;
}

std::shared_ptr<const User> RecordReader::user(const events::v1::User& from, Version version) {
  if (!fits(from.domain()) || !fits(from.extension()) || from.tenant_id() == 0) return nullptr;
  auto user = std::make_shared<User>();
  if (from.has_credential()) {
    const auto& credential = from.credential();
    if (credential.username() != from.extension()) return nullptr;
    if (!same_host(credential.realm(), lowered(from.domain()))) return nullptr;
    if (!read_credential(credential, user->credential_)) return nullptr;
    user->has_credential_ = true;
  }
  user->id = UserId{from.id()};
  user->tenant = TenantId{from.tenant_id()};
  user->max_bindings = from.max_bindings();
  user->max_calls = from.max_calls();
  user->epoch_ = version.epoch;
  user->revision_ = version.revision;
  user->domain_ = name_of(from.domain());
  user->account_ = &accounts_.tenant(user->tenant);
  user->text_ = TextPair{from.extension(), from.display_name()};
  user->suspended_ = from.suspended();
  return user;
}

std::shared_ptr<const Device> RecordReader::device(const events::v1::Device& from,
                                                   Version version) {
  if (from.tenant_id() == 0 || from.user_id() == 0) return nullptr;
  auto device = std::make_shared<Device>();
  if (from.has_credential()) {
    const auto& credential = from.credential();
    if (!fits(credential.username()) || !fits(credential.realm())) return nullptr;
    if (!read_credential(credential, device->credential_)) return nullptr;
    device->has_credential_ = true;
  }
  if (!from.mac().empty() && !read_hex(from.mac(), device->mac)) return nullptr;
  device->id = DeviceId{from.id()};
  device->tenant = TenantId{from.tenant_id()};
  device->user = UserId{from.user_id()};
  device->kind = static_cast<DeviceKind>(std::clamp(static_cast<int>(from.kind()), 0, 3));
  device->caller_identity =
      static_cast<CallerIdentity>(std::clamp(static_cast<int>(from.caller_identity()), 0, 2));
  device->epoch_ = version.epoch;
  device->revision_ = version.revision;
  device->realm_ = name_of(from.credential().realm());
  device->text_ = TextPair{from.name(), from.credential().username()};
  return device;
}

const std::string* RecordReader::name_of(std::string_view host) {
  return &*names_.insert(lowered(host)).first;
}

}  // namespace pbx::directory
