#pragma once

#include <prometheus/registry.h>

#include <optional>
#include <string>
#include <vector>

#include "directory/directory.hpp"
#include "fakes/manual_clock.hpp"
#include "fakes/memory_location_store.hpp"
#include "pbx/events/v1/directory.pb.h"
#include "registrar/domain/administration.hpp"
#include "registrar/domain/registrar.hpp"
#include "registrar/domain/revocation.hpp"
#include "registrar/domain/revoker.hpp"
#include "sip/auth.hpp"
#include "sip/digest.hpp"

namespace pbx::registrar::test {

using namespace std::chrono_literals;

inline constexpr const char* kDomain = "hq.north.pbx.test";
inline constexpr TenantId kTenant{9};

/// Keeps what it is told.
class RecordedEvents final : public BindingEvents {
 public:
  void publish(const events::v1::RegistrationState& state) override { states.push_back(state); }

  std::vector<events::v1::RegistrationChange> changes() const {
    std::vector<events::v1::RegistrationChange> all;
    for (const auto& state : states) all.push_back(state.change());
    return all;
  }

  std::vector<events::v1::RegistrationState> states;
};

inline events::v1::Credential credential(const std::string& username, const std::string& realm,
                                         const std::string& password) {
  events::v1::Credential made;
  made.set_username(username);
  made.set_realm(realm);
  made.set_ha1_md5(sip::make_ha1(sip::DigestAlgorithm::Md5, username, realm, password));
  made.set_ha1_sha256(sip::make_ha1(sip::DigestAlgorithm::Sha256, username, realm, password));
  return made;
}

/// The directory of one tenant: users 1001 (password "secret-1001"), 1002 (suspended) and 1003 (two
/// bindings at most), and 1001's device "desk" (password "secret-desk").
class Tenants {
 public:
  explicit Tenants(directory::Directory& directory) : directory_{directory} {
    account(false);
    events::v1::ConfigRecord record;
    record.mutable_domain()->set_id(3);
    record.mutable_domain()->set_tenant_id(kTenant.value);
    record.mutable_domain()->set_name(kDomain);
    apply("domain/3", record);
    user(1001, "secret-1001");
    user(1002, "secret-1002", true);
    user(1003, "secret-1003", false, 2);
    device("secret-desk");
  }

  void account(bool suspended) {
    events::v1::ConfigRecord record;
    auto& account = *record.mutable_account();
    account.set_id(kTenant.value);
    account.set_kind(events::v1::ACCOUNT_KIND_CLIENT);
    account.set_name("hq");
    account.set_path("1.4.9");
    account.set_parent_id(4);
    account.set_suspended(suspended);
    apply("account/9", record);
  }

  void user(std::uint64_t extension, const std::string& password, bool suspended = false,
            std::uint32_t max_bindings = 0) {
    events::v1::ConfigRecord record;
    auto& user = *record.mutable_user();
    const auto name = std::to_string(extension);
    user.set_id(extension);
    user.set_tenant_id(kTenant.value);
    user.set_domain(kDomain);
    user.set_extension(name);
    user.set_suspended(suspended);
    user.set_max_bindings(max_bindings);
    *user.mutable_credential() = credential(name, kDomain, password);
    apply("user/" + name, record);
  }

  void device(const std::string& password) {
    events::v1::ConfigRecord record;
    auto& device = *record.mutable_device();
    device.set_id(5);
    device.set_tenant_id(kTenant.value);
    device.set_user_id(1001);
    device.set_kind(events::v1::DEVICE_KIND_SIP);
    device.set_name("desk");
    *device.mutable_credential() = credential("desk", kDomain, password);
    apply("device/5", record);
  }

  void remove(const std::string& key) { directory_.apply(key, std::nullopt); }

 private:
  void apply(const std::string& key, events::v1::ConfigRecord record) {
    record.set_revision(++revision_);
    directory_.apply(key, record.SerializeAsString());
  }

