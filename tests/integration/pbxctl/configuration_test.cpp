#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "rpc/signing_key.hpp"
#include "session.hpp"

using namespace pbx;
using pbxctl::Session;
namespace fs = std::filesystem;

namespace {

/// A folder that goes with its test.
class Folder {
 public:
  Folder() {
    std::string name = fs::temp_directory_path() / "pbxctl-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path write(const fs::path& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream{path_ / name} << text;
    return path_ / name;
  }

 private:
  fs::path path_;
};

std::string configuration(const Session& session) {
  return R"({"provisioning": ")" + session.address() + R"(", "identity_file": "operator"})";
}

/// The token of the last request.
rpc::Token sent(Session& session) {
  rpc::Token token;
  session.with([&](fakes::ManagedCluster& cluster) { token = cluster.token; });
  return token;
}

std::uint64_t id_of(const rpc::SigningKey& key) { return key.public_key().id(); }

}  // namespace

TEST_CASE("The configuration is found where it is promised", "[pbxctl]") {
  Session session;
  const Folder folder;
  const auto key = rpc::SigningKey::make();
  const auto text = key.text().reveal() + "\n";
  folder.write("operator", text);
  SECTION("by flag") {
    const auto file = folder.write("any.json", configuration(session));
    CHECK(session.run_alone({"user", "list", "--config", file}).code == 0);
  }
  SECTION("by variable") {
    session.variables["PBXCTL_CONFIG"] = folder.write("any.json", configuration(session));
    CHECK(session.run_alone({"user", "list"}).code == 0);
  }
  SECTION("in var of a folder above") {
    folder.write("var/pbxctl.json", configuration(session));
    folder.write("var/operator", text);
    folder.write("a/b/c", "");
    session.folder = folder.path() / "a" / "b";
    CHECK(session.run_alone({"user", "list"}).code == 0);
  }
  SECTION("in the home folder") {
    folder.write(".config/pbxctl/config.json", configuration(session));
    folder.write(".config/pbxctl/operator", text);
    session.variables["HOME"] = folder.path();
    CHECK(session.run_alone({"user", "list"}).code == 0);
  }
  SECTION("in the home folder's other place") {
    folder.write("xdg/pbxctl/config.json", configuration(session));
    folder.write("xdg/pbxctl/operator", text);
    session.variables["XDG_CONFIG_HOME"] = folder.path() / "xdg";
    CHECK(session.run_alone({"user", "list"}).code == 0);
  }
  const auto token = sent(session);
  CHECK(token.key_id == id_of(key));
  CHECK(token.caller == "operator");
  CHECK(token.audience == "provisioning");
  CHECK(token.actor == "ada");
  CHECK(token.scope.empty());
}

TEST_CASE("A configuration found upwards must be our own", "[pbxctl]") {
  if (geteuid() != 0) return;  // only root can give files away
  Session session;
  const Folder folder;
  const auto file = folder.write("var/pbxctl.json", configuration(session));
  session.folder = folder.path();
  REQUIRE(chown(file.c_str(), 65534, 65534) == 0);
  CHECK_THAT(session.run_alone({"user", "list"}).err,
             Catch::Contains("the address of the provisioning service is not known"));
}

TEST_CASE("A key from a flag wins over the variable, that over the file", "[pbxctl]") {
  Session session;
  const Folder folder;
  folder.write("operator", rpc::SigningKey::make().text().reveal());
  session.variables["PBXCTL_CONFIG"] = folder.write("any.json", configuration(session));
  const auto variable = rpc::SigningKey::make();
  session.variables["PBX_IDENTITY_KEY"] = variable.text().reveal();
  session.with([&](fakes::ManagedCluster& cluster) { cluster.key_id = id_of(variable); });
  CHECK(session.run_alone({"user", "list"}).code == 0);

  const auto flag = rpc::SigningKey::make();
  const auto other = folder.write("other", flag.text().reveal() + "\n");
  const auto refused = session.run_alone({"user", "list", "--identity-file", other});
  CHECK(sent(session).key_id == id_of(flag));
  CHECK(refused.code == 1);
  CHECK(refused.err ==
        "pbxctl: cannot list users: the provisioning service does not accept the identity; check "
        "PBX_IDENTITY_KEY or the identity_file of the configuration, and this machine's clock.\n");

  const auto garbage = folder.write("garbage", "from-flag\n");
  CHECK_THAT(session.run_alone({"user", "list", "--identity-file", garbage}).err,
             Catch::Contains("the operator's key cannot be read"));
}

TEST_CASE("A broken configuration is named, and only needed where services are", "[pbxctl]") {
  Session session;
  const Folder folder;
  const auto file = folder.write("any.json", R"({"sbc": "a:1"})");
  session.variables["PBXCTL_CONFIG"] = file;
  const auto refused = session.run_alone({"user", "list"});
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Catch::StartsWith("pbxctl: the configuration " + file.string() +
                                            " is wrong: 'sbc' is not a setting;"));
  CHECK(session.run_alone({"version"}).code == 0);
  CHECK(session.run_alone({"user", "list", "--help"}).code == 0);

  folder.write("any.json", R"({"identity_file": "gone"})");
  CHECK_THAT(session.run_alone({"user", "list"}).err,
             Catch::Contains("cannot read the identity file " + (folder.path() / "gone").string()));
}

TEST_CASE("A scope is given by name and signed as the numbers that services know", "[pbxctl]") {
  Session session;
  session.variables["PBX_IDENTITY_KEY"] = rpc::SigningKey::make().text().reveal();
  CHECK(session.run({"user", "list", "--scope", "hq.north", "--json"}).code == 0);
  CHECK(sent(session).scope == "1.102.103");
  CHECK(session.run({"user", "list", "--scope", "1.102", "--json"}).code == 0);
  CHECK(sent(session).scope == "1.102");
  CHECK(session.requests() == std::vector<std::string>{"ListUsers"});
  CHECK(session.run({"user", "list", "--scope", "nobody"}).code == 1);
}
