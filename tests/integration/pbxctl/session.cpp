#include "session.hpp"

#include <cstdlib>
#include <ctime>
#include <sstream>

#include "pbxctl/run.hpp"

namespace pbx::pbxctl {
namespace {

void add_account(fakes::ManagedCluster& cluster, std::uint64_t id, std::uint64_t parent,
                 events::v1::AccountKind kind, const std::string& name, const std::string& path) {
  auto& account = cluster.accounts.emplace_back();
  account.set_id(id);
  account.set_parent_id(parent);
  account.set_kind(kind);
  account.set_name(name);
  account.set_path(path);
}

void add_domain(fakes::ManagedCluster& cluster, std::uint64_t id, std::uint64_t tenant,
                const std::string& name) {
  auto& domain = cluster.domains.emplace_back();
  domain.set_id(id);
  domain.set_tenant_id(tenant);
  domain.set_name(name);
}

void add_user(fakes::ManagedCluster& cluster, std::uint64_t id, std::uint64_t tenant,
              const std::string& extension, const std::string& domain, const std::string& name) {
  auto& user = cluster.users.emplace_back();
  user.set_id(id);
  user.set_tenant_id(tenant);
  user.set_extension(extension);
  user.set_domain(domain);
  user.set_display_name(name);
  user.mutable_credential()->set_username(extension);
  user.mutable_credential()->set_realm(domain);
  user.mutable_credential()->set_ha1_md5("5ecret5ecret5ecret5ecret5ecret00");
  user.mutable_credential()->set_ha1_sha256("5ecret");
}

void fill(fakes::ManagedCluster& cluster) {
  add_account(cluster, Session::kNorth, 1, events::v1::ACCOUNT_KIND_RESELLER, "north", "1.102");
  add_account(cluster, Session::kHq, Session::kNorth, events::v1::ACCOUNT_KIND_CLIENT, "hq",
              "1.102.103");
  add_account(cluster, Session::kLab, Session::kNorth, events::v1::ACCOUNT_KIND_CLIENT, "lab",
              "1.102.104");
  add_domain(cluster, 11, Session::kHq, "hq.north.pbx.test");
  add_domain(cluster, 12, Session::kLab, "lab.north.pbx.test");
  add_user(cluster, 21, Session::kHq, "1001", "hq.north.pbx.test", "Reception");
  add_user(cluster, 22, Session::kHq, "1002", "hq.north.pbx.test", "Zoë Ångström");
  add_user(cluster, 23, Session::kLab, "1001", "lab.north.pbx.test", "");

  auto& device = cluster.devices.emplace_back();
  device.set_id(31);
  device.set_tenant_id(Session::kHq);
  device.set_user_id(21);
  device.set_kind(events::v1::DEVICE_KIND_UNISTIM);
  device.set_name("reception");
  device.set_mac("001b4faabbcc");
  device.mutable_credential()->set_username("dev-31");
  device.mutable_credential()->set_realm("hq.north.pbx.test");
  device.mutable_credential()->set_ha1_md5("5ecret5ecret5ecret5ecret5ecret00");
}

}  // namespace

Session::Session() {
  setenv("TZ", "UTC0", 1);
  tzset();
  fake_.with(fill);
}

Answer Session::run(std::vector<std::string> words, const std::string& input) {
  for (const char* service : {"provisioning", "registrar", "proxy", "billing"}) {
    words.insert(words.end(), {"--server", service + ("=" + address())});
  }
  with([](fakes::ManagedCluster& cluster) { cluster.requests.clear(); });
  return run_alone(words, input);
}

Answer Session::run_alone(const std::vector<std::string>& words, const std::string& input) {
  std::istringstream in{input};
  std::ostringstream out;
  std::ostringstream err;
  std::size_t asked = 0;
  const Environment environment{
      .in = in,
      .out = out,
      .err = err,
      .clock = clock_,
      .variable = [&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional{found->second};
      },
      .folder = folder,
      .user = "ada",
      .columns = columns,
      .asks = asks,
      .ask_secret = [&](const std::string&) -> std::optional<Secret> {
        if (asked == secrets.size()) return std::nullopt;
        return Secret{secrets[asked++]};
      }};
  Answer answer;
  answer.code = pbxctl::run(words, environment);
  answer.out = out.str();
  answer.err = err.str();
  return answer;
}

std::vector<std::string> Session::requests() {
  std::vector<std::string> methods;
  with([&](const fakes::ManagedCluster& cluster) { methods = cluster.requests; });
  return methods;
}

}  // namespace pbx::pbxctl
