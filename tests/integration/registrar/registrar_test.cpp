// pbx-registrar as a process, with a real Redis and a mock Kafka cluster.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "pbx/config/v1/common.pb.h"
#include "pbx/registrar/v1/registrar.grpc.pb.h"
#include "rpc/channel.hpp"
#include "site.hpp"
#include "support/access_matrix.hpp"
#include "support/test_identities.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace std::chrono_literals;

namespace {

using Strings = std::vector<std::string>;
using Change = events::v1::RegistrationChange;

std::string header(const Site::Reply& reply, const std::string& name) {
  for (const auto& line : reply.headers()) {
    if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
  }
  return {};
}

/// The reasons of the events so far, without tombstones.
std::vector<Change> changes(Site& site) {
  std::vector<Change> all;
  for (const auto& state : site.events()) {
    if (!state.aor().empty()) all.push_back(state.change());
  }
  return all;
}

}  // namespace

TEST_CASE("A phone registers, refreshes, moves and leaves", "[registrar]") {
  Site site;
  const std::string phone = ";+sip.instance=\"<urn:uuid:1>\"";
  const auto first = site.send({.contacts = {"<sip:1001@192.0.2.7>" + phone}});
  REQUIRE(first.code() == 200);
  CHECK(header(first, "Contact") == "<sip:1001@192.0.2.7>;expires=600" + phone);
  CHECK_FALSE(header(first, "Date").empty());

  CHECK(site.send({.contacts = {"<sip:1001@192.0.2.7>" + phone}, .cseq = 2}).code() == 200);
  CHECK(site.send({.contacts = {"<sip:1001@192.0.2.8>" + phone}, .cseq = 3}).code() == 200);
  CHECK(site.contacts() == Strings{"sip:1001@192.0.2.8"});
  CHECK(
      site.send(
              {.contacts = {"<sip:1001@192.0.2.8>" + phone}, .headers = {"Expires: 0"}, .cseq = 4})
          .code() == 200);
  CHECK(site.contacts().empty());

  // Added, moved, removed, and a tombstone for the compaction; nothing for the refresh.
  site.wait_for([&] { return site.events().size() == 4; });
  CHECK(changes(site) == std::vector<Change>{events::v1::REGISTRATION_CHANGE_ADDED,
                                             events::v1::REGISTRATION_CHANGE_MOVED,
                                             events::v1::REGISTRATION_CHANGE_REMOVED});
  CHECK(site.events().back().aor().empty());
}

TEST_CASE("A star removes all of an AoR and nothing of another", "[registrar]") {
  Site site;
  REQUIRE(site.send({.contacts = {"<sip:a@192.0.2.7>", "<sip:b@192.0.2.7>"}}).code() == 200);
  REQUIRE(site.send({.user = 1002, .contacts = {"<sip:c@192.0.2.7>"}}).code() == 200);
  CHECK(site.send({.contacts = {"*"}, .headers = {"Expires: 0"}, .cseq = 2}).code() == 200);
  CHECK(site.contacts().empty());
  CHECK(site.contacts(1002) == Strings{"sip:c@192.0.2.7"});
}

