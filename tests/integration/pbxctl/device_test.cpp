#include <catch2/catch.hpp>

#include "session.hpp"

using namespace pbx;
using pbxctl::Session;

TEST_CASE("Devices are listed with whose they are", "[pbxctl]") {
  Session session;
  const std::string table =
      "DEVICE     USER                    KIND     MAC           ID\n"
      "reception  1001@hq.north.pbx.test  unistim  001b4faabbcc  31\n";
  CHECK(session.run({"device", "list"}).out == table);
  CHECK(session.run({"device", "list", "--tenant", "hq.north"}).out == table);
  CHECK(session.run({"device", "list", "--user", "1001@hq.north.pbx.test"}).out == table);
  CHECK(session.run({"device", "list", "--user", "1002@hq.north.pbx.test"}).err ==
        "There are no devices.\n");
}

TEST_CASE("A device goes by name and domain or by number", "[pbxctl]") {
  Session session;
  const std::string details =
      "Device             reception\n"
      "User               1001@hq.north.pbx.test\n"
      "Tenant             hq.north\n"
      "Kind               unistim\n"
      "MAC                001b4faabbcc\n"
      "Caller's identity  default\n"
      "Signs in as        dev-31\n"
      "Realm              hq.north.pbx.test\n"
      "Id                 31\n";
  CHECK(session.run({"device", "show", "reception@hq.north.pbx.test"}).out == details);
  CHECK(session.run({"device", "show", "31"}).out == details);
  CHECK(session.run({"device", "show", "id:31"}).out == details);

  CHECK(session.run({"device", "show", "reception@lab.north.pbx.test"}).err ==
        "pbxctl: there is no device reception@lab.north.pbx.test; see \"pbxctl device list\".\n");
  CHECK(session.run({"device", "show", "32"}).code == 1);
  CHECK(session.run({"device", "show", "reception@nowhere.test"}).err ==
        "pbxctl: there is no domain nowhere.test; see \"pbxctl domain list\".\n");
  CHECK(session.run({"device", "show", "reception"}).code == 2);
}

TEST_CASE("A device is added with a password of its own", "[pbxctl]") {
  Session session;
  const auto answer = session.run({"device", "add", "desk-7", "--user", "1002@hq.north.pbx.test",
                                   "--kind", "sccp", "--mac", "00:1B:4F-AA.bb:CD"});
  CHECK(answer.code == 0);
  session.with([&](fakes::ManagedCluster& cluster) {
    const auto& device = cluster.devices.back();
    CHECK(device.name() == "desk-7");
    CHECK(device.kind() == events::v1::DEVICE_KIND_SCCP);
    CHECK(device.mac() == "001b4faabbcd");
    CHECK(device.user_id() == 22);
    CHECK(answer.out == "Added device desk-7 to 1002@hq.north.pbx.test. It signs in as dev-" +
                            std::to_string(device.id()) + ". Its password, shown only this once: " +
                            cluster.passwords["desk-7"] + "\n");
  });
}

TEST_CASE("What is wrong with a device is said before or by the service", "[pbxctl]") {
  Session session;
  for (const char* mac : {"001b4f", "00:1b:4f:aa:bb:zz", "001b4faabbccdd"}) {
    const auto answer =
        session.run({"device", "add", "x", "--user", "1002@hq.north.pbx.test", "--mac", mac});
    CHECK(answer.code == 2);
    CHECK_THAT(answer.err, Catch::Contains("--mac wants a hardware address"));
  }
  CHECK(session.run({"device", "add", "x", "--user", "1002@hq.north.pbx.test", "--kind", "unistim"})
            .err ==
        "pbxctl: cannot add device x: mac: such phones are known by their MAC address; see "
        "\"pbxctl device add --help\".\n");
  CHECK(session.run({"device", "add", "x", "--user", "1009@hq.north.pbx.test"}).err ==
        "pbxctl: there is no user 1009@hq.north.pbx.test; see \"pbxctl user list\".\n");
}

TEST_CASE("A device is changed and removed", "[pbxctl]") {
  Session session;
  CHECK(session.run({"device", "set", "31", "--name", "desk-1", "--mac", ""}).out ==
        "Changed device 31.\n");
  CHECK(
      session.run({"device", "set", "desk-1@hq.north.pbx.test", "--password-stdin"}, "pass word\n")
          .out == "Changed device desk-1@hq.north.pbx.test.\n");
  session.with([](fakes::ManagedCluster& cluster) {
    CHECK(cluster.devices[0].mac().empty());
    CHECK(cluster.passwords["desk-1"] == "pass word");
  });
  CHECK(session.run({"device", "set", "31"}).code == 2);
  CHECK(session.run({"device", "remove", "desk-1@hq.north.pbx.test"}).out ==
        "Removed device desk-1@hq.north.pbx.test.\n");
  CHECK(session.run({"device", "remove", "31"}).code == 1);
}
