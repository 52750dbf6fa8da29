#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "directory/directory.hpp"
#include "unit/libs/directory/records.hpp"

using namespace pbx;
using namespace pbx::test;

namespace {

/// A small platform with random changes, kept in plain maps: what the directory must agree with
/// once it has read all of the log, in whatever order the keys' records came.
class Model {
 public:
  explicit Model(unsigned seed) : random_{seed} {
    put_account(1, "1");
    for (std::uint64_t id = 2; id <= 4; ++id) put_account(id, "1." + std::to_string(id));
    for (std::uint64_t id = 5; id <= 12; ++id) {
      put_account(id, "1." + std::to_string(id % 3 + 2) + "." + std::to_string(id));
    }
    for (int i = 0; i < 600; ++i) step();
  }

  const std::vector<Record>& log() const { return log_; }

  void check(const directory::Directory& directory) const {
    CHECK(directory.malformed() == 0);
    const auto counts = directory.counts();
    CHECK(counts.accounts == accounts_.size());
    CHECK(counts.domains == domains_.size());
    CHECK(counts.users == users_.size());
    CHECK(counts.devices == devices_.size());
    for (std::uint64_t d = 0; d < kDomains; ++d) {
      for (std::uint64_t e = 0; e < kExtensions; ++e) {
        check_name(directory, domain_name(d), std::to_string(100 + e));
      }
    }
    for (std::uint64_t id = 1; id < next_; ++id) {
      check_device(directory, id);
      CHECK((directory.user(UserId{id}) != nullptr) == users_.contains(id));
    }
  }

 private:
  static constexpr std::uint64_t kDomains = 10, kExtensions = 8;

  std::uint64_t pick(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>{0, below - 1}(random_);
  }
  template <class Map>
  std::uint64_t any_of(const Map& map) {
    return std::next(map.begin(), static_cast<std::ptrdiff_t>(pick(map.size())))->first;
  }
  static std::string domain_name(std::uint64_t number) {
    return "d" + std::to_string(number) + ".test";
  }

  void put_account(std::uint64_t id, const std::string& path) {
    accounts_[id] = {path, pick(5) == 0};
    log_.push_back(account(++revision_, id, path, accounts_[id].suspended));
  }

  void step() {
    switch (pick(9)) {
      case 0:
        return put_account_again();
      case 1:
        return add_domain();
      case 2:
        return remove_domain();
      case 3:
      case 4:
        return add_user();
      case 5:
        return change_user();
      case 6:
        return remove_user();
      case 7:
        return add_device();
      case 8:
        return remove_device();
    }
  }

  void put_account_again() {
    const auto id = any_of(accounts_);
    put_account(id, accounts_[id].path);
  }

  void add_domain() {
    const auto name = domain_name(pick(kDomains));
    if (tenant_of(name) != 0) return;
    const auto id = next_++;
    domains_[id] = {name, 5 + pick(8)};
    log_.push_back(domain(++revision_, id, domains_[id].tenant, name));
  }

  void remove_domain() {
    if (domains_.empty()) return;
    const auto id = any_of(domains_);
    for (const auto& [_, facts] : users_) {
      if (facts.domain == domains_[id].name) return;
    }
    domains_.erase(id);
    log_.push_back(gone("domain", id));
  }

  void add_user() {
    if (domains_.empty()) return;
    const auto& home = domains_[any_of(domains_)];
    const auto extension = std::to_string(100 + pick(kExtensions));
    if (find(home.name, extension) != nullptr) return;
    const UserFacts facts{next_++, home.tenant, home.name, extension, ++secret_, pick(5) == 0};
    users_[facts.id] = facts;
    log_.push_back(user(++revision_, facts));
  }

  void change_user() {
    if (users_.empty()) return;
    auto& facts = users_[any_of(users_)];
    const auto extension = std::to_string(100 + pick(kExtensions));
    if (find(facts.domain, extension) == nullptr) facts.extension = extension;
    facts.secret = ++secret_;
    facts.suspended = pick(2) == 0;
    log_.push_back(user(++revision_, facts));
  }

  void remove_user() {
    if (users_.empty()) return;
    const auto id = any_of(users_);
    for (const auto& [device_id, facts] : std::map{devices_}) {
      if (facts.user != id) continue;
      devices_.erase(device_id);
      log_.push_back(gone("device", device_id));
    }
    users_.erase(id);
    log_.push_back(gone("user", id));
  }

  void add_device() {
    if (users_.empty()) return;
    const auto& owner = users_[any_of(users_)];
    const auto id = next_++;
    devices_[id] = {id,       owner.tenant, owner.id, owner.domain, "dev-" + std::to_string(id),
                    ++secret_};
    log_.push_back(device(++revision_, devices_[id]));
  }

