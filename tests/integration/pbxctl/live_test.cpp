#include <algorithm>
#include <catch2/catch.hpp>

#include "rpc/signing_key.hpp"
#include "session.hpp"

using namespace pbx;
using pbxctl::Session;

namespace {

state::v1::Binding phone(const std::string& contact, std::int64_t expires_in_s, unsigned q_milli) {
  state::v1::Binding binding;
  binding.set_contact(contact);
  binding.set_expires_at_ms(Session::kNow + expires_in_s * 1000);
  binding.set_registered_at_ms(Session::kNow - 5000);
  binding.set_q_milli(q_milli);
  binding.set_source("127.0.0.1:5062;udp");
  binding.set_user_agent("baresip v1.0.0");
  binding.add_path("sip:127.0.0.11:5060;lr");
  binding.set_call_id("call-1");
  return binding;
}

void register_phones(fakes::ManagedCluster& cluster) {
  auto& hq = cluster.bindings.emplace_back();
  hq.set_tenant_id(Session::kHq);
  hq.set_aor("1001@hq.north.pbx.test");
  *hq.add_bindings() = phone("sip:1001@127.0.0.1:5062", 65, 1000);
  *hq.add_bindings() = phone("sip:1001@127.0.0.1:5064", 3600, 250);
  auto& lab = cluster.bindings.emplace_back();
  lab.set_tenant_id(Session::kLab);
  lab.set_aor("1001@lab.north.pbx.test");
  *lab.add_bindings() = phone("sip:1001@127.0.0.1:5066", 59, 0);
}

void start_call(fakes::ManagedCluster& cluster) {
  auto& call = cluster.calls.emplace_back();
  call.set_call_id("c-7");
  call.set_sip_call_id("abc@phone");
  call.set_tenant_id(Session::kHq);
  call.set_state(state::v1::DIALOG_STATE_ANSWERED);
  call.set_owner("proxy-1");
  call.set_started_at_ms(Session::kNow - 70'000);
  call.set_answered_at_ms(Session::kNow - 65'000);
  auto& caller = *call.add_legs();
  caller.set_aor("1001@hq.north.pbx.test");
  caller.set_contact("sip:1001@127.0.0.1:5062");
  call.set_dialled("1002");
  call.set_callee_aor("1002@hq.north.pbx.test");
  call.set_route_reason("1002 is a user of the caller's tenant");
}

}  // namespace

TEST_CASE("Registered phones of all tenants, or of one", "[pbxctl]") {
  Session session;
  session.with(register_phones);
  const std::string titles =
      "USER                     CONTACT                  EXPIRES IN  Q     SOURCE              "
      "USER "
      "AGENT\n";
  CHECK(session.run({"binding", "list"}).out ==
        titles +
            "1001@hq.north.pbx.test   sip:1001@127.0.0.1:5062       1m05s  1.0   "
            "127.0.0.1:5062;udp  baresip v1.0.0\n"
            "1001@hq.north.pbx.test   sip:1001@127.0.0.1:5064    1h00m00s  0.25  "
            "127.0.0.1:5062;udp  baresip v1.0.0\n"
            "1001@lab.north.pbx.test  sip:1001@127.0.0.1:5066         59s  0.0   "
            "127.0.0.1:5062;udp  baresip v1.0.0\n");
  const auto lab = session.run({"binding", "list", "--tenant", "lab.north", "--json"});
  CHECK_THAT(lab.out, Catch::StartsWith("[\n{\"tenant_id\":\"104\",\"aor\":\"1001@lab.north") &&
                          Catch::Contains("\"q_milli\":0") && !Catch::Contains("1001@hq"));
  const auto one = session.run({"binding", "list", "--limit", "1"});
  CHECK_THAT(one.out, !Catch::Contains("lab.north"));
  CHECK(one.err == "There are more; raise --limit.\n");
}

TEST_CASE("The phones of one user in detail", "[pbxctl]") {
  Session session;
  session.with(register_phones);
  const auto answer = session.run({"binding", "show", "1001@lab.north.pbx.test"});
  CHECK(answer.out ==
        "Contact     sip:1001@127.0.0.1:5066\n"
        "Expires     2026-01-01 00:00:59 (in 59s)\n"
        "Registered  2025-12-31 23:59:55\n"
        "Q           0.0\n"
        "Path        sip:127.0.0.11:5060;lr\n"
        "Source      127.0.0.1:5062;udp\n"
        "User agent  baresip v1.0.0\n"
        "Call-ID     call-1\n");
  const auto nobody = session.run({"binding", "show", "1002@hq.north.pbx.test"});
  CHECK(nobody.code == 0);
  CHECK(nobody.err == "No phone is registered as 1002@hq.north.pbx.test.\n");
  CHECK_THAT(session.run({"binding", "show", "1002@hq.north.pbx.test", "--json"}).out,
             Catch::Contains("\"bindings\": []"));
  CHECK(session.run({"binding", "show", "1001@nowhere.test"}).code == 1);
}

TEST_CASE("Bindings are removed together or one by one", "[pbxctl]") {
  Session session;
  session.with(register_phones);
  CHECK(session
            .run({"binding", "remove", "1001@hq.north.pbx.test", "--contact",
                  "sip:1001@127.0.0.1:5064"})
            .out == "Removed 1 binding of 1001@hq.north.pbx.test.\n");
  const auto again = session.run(
      {"binding", "remove", "1001@hq.north.pbx.test", "--contact", "sip:1001@127.0.0.1:5064"});
  CHECK(again.code == 1);
  CHECK_THAT(again.err, Catch::Contains("it has no contact sip:1001@127.0.0.1:5064"));
  CHECK(session.run({"binding", "remove", "1001@hq.north.pbx.test", "--json"}).out ==
        "{\n \"removed\": 1\n}\n");
  CHECK_THAT(session.run({"binding", "remove", "1001@hq.north.pbx.test"}).err,
             Catch::Contains("no phone is registered"));
  CHECK_THAT(session.run({"binding", "list"}).out, Catch::Contains("1001@lab.north.pbx.test"));
}

TEST_CASE("Removing several phones at once is confirmed", "[pbxctl]") {
  Session session;
  session.with(register_phones);
  session.asks = true;
  const auto refused = session.run({"binding", "remove", "1001@hq.north.pbx.test"}, "\n");
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Catch::StartsWith("Remove all 2 bindings of 1001@hq.north.pbx.test?"));
  CHECK(session.run({"binding", "remove", "1001@hq.north.pbx.test"}, "yes\n").out ==
        "Removed 2 bindings of 1001@hq.north.pbx.test.\n");
}

TEST_CASE("Calls that go on are listed, shown and hung up", "[pbxctl]") {
  Session session;
  session.with(start_call);
  CHECK(
      session.run({"call", "list", "--tenant", "hq.north"}).out ==
      "CALL  FROM                    TO                      STATE       FOR  STARTED              "
      "NODE\n"
      "c-7   1001@hq.north.pbx.test  1002@hq.north.pbx.test  answered  1m05s  2025-12-31 23:58:50  "
      "proxy-1\n");
  CHECK(session.run({"call", "list", "--tenant", "lab.north", "--json"}).out == "[]\n");
  CHECK_THAT(session.run({"call", "show", "c-7"}).out,
             Catch::Contains("Route           1002 is a user of the caller's tenant\n") &&
                 Catch::Contains("Answered        2025-12-31 23:58:55\n") &&
                 Catch::Contains("Tenant          hq.north\n"));
  CHECK_THAT(session.run({"call", "show", "c-7", "--json"}).out,
             Catch::Contains("\"state\": \"DIALOG_STATE_ANSWERED\""));

  CHECK(session.run({"call", "hangup", "c-7", "--reason", "fraud desk"}).out ==
        "Hung up call c-7.\n");
  session.with(
      [](fakes::ManagedCluster& cluster) { CHECK(cluster.hang_ups.at("c-7") == "fraud desk"); });
  CHECK(session.run({"call", "remove", "c-7"}).err ==
        "pbxctl: cannot hang up call c-7: no such call; see \"pbxctl call list\".\n");
  CHECK(
      session.run({"call", "show", "c-7"}).err ==
      "pbxctl: there is no call c-7 now; see \"pbxctl call list\", and \"pbxctl cdr show c-7\" if "
      "it has ended.\n");
}

TEST_CASE("A scope keeps other tenants' calls and phones out of reach", "[pbxctl]") {
  Session session;
  session.with(start_call);
  session.with(register_phones);
  // Provisioning shows what the scope covers that the operator's key has signed.
  session.variables["PBX_IDENTITY_KEY"] = rpc::SigningKey::make().text().reveal();
  session.with([](fakes::ManagedCluster& cluster) { cluster.obeys_scope = true; });
  const auto lab = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--scope", "1.102.104"});
    return session.run(words);
  };
  CHECK(lab({"call", "list", "--json"}).out == "[]\n");
  CHECK(session.run({"call", "list", "--scope", "lab.north", "--json"}).out == "[]\n");
  CHECK(session.run({"call", "hangup", "c-7", "--scope", "lab.north"}).code == 1);
  CHECK(lab({"call", "show", "c-7"}).code == 1);
  CHECK(lab({"call", "hangup", "c-7"}).code == 1);
  CHECK(lab({"call", "list", "--tenant", "hq.north"}).code == 1);
  CHECK_THAT(lab({"binding", "list"}).out, !Catch::Contains("1001@hq.north"));
  CHECK(lab({"binding", "remove", "1001@hq.north.pbx.test"}).code == 1);
  session.with([](fakes::ManagedCluster& cluster) {
    CHECK(cluster.hang_ups.empty());
    CHECK(cluster.bindings.size() == 2);
  });

