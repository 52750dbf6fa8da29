#include <catch2/catch.hpp>

#include "session.hpp"

using namespace pbx;
using pbxctl::Session;

namespace {

/// Calls of the last hours, newest first: one every ten minutes.
void fill_cdrs(fakes::ManagedCluster& cluster, int count) {
  for (int i = 0; i < count; ++i) {
    auto& cdr = cluster.cdrs.emplace_back();
    cdr.set_call_id("c-" + std::to_string(i));
    cdr.set_tenant_id(i % 2 == 0 ? Session::kHq : Session::kLab);
    cdr.set_caller(i % 2 == 0 ? "1001@hq.north.pbx.test" : "1001@lab.north.pbx.test");
    cdr.set_dialled("1002");
    cdr.set_started_at_ms(Session::kNow - (i + 1) * 600'000);
    cdr.set_outcome(i % 2 == 0 ? "answered" : "busy");
    cdr.set_sip_code(i % 2 == 0 ? 200 : 486);
    if (i % 2 == 0) {
      cdr.set_callee("1002@hq.north.pbx.test");
      cdr.set_answered_at_ms(cdr.started_at_ms() + 3000);
      cdr.set_ended_at_ms(cdr.started_at_ms() + 68'000);
      cdr.set_duration_ms(65'000);
      cdr.set_hung_up_by("caller");
    }
  }
}

void fill_six(fakes::ManagedCluster& cluster) { fill_cdrs(cluster, 6); }

}  // namespace

TEST_CASE("CDRs are listed newest first", "[pbxctl]") {
  Session session;
  session.with(fill_six);
  CHECK(
      session.run({"cdr", "list", "--since", "20m"}).out ==
      "STARTED              FROM                     TO                      OUTCOME   DURATION  "
      "CODE  HUNG UP BY  CALL\n"
      "2025-12-31 23:50:00  1001@hq.north.pbx.test   1002@hq.north.pbx.test  answered     1m05s   "
      "200  caller      c-0\n"
      "2025-12-31 23:40:00  1001@lab.north.pbx.test  1002                    busy             -   "
      "486  -           c-1\n");
}

TEST_CASE("CDRs are picked by tenant, party and time", "[pbxctl]") {
  Session session;
  session.with(fill_six);
  const auto calls = [&](std::vector<std::string> filters) {
    filters.insert(filters.begin(), {"cdr", "list", "--json"});
    const auto out = session.run(filters).out;
    std::string ids;
    for (int i = 0; i < 6; ++i) {
      if (out.find("\"c-" + std::to_string(i) + "\"") != std::string::npos) {
        ids += std::to_string(i);
      }
    }
    return ids;
  };
  CHECK(calls({}) == "012345");
  CHECK(calls({"--tenant", "lab.north"}) == "135");
  CHECK(calls({"--party", "sip:1002@HQ.north.pbx.test"}) == "024");
  CHECK(calls({"--since", "30m"}) == "012");
  CHECK(calls({"--since", "2025-12-31 23:10", "--until", "2025-12-31T23:40:00Z"}) == "234");
  CHECK(session.run({"cdr", "list", "--since", "yesterday"}).code == 2);
  CHECK(session.run({"cdr", "list", "--party", "1002"}).code == 2);
}

TEST_CASE("CDR lists end at fifty unless told otherwise", "[pbxctl]") {
  Session session;
  session.with([](fakes::ManagedCluster& cluster) {
    fill_cdrs(cluster, 130);
    cluster.largest_page = 40;
  });
  const auto lines = [&](const std::vector<std::string>& words) {
    const auto out = session.run(words).out;
    return std::count(out.begin(), out.end(), '\n');
  };
  const auto usual = session.run({"cdr", "list"});
  CHECK(std::count(usual.out.begin(), usual.out.end(), '\n') == 51);
  CHECK(usual.err == "There are older ones; raise --limit or set --since.\n");
  CHECK(lines({"cdr", "list", "--limit", "0"}) == 131);
  CHECK(lines({"cdr", "list", "--limit", "0", "--json"}) == 132);
  CHECK(lines({"cdr", "list", "--limit", "7"}) == 8);
}

TEST_CASE("One CDR in detail", "[pbxctl]") {
  Session session;
  session.with(fill_six);
  const auto answer = session.run({"cdr", "show", "c-0"});
  CHECK(answer.out ==
        "Call        c-0\n"
        "Tenant      hq.north\n"
        "From        1001@hq.north.pbx.test\n"
        "Dialled     1002\n"
        "To          1002@hq.north.pbx.test\n"
        "Outcome     answered\n"
        "SIP code    200\n"
        "Hung up by  caller\n"
        "Started     2025-12-31 23:50:00\n"
        "Answered    2025-12-31 23:50:03\n"
        "Ended       2025-12-31 23:51:08\n"
        "Duration    1m05s\n");
  CHECK_THAT(session.run({"cdr", "show", "c-0", "--json"}).out,
             Catch::Contains("\"duration_ms\": \"65000\""));
  CHECK(session.run({"cdr", "show", "c-9"}).code == 1);
}

TEST_CASE("The history tells who changed what", "[pbxctl]") {
  Session session;
  session.with([](fakes::ManagedCluster& cluster) {
    const auto add = [&](std::uint64_t id, const std::string& action, const std::string& before,
                         const std::string& after) {
      auto& entry = cluster.history.emplace_back();
      entry.set_id(100 - cluster.history.size());
      entry.set_at_ms(Session::kNow);
      entry.set_actor("ada");
      entry.set_kind("user");
      entry.set_object_id(id);
      entry.set_action(action);
      entry.set_before(before);
      entry.set_after(after);
    };
    add(21, "delete", R"({"id": "21", "extension": "1011", "suspended": true})", "");
    add(21, "update", R"({"id": "21", "tenantId": "3", "displayName": "Ada", "maxBindings": 1})",
        R"({"id": "21", "tenantId": "3", "displayName": "Ada B", "suspended": true})");
    add(22, "create", "", R"({"extension": "1012", "credential": {"realm": "x"}})");
  });
  CHECK(session.run({"history", "list"}).out ==
        "WHEN                 WHO  WHAT            CHANGE\n"
        "2026-01-01 00:00:00  ada  delete user 21  extension: 1011, suspended: true\n"
        "2026-01-01 00:00:00  ada  update user 21  displayName: Ada \u2192 Ada B, maxBindings: 1 "
        "\u2192 , suspended: true\n"
        "2026-01-01 00:00:00  ada  create user 22  extension: 1012\n");
  CHECK_THAT(session.run({"history", "list", "--kind", "user", "--id", "21", "--json"}).out,
             Catch::Contains(R"("after":"{\"id\": \"21\")") && !Catch::Contains("1012"));
  CHECK(session.run({"history", "list", "--id", "21"}).code == 2);
  CHECK(session.run({"history", "list", "--kind", "call"}).code == 2);
}