  directory::Directory& directory_;
  std::uint64_t revision_ = 0;
};

/// One REGISTER; every part can be replaced.
struct Request {
  std::string uri = std::string{"sip:"} + kDomain;
  std::string to = std::string{"<sip:1001@"} + kDomain + ">";
  std::string username = "1001";
  std::string password = "secret-1001";
  std::string realm = kDomain;
  std::vector<std::string> contacts{"<sip:1001@192.0.2.7:5060>"};
  std::vector<std::string> headers{};
  std::string call_id = "call-1@192.0.2.7";
  std::uint32_t cseq = 1;
  std::string method = "REGISTER";
  std::string path = "sip:token@127.0.0.11:5060;lr;ob";
  std::string source = "192.0.2.7:5060;udp";
  sip::DigestAlgorithm algorithm = sip::DigestAlgorithm::Md5;
  std::string nonce{};  ///< Empty: a fresh one.
  std::uint32_t nc = 1;
  std::string digest_uri{};  ///< Empty: `uri`.
  bool qop = true;
  bool credentials = true;
};

/// A registrar with everything around it in memory.
class Fixture {
 public:
  std::string fresh_nonce() { return nonces.make(kDomain, "REGISTER", clock.now()); }

  std::string message(const Request& request) {
    std::string text = request.method + " " + request.uri + " SIP/2.0\r\n";
    text += "Via: SIP/2.0/UDP 127.0.0.11:5060;branch=z9hG4bKa\r\n";
    text += "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKb\r\n";
    text += "Max-Forwards: 69\r\nFrom: " + request.to + ";tag=a\r\nTo: " + request.to + "\r\n";
    text += "Call-ID: " + request.call_id + "\r\n";
    text += "CSeq: " + std::to_string(request.cseq) + " " + request.method + "\r\n";
    for (const auto& contact : request.contacts) text += "Contact: " + contact + "\r\n";
    for (const auto& header : request.headers) text += header + "\r\n";
    if (request.credentials) text += "Authorization: " + authorization(request) + "\r\n";
    return text + "Content-Length: 0\r\n\r\n";
  }

  v1::RegisterReply send(const Request& request) { return send_text(message(request), request); }

  v1::RegisterReply send_text(const std::string& text, const Request& request = {}) {
    v1::RegisterRequest item;
    item.set_id(++id);
    item.set_message(text);
    item.set_source(request.source);
    item.set_path(request.path);
    std::optional<v1::RegisterReply> answer;
    registrar.handle(item, [&](v1::RegisterReply reply) { answer = std::move(reply); });
    return answer.value_or(v1::RegisterReply{});
  }

  Bindings bindings(const std::string& aor = std::string{"1001@"} + kDomain) {
    Bindings found;
    store.load(kTenant, aor, [&](Result<Bindings> loaded) { found = *loaded; });
    return found;
  }

  double count(Refusal refusal) { return metrics.refused(refusal).Value(); }

  fakes::ManualClock clock{Clock::Wall{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}}};
  prometheus::Registry registry;
  Metrics metrics{registry};
  Settings settings{.node = "registrar-1"};
  directory::Directory directory;
  Tenants tenants{directory};
  KeyRing key{Secret{"0123456789abcdef"}};
  sip::Nonces nonces{key};
  sip::ReplayGuard replays{1000};
  MemoryLocationStore store{clock};
  RecordedEvents events;
  DigestCheck digests{directory, key, replays, settings};
  CredentialTags tags{key};
  Registrar registrar{digests, tags, store, events, clock, settings, metrics};
  Revocation revocation{store, events, clock, settings, metrics};
  Administration administration{store, revocation};
  Revoker revoker{directory, tags, revocation, metrics};
  std::uint64_t id = 0;

 private:
  std::string authorization(const Request& request) {
    const auto nonce =
        request.nonce.empty() ? nonces.make(request.realm, "REGISTER", clock.now()) : request.nonce;
    sip::ReceivedChallenge challenge;
    challenge.realm = request.realm;
    challenge.nonce = nonce;
    challenge.algorithm = request.algorithm;
    challenge.qop_auth = request.qop;
    const auto ha1 =
        sip::make_ha1(request.algorithm, request.username, request.realm, request.password);
    std::string value;
    sip::append_credentials(
        value, challenge,
        {request.username, ha1, request.digest_uri.empty() ? request.uri : request.digest_uri,
         "c0ffee", request.nc},
        request.method);
    return value;
  }
};

inline std::vector<std::string> headers_named(const v1::RegisterReply& reply,
                                              const std::string& name) {
  std::vector<std::string> values;
  for (const auto& header : reply.headers()) {
    if (header.starts_with(name + ": ")) values.push_back(header.substr(name.size() + 2));
  }
  return values;
}

}  // namespace pbx::registrar::test