TEST_CASE("Refusals carry the code, what the phone needs, and a metric", "[registrar]") {
  Site site;
  auto& registrar = *site.registrars[0];
  const auto brief = site.send({.headers = {"Expires: 5"}});
  CHECK(brief.code() == 423);
  CHECK(header(brief, "Min-Expires") == "60");

  const auto stale = site.send({.nonce = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"});
  CHECK(stale.code() == 401);
  CHECK(header(stale, "WWW-Authenticate").find("stale=true") != std::string::npos);

  const auto wrong = site.send({.password = "guess"});
  const auto unknown = site.send({.user = 4711, .password = "guess"});
  CHECK(wrong.code() == 401);
  CHECK(unknown.code() == 401);
  CHECK(unknown.headers_size() == wrong.headers_size());
  CHECK(registrar.metric(R"(pbx_registrar_refused_total{reason="too_brief"})") == 1);
  CHECK(registrar.metric(R"(pbx_registrar_refused_total{reason="stale_nonce"})") == 1);
  CHECK(registrar.metric(R"(pbx_registrar_refused_total{reason="bad_password"})") == 1);
  CHECK(registrar.metric(R"(pbx_registrar_refused_total{reason="unknown_user"})") == 1);
}

TEST_CASE("A killed Redis is told to phones and healed by itself", "[registrar]") {
  Site site;
  REQUIRE(site.send({}).code() == 200);
  site.redis.kill();
  site.wait_for([&] { return !site.registrars[0]->ready(); });
  const auto away = site.send({.cseq = 2});
  CHECK(away.code() == 503);
  CHECK_FALSE(header(away, "Retry-After").empty());

  site.redis.start();
  site.wait_for([&] { return site.registrars[0]->ready(); });
  CHECK(site.send({.cseq = 3}).code() == 200);
  CHECK(site.contacts() == Strings{"sip:1001@192.0.2.7:5060"});
}

TEST_CASE("A Redis that comes back empty is filled from the log, once", "[registrar]") {
  Site site{2};
  const auto total = [&](const std::string& metric) {
    return site.registrars[0]->metric(metric) + site.registrars[1]->metric(metric);
  };
  REQUIRE(site.send({}).code() == 200);
  REQUIRE(site.send({.contacts = {"<sip:b@192.0.2.8>"}, .call_id = "second"}).code() == 200);
  REQUIRE(site.send({.user = 1002, .contacts = {"<sip:gone@192.0.2.9>"}}).code() == 200);
  REQUIRE(
      site.send({.user = 1002, .contacts = {"*"}, .headers = {"Expires: 0"}, .cseq = 2}).code() ==
      200);
  site.wait_for([&] { return site.events().size() == 5; });
  site.wait_for([&] { return total("pbx_registrar_restorations_total") == 1; });

  site.redis.kill();
  site.redis.start();
  site.wait_for([&] { return total("pbx_registrar_restorations_total") == 2; });
  CHECK(site.contacts() == Strings{"sip:b@192.0.2.8", "sip:1001@192.0.2.7:5060"});
  CHECK(site.contacts(1002).empty());
  CHECK(total("pbx_registrar_bindings_restored_total") == 2);
  const auto said = site.registrars[0]->log() + site.registrars[1]->log();
  CHECK(said.find("bindings restored from the log") != std::string::npos);
}

TEST_CASE("Phones register while Kafka is away, and its events come later in order",
          "[registrar]") {
  Site site;
  REQUIRE(site.send({}).code() == 200);
  site.wait_for([&] { return site.events().size() == 1; });
  site.kafka.down();
  CHECK(site.send({.contacts = {"<sip:b@192.0.2.8>"}, .call_id = "second"}).code() == 200);
  CHECK(site.send({.contacts = {"*"}, .headers = {"Expires: 0"}, .call_id = "third"}).code() ==
        200);
  CHECK(site.events().size() == 1);
  site.kafka.up();
  site.wait_for([&] { return site.events().size() >= 4; });
  CHECK(changes(site).back() == events::v1::REGISTRATION_CHANGE_REMOVED);
}

TEST_CASE("Directory changes reach the bindings", "[registrar]") {
  Site site{2};
  REQUIRE(site.send({}).code() == 200);
  REQUIRE(site.send({.user = 1002, .contacts = {"<sip:c@192.0.2.7>"}}).code() == 200);
  const auto gone = [&](std::uint64_t user, const std::string& password) {
    const auto reply =
        site.send({.user = user, .password = password, .contacts = {}, .call_id = "list"});
    return reply.code() == 200 && header(reply, "Contact").empty();
  };

  site.set_user(1001, "another");
  site.wait_for([&] { return gone(1001, "another"); });
  CHECK(site.send({.cseq = 2}).code() == 401);
  CHECK(site.send({.password = "another", .cseq = 2}).code() == 200);

  site.set_user(1002, "");
  site.wait_for(
      [&] { return site.send({.user = 1002, .contacts = {}, .call_id = "list"}).code() == 401; });
  // Both registrars saw it, one told it.
  const auto revoked = [&](const std::string& aor) {
    const auto all = site.events();
    return std::count_if(all.begin(), all.end(), [&](const auto& state) {
      return state.aor() == aor && state.change() == events::v1::REGISTRATION_CHANGE_REVOKED;
    });
  };
  site.wait_for([&] { return revoked("1002@hq.north.pbx.test") == 1; });
  CHECK(revoked("1001@hq.north.pbx.test") == 1);
}

TEST_CASE("The death of a registrar loses no REGISTER", "[registrar]") {
  Site site{2};
  REQUIRE(site.send({}).code() == 200);
  const auto served = [&](int i) {
    return site.registrars[static_cast<std::size_t>(i)]->metric(
               R"(pbx_registrar_accepted_total{as="stored"})") > 0;
  };
  const int home = served(0) ? 0 : 1;
  auto& victim = site.registrars[static_cast<std::size_t>(home)]->process();
  victim.signal(SIGSTOP);  // it takes what it is sent and answers nothing
  for (std::uint32_t i = 0; i < 100; ++i) {
    site.submit({.contacts = {"<sip:1001@192.0.2." + std::to_string(i % 5) + ">"},
                 .call_id = "burst-" + std::to_string(i)});
    site.loop.poll();
  }
  victim.kill();
  site.wait_for([&] { return site.answers.size() == 100; });
  CHECK(std::all_of(site.answers.begin(), site.answers.end(),
                    [](const auto& reply) { return reply && reply->code() == 200; }));
  CHECK(site.contacts().size() == 6);
}

TEST_CASE("A drained registrar hands its streams over and ends well", "[registrar]") {
  Site site{2};
  for (auto& registrar : site.registrars) {
    registrar->process().signal(SIGTERM);
    CHECK(registrar->process().wait() == 0);
    if (registrar == site.registrars.front()) CHECK(site.send({}).code() == 200);
  }
}

TEST_CASE("A bad configuration ends with 2 and names its faults, a failed start with 1",
          "[registrar]") {
  TempDir folder;
  const auto run = [&](const std::string& config, std::vector<std::string> arguments = {}) {
    std::ofstream{folder.path() / "config.json"} << config;
    arguments.insert(arguments.begin(),
                     {std::string{std::getenv("PBX_BINARY_DIR")} + "/bin/pbx-registrar", "--config",
                      (folder.path() / "config.json").string()});
    return ChildProcess{arguments, folder.path() / "log"}.wait();
  };
  const auto log = [&] {
    std::ostringstream text;
    text << std::ifstream{folder.path() / "log"}.rdbuf();
    return text.str();
  };
  CHECK(run(R"({"redis": {"uri": "nonsense"}, "minExpires": "700s"})") == 2);
  for (const char* fault : {"grpc.listen", "stream.listen", "redis.uri", "kafka.brokers",
                            "spool_dir", "default_expires"}) {
    CAPTURE(fault, log());
    CHECK(log().find(fault) != std::string::npos);
  }
  std::ostringstream sample;
  sample << std::ifstream{std::string{std::getenv("PBX_SOURCE_DIR")} +
                          "/services/registrar/config.json"}
                .rdbuf();
  CHECK(run(sample.str(), {"--check-config"}) == 0);

  Site site;
  const auto& first = *site.registrars[0];
  const auto listening = [&](const std::string& grpc, const std::string& stream) {
    return R"({"process": {"node": "x"}, "grpc": {"listen": ")" + grpc +
           R"("}, "stream": {"listen": ")" + stream + R"("}, "redis": {"uri": ")" +
           site.redis.uri() + R"("}, "kafka": {"brokers": ")" + site.kafka.brokers() +
           R"("}, "spool_dir": ")" + folder.path().string() + R"("})";
  };
  CHECK(run(listening(first.grpc(), "127.0.0.1:0")) == 1);
  CHECK(run(listening("127.0.0.1:0", first.stream())) == 1);
}

