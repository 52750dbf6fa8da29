#include "unit/libs/directory/records.hpp"

#include "pbx/events/v1/directory.pb.h"

namespace pbx::test {
namespace {

std::string hex(std::uint64_t number, std::size_t length) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(length, '0');
  for (auto at = length; number != 0; number >>= 4) out[--at] = kDigits[number & 15];
  return out;
}

std::string key_of(std::string_view kind, std::uint64_t id) {
  return std::string{kind} + "/" + std::to_string(id);
}

void set_credential(events::v1::Credential& out, const std::string& username,
                    const std::string& realm, std::uint64_t secret) {
  out.set_username(username);
  out.set_realm(realm);
  out.set_ha1_md5(hex_md5(secret));
  out.set_ha1_sha256(hex_sha256(secret));
}

}  // namespace

std::string hex_md5(std::uint64_t secret) { return hex(secret, 32); }
std::string hex_sha256(std::uint64_t secret) { return hex(secret, 64); }

Record account(std::uint64_t revision, std::uint64_t id, std::string_view path, bool suspended) {
  events::v1::ConfigRecord record;
  record.set_revision(revision);
  auto& account = *record.mutable_account();
  account.set_id(id);
  account.set_path(std::string{path});
  account.set_suspended(suspended);
  return {key_of("account", id), record.SerializeAsString()};
}

Record domain(std::uint64_t revision, std::uint64_t id, std::uint64_t tenant,
              std::string_view name) {
  events::v1::ConfigRecord record;
  record.set_revision(revision);
  auto& domain = *record.mutable_domain();
  domain.set_id(id);
  domain.set_tenant_id(tenant);
  domain.set_name(std::string{name});
  return {key_of("domain", id), record.SerializeAsString()};
}

Record user(std::uint64_t revision, const UserFacts& facts) {
  events::v1::ConfigRecord record;
  record.set_revision(revision);
  auto& user = *record.mutable_user();
  user.set_id(facts.id);
  user.set_tenant_id(facts.tenant);
  user.set_domain(facts.domain);
  user.set_extension(facts.extension);
  user.set_display_name("Somebody " + facts.extension);
  user.set_suspended(facts.suspended);
  set_credential(*user.mutable_credential(), facts.extension, facts.domain, facts.secret);
  return {key_of("user", facts.id), record.SerializeAsString()};
}

Record device(std::uint64_t revision, const DeviceFacts& facts) {
  events::v1::ConfigRecord record;
  record.set_revision(revision);
  auto& device = *record.mutable_device();
  device.set_id(facts.id);
  device.set_tenant_id(facts.tenant);
  device.set_user_id(facts.user);
  device.set_kind(events::v1::DEVICE_KIND_SIP);
  device.set_name("phone-" + std::to_string(facts.id));
  device.set_mac("00155d0a1b2c");
  set_credential(*device.mutable_credential(), facts.username, facts.realm, facts.secret);
  return {key_of("device", facts.id), record.SerializeAsString()};
}

Record epoch(std::string_view id, bool filling) {
  events::v1::ConfigRecord record;
  record.mutable_epoch()->set_id(std::string{id});
  record.mutable_epoch()->set_filling(filling);
  return {"epoch/0", record.SerializeAsString()};
}

Record gone(std::string_view kind, std::uint64_t id) { return {key_of(kind, id), {}}; }

}  // namespace pbx::test
