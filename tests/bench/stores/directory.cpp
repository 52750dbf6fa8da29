#include "directory/directory.hpp"

#include "pbx/events/v1/directory.pb.h"
#include "stores/bench.hpp"

namespace pbx::bench {
namespace {

constexpr std::uint64_t kUsers = 100'000;
constexpr std::uint64_t kStride = 7'919;  // a prime: look-ups go all over the directory
const std::string kDomain = "hq.north.pbx.test";

void apply(directory::Directory& directory, const std::string& key, std::uint64_t revision,
           events::v1::ConfigRecord& record) {
  record.set_revision(revision);
  directory.apply(key, record.SerializeAsString());
}

void add_user(directory::Directory& directory, std::uint64_t id) {
  events::v1::ConfigRecord record;
  auto& user = *record.mutable_user();
  user.set_id(id);
  user.set_tenant_id(1);
  user.set_domain(kDomain);
  user.set_extension(std::to_string(id));
  auto& credential = *user.mutable_credential();
  credential.set_username(user.extension());
  credential.set_realm(kDomain);
  credential.set_ha1_md5(std::string(32, 'a'));
  credential.set_ha1_sha256(std::string(64, 'b'));
  apply(directory, "user/" + user.extension(), id + 2, record);
}

void fill(directory::Directory& directory) {
  events::v1::ConfigRecord account, domain;
  account.mutable_account()->set_id(1);
  account.mutable_account()->set_kind(events::v1::ACCOUNT_KIND_CLIENT);
  account.mutable_account()->set_path("1");
  apply(directory, "account/1", 1, account);
  domain.mutable_domain()->set_id(1);
  domain.mutable_domain()->set_tenant_id(1);
  domain.mutable_domain()->set_name(kDomain);
  apply(directory, "domain/1", 2, domain);
  for (std::uint64_t id = 1; id <= kUsers; ++id) add_user(directory, id);
}

}  // namespace

void measure_directory(Stopwatch& watch) {
  directory::Directory directory;
  fill(directory);
  std::vector<std::string> extensions;
  for (std::uint64_t id = 1; id <= kUsers; ++id) extensions.push_back(std::to_string(id));
  std::size_t at = 0;
  const auto next = [&]() -> const std::string& {
    at = (at + kStride) % kUsers;
    return extensions[at];
  };
  watch.measure("domain of the directory", [&] { return directory.domain(kDomain)->name.size(); });
  watch.measure("user of 100,000",
                [&] { return std::size_t{directory.user(kDomain, next())->id.value}; });
  watch.measure("login of 100,000",
                [&] { return std::size_t{directory.login(kDomain, next())->user.value}; });
}

}  // namespace pbx::bench