TEST_CASE("The registrar's metrics are those that are listed", "[registrar]") {
  Site site;
  REQUIRE(site.send({}).code() == 200);
  std::set<std::string> found;
  std::istringstream text{site.registrars[0]->get("/metrics")};
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# TYPE pbx_registrar_") || line.starts_with("# TYPE pbx_rpc_")) {
      found.insert(line.substr(7, line.find_last_not_of('\r') - 6));
    }
  }
  std::set<std::string> listed;
  std::ifstream golden{std::string{std::getenv("PBX_SOURCE_DIR")} +
                       "/tests/integration/registrar/metrics.golden"};
  for (std::string line; std::getline(golden, line);) listed.insert(line);
  CHECK(found == listed);
}

TEST_CASE("A registrar shows how many travel together at every hop", "[registrar]") {
  Site site;
  REQUIRE(site.send({}).code() == 200);
  const auto shown = site.registrars[0]->get("/metrics");
  for (const std::string name :
       {"pbx_runtime_loop_turn_handlers", "pbx_rpc_batch_server_batch_items",
        "pbx_rpc_batch_server_reply_batch_items", "pbx_redis_batch_commands",
        "pbx_kafka_delivery_batch_messages"}) {
    CAPTURE(name);
    CHECK(shown.find("# TYPE " + name + " histogram") != std::string::npos);
  }
}