  void remove_device() {
    if (devices_.empty()) return;
    const auto id = any_of(devices_);
    devices_.erase(id);
    log_.push_back(gone("device", id));
  }

  std::uint64_t tenant_of(const std::string& name) const {
    for (const auto& [_, facts] : domains_) {
      if (facts.name == name) return facts.tenant;
    }
    return 0;
  }
  const UserFacts* find(const std::string& domain, const std::string& extension) const {
    for (const auto& [_, facts] : users_) {
      if (facts.domain == domain && facts.extension == extension) return &facts;
    }
    return nullptr;
  }
  bool suspended(const UserFacts& user) const {
    const auto path = "." + accounts_.at(user.tenant).path + ".";
    return user.suspended || std::any_of(accounts_.begin(), accounts_.end(), [&](const auto& it) {
             return it.second.suspended &&
                    path.find("." + std::to_string(it.first) + ".") != std::string::npos;
           });
  }

  void check_name(const directory::Directory& directory, const std::string& domain,
                  const std::string& extension) const {
    CAPTURE(domain, extension);
    const auto* wanted = find(domain, extension);
    const auto found = directory.user(domain, extension);
    const auto login = directory.login(domain, extension);
    REQUIRE((found != nullptr) == (wanted != nullptr));
    REQUIRE(login.has_value() == (wanted != nullptr));
    if (wanted == nullptr) return;
    CHECK(found->id == UserId{wanted->id});
    CHECK(found->suspended() == suspended(*wanted));
    CHECK(login->tenant == TenantId{wanted->tenant});
    CHECK(login->ha1_md5 == hex_md5(wanted->secret));
    CHECK(login->suspended == suspended(*wanted));
  }

  void check_device(const directory::Directory& directory, std::uint64_t id) const {
    CAPTURE(id);
    const auto wanted = devices_.find(id);
    const auto found = directory.device(DeviceId{id});
    REQUIRE((found != nullptr) == (wanted != devices_.end()));
    if (!found) return;
    const auto login = directory.login(wanted->second.realm, wanted->second.username);
    REQUIRE(login);
    CHECK(login->device == DeviceId{id});
    CHECK(login->user == UserId{wanted->second.user});
    CHECK(login->ha1_sha256 == hex_sha256(wanted->second.secret));
    CHECK(login->suspended == suspended(users_.at(wanted->second.user)));
  }

  struct AccountFacts {
    std::string path;
    bool suspended = false;
  };
  struct DomainFacts {
    std::string name;
    std::uint64_t tenant = 0;
  };

  std::mt19937 random_;
  std::uint64_t revision_ = 0, next_ = 100, secret_ = 0;
  std::map<std::uint64_t, AccountFacts> accounts_;
  std::map<std::uint64_t, DomainFacts> domains_;
  std::map<std::uint64_t, UserFacts> users_;
  std::map<std::uint64_t, DeviceFacts> devices_;
  std::vector<Record> log_;
};

/// The log as partitions may deliver it: records of one key keep their order, keys do not.
std::vector<Record> interleaved(const std::vector<Record>& log, unsigned seed) {
  std::mt19937 random{seed};
  std::map<std::string, std::vector<Record>> by_key;
  for (const auto& record : log) by_key[record.key].push_back(record);
  std::vector<std::string> order;
  for (const auto& record : log) order.push_back(record.key);
  std::shuffle(order.begin(), order.end(), random);
  std::map<std::string, std::size_t> next;
  std::vector<Record> out;
  for (const auto& key : order) out.push_back(by_key[key][next[key]++]);
  return out;
}

/// What compaction leaves: the last record of each key.
std::vector<Record> compacted(const std::vector<Record>& log) {
  std::set<std::string> seen;
  std::vector<Record> out;
  for (auto record = log.rbegin(); record != log.rend(); ++record) {
    if (seen.insert(record->key).second) out.push_back(*record);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("The order of records of different keys does not matter", "[directory]") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const Model model{seed};
    std::vector<std::vector<Record>> ways{model.log(), compacted(model.log()),
                                          interleaved(model.log(), seed),
                                          interleaved(compacted(model.log()), seed)};
    ways.push_back(model.log());  // delivered twice, as after a restart of the publisher
    ways.back().insert(ways.back().end(), ways[1].begin(), ways[1].end());
    for (const auto& log : ways) {
      directory::Directory directory;
      for (const auto& record : log) record.apply_to(directory);
      model.check(directory);
    }
  }
}