  const auto north = session.run({"call", "list", "--scope", "1.102", "--json"});
  CHECK_THAT(north.out, Catch::Contains("c-7"));
  CHECK(session.run({"call", "hangup", "c-7", "--scope", "1.102.103"}).code == 0);
}

TEST_CASE("Nodes are listed with load and age", "[pbxctl]") {
  Session session;
  session.with([](fakes::ManagedCluster& cluster) {
    for (const char* service : {"registrar", "proxy"}) {
      auto& node = cluster.nodes.emplace_back();
      node.set_service(service);
      node.set_node("one");
      node.set_grpc("127.0.0.31:55001");
      node.set_load(0.254);
      node.set_version("0.1.0");
      node.set_started_at_ms(Session::kNow - 90'000'000);
    }
    cluster.nodes[1].add_sip("udp:127.0.0.11:5060");
    cluster.nodes[1].set_draining(true);
  });
  CHECK(
      session.run({"node", "list"}).out ==
      "SERVICE    NODE  STATE     LOAD        UP  SIP                  GRPC              VERSION\n"
      "proxy      one   draining   25%  1d01h00m  udp:127.0.0.11:5060  127.0.0.31:55001  0.1.0\n"
      "registrar  one   live       25%  1d01h00m  -                    127.0.0.31:55001  0.1.0\n");
  CHECK_THAT(session.run({"node", "show", "proxy/one"}).out,
             Catch::StartsWith("Node     proxy/one\nState    draining\n"));
  CHECK(session.run({"node", "show", "one"}).err ==
        "pbxctl: several services have a node one; say which, as in proxy/one.\n");
  CHECK(session.run({"node", "show", "proxy/two"}).code == 1);
  CHECK_THAT(session.run({"node", "list", "--service", "proxy", "--json"}).out,
             Catch::Contains("\"draining\":true") && !Catch::Contains("registrar"));
}

TEST_CASE("A list of calls is short unless all are wanted, and says that there are more",
          "[pbxctl]") {
  Session session;
  session.with([](fakes::ManagedCluster& cluster) {
    for (int i = 0; i < 130; ++i) {
      start_call(cluster);
      cluster.calls.back().set_call_id("c-" + std::to_string(i));
    }
  });
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n') - 1;  // the titles
  };
  const auto usual = session.run({"call", "list"});
  CHECK(lines(usual.out) == 100);
  CHECK(usual.err == "There are more; raise --limit, or --limit 0 for all.\n");
  const auto all = session.run({"call", "list", "--limit", "0"});
  CHECK(lines(all.out) == 130);
  CHECK(all.err.empty());
  const auto most = session.run({"call", "list", "--limit", "130"});
  CHECK(lines(most.out) == 130);
  CHECK(most.err.empty());
  CHECK(lines(session.run({"call", "list", "--limit", "7"}).out) == 7);
}