namespace {

/// An operator's calls to the first registrar.
struct Desk {
  explicit Desk(const Site& site) : address{site.registrars[0]->grpc()} {}

  grpc::Status list(registrar::v1::ListBindingsResponse& response, const std::string& scope = {}) {
    grpc::ClientContext context;
    rpc::prepare(context, 10s, as_operator, {"ada", scope, {}});
    registrar::v1::ListBindingsRequest request;
    request.set_tenant_id(9);
    return stub().ListBindings(&context, request, &response);
  }
  grpc::Status remove(const std::string& contact, std::uint32_t& removed,
                      const std::string& scope = {}) {
    grpc::ClientContext context;
    rpc::prepare(context, 10s, as_operator, {"ada", scope, {}});
    registrar::v1::RemoveBindingsRequest request;
    request.set_tenant_id(9);
    request.set_aor("1001@hq.north.pbx.test");
    request.set_contact(contact);
    registrar::v1::RemoveBindingsResponse response;
    const auto status = stub().RemoveBindings(&context, request, &response);
    removed = response.removed();
    return status;
  }

  registrar::v1::Registrar::Stub& stub() {
    config::v1::GrpcClient config;
    config.add_targets(address);
    if (!stub_) stub_ = registrar::v1::Registrar::NewStub(rpc::connect(config));
    return *stub_;
  }

  std::string address;
  rpc::Credentials as_operator = identities().credentials("operator", "registrar");

 private:
  std::unique_ptr<registrar::v1::Registrar::Stub> stub_;
};

}  // namespace

TEST_CASE("Operators list and remove bindings", "[registrar]") {
  Site site;
  REQUIRE(site.send({.contacts = {"<sip:a@192.0.2.7>", "<sip:b@192.0.2.7>"}}).code() == 200);
  Desk desk{site};
  registrar::v1::ListBindingsResponse before;
  REQUIRE(desk.list(before).ok());
  REQUIRE(before.aors_size() == 1);
  CHECK(before.aors(0).aor() == "1001@hq.north.pbx.test");
  CHECK(before.aors(0).bindings_size() == 2);

  std::uint32_t removed = 0;
  REQUIRE(desk.remove("sip:a@192.0.2.7", removed).ok());
  CHECK(removed == 1);
  CHECK(site.contacts() == Strings{"sip:b@192.0.2.7"});
}

TEST_CASE("Bindings of a tenant outside the caller's scope do not exist for it", "[registrar]") {
  Site site;  // the tenant 9 lies at 1.9
  REQUIRE(site.send({}).code() == 200);
  Desk desk{site};
  registrar::v1::ListBindingsResponse response;
  std::uint32_t removed = 0;
  for (const std::string scope : {"1.8", "1.90", "9", "1.9.1"}) {
    CAPTURE(scope);
    const auto status = desk.list(response, scope);
    CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
    CHECK(status.error_message() == "There is no such tenant.");
    CHECK(response.aors_size() == 0);
    CHECK(desk.remove("", removed, scope).error_code() == grpc::StatusCode::NOT_FOUND);
  }
  CHECK(desk.list(response, "all").error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(site.contacts().size() == 1);
  for (const std::string scope : {"1", "1.9"}) {
    CAPTURE(scope);
    REQUIRE(desk.list(response, scope).ok());
    CHECK(response.aors_size() == 1);
  }
  REQUIRE(desk.remove("", removed, "1.9").ok());
  CHECK(removed == 1);
}

TEST_CASE("A registrar lets in whom the table names, by good tokens alone", "[registrar]") {
  Site site;
  AccessMatrix unary{site.registrars[0]->grpc(), "registrar"};
  unary.unary(
      *registrar::v1::RegisterRequest::descriptor()->file()->FindServiceByName("Registrar"));
  CHECK(unary.tried > 100);
  CHECK(unary.faults == Strings{});
  AccessMatrix stream{site.registrars[0]->stream(), "registrar"};
  stream.stream("RegisterStream");
  CHECK(stream.tried > 50);
  CHECK(stream.faults == Strings{});
}
