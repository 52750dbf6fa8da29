#include <grpcpp/channel.h>
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "integration/provisioning/fixture.hpp"
#include "pbx/config/v1/common.pb.h"
#include "pbx/provisioning/v1/provisioning.grpc.pb.h"
#include "rpc/channel.hpp"
#include "support/access_matrix.hpp"
#include "support/mock_kafka.hpp"
#include "support/service_process.hpp"
#include "support/test_identities.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace std::chrono_literals;
namespace v1 = pbx::provisioning::v1;

namespace {

/// The whole service as a process, with its two backends.
struct Site {
  TempBooks books;
  MockKafka kafka;
  std::uint16_t port = free_port();
  std::unique_ptr<ServiceProcess> service;
  std::unique_ptr<v1::Provisioning::Stub> stub;
  rpc::Credentials as_operator = identities().credentials("operator", "provisioning");

  Site() {
    kafka.make_topic("config", 1);
    start();
    REQUIRE(eventually([&] { return service->ready(); }, 60s));
    config::v1::GrpcClient client;
    client.add_targets("127.0.0.1:" + std::to_string(port));
    stub = v1::Provisioning::NewStub(rpc::connect(client));
  }

  std::string config() const {
    return R"("grpc": {"listen": "127.0.0.1:)" + std::to_string(port) + R"("}, "postgres": {)" +
           R"("host": "127.0.0.1", "port": )" + std::to_string(books.server().port()) +
           R"(, "database": ")" + books.name() + R"(", "user": "pbx_provisioning"}, )" +
           R"("kafka": {"brokers": ")" + kafka.brokers() + R"("})";
  }
  void start() {
    service = std::make_unique<ServiceProcess>(
        "pbx-provisioning", config(),
        std::map<std::string, std::string>{{"PBX_CALLER_KEYS", identities().caller_keys()},
                                           {"PBX_POSTGRES_PASSWORD", TempBooks::kPassword}});
  }

  template <class Request, class Response>
  grpc::Status call(grpc::Status (v1::Provisioning::Stub::*method)(grpc::ClientContext*,
                                                                   const Request&, Response*),
                    const Request& request, Response& response, const rpc::Caller& caller = {}) {
    grpc::ClientContext context;
    rpc::prepare(context, 20s, as_operator, caller);
    context.set_wait_for_ready(true);
    return (*stub.*method)(&context, request, &response);
  }
  grpc::Status create(const std::string& name, const rpc::Caller& caller = {}) {
    v1::CreateAccountRequest request;
    request.set_kind(events::v1::ACCOUNT_KIND_CLIENT);
    request.set_name(name);
    events::v1::Account account;
    return call(&v1::Provisioning::Stub::CreateAccount, request, account, caller);
  }
};

std::vector<std::string> golden() {
  std::ifstream file{std::string{std::getenv("PBX_SOURCE_DIR")} +
                     "/tests/integration/provisioning/metrics.golden"};
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) names.push_back(line);
  return names;
}

}  // namespace

TEST_CASE("The service answers over gRPC, tells refusals in words and drains on SIGTERM",
          "[provisioning][process]") {
  Site site;
  REQUIRE(site.create("hq", {"anna@north", ""}).ok());
  CHECK(site.books.sql("SELECT actor FROM history") == "anna@north");

  const auto twice = site.create("hq");
  CHECK(twice.error_code() == grpc::StatusCode::ALREADY_EXISTS);
  CHECK(twice.error_message() == "There is an account hq below platform already.");
  const auto invalid = site.create("not a name");
  CHECK(invalid.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(invalid.error_message().starts_with("name: "));
  CHECK(site.create("x", {"", "1.999"}).error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(site.create("x", {"", "1' OR '1"}).error_code() == grpc::StatusCode::INVALID_ARGUMENT);

  v1::DeleteAccountRequest removal;
  removal.set_id(2);
  v1::CreateDomainRequest domain;
  domain.set_tenant_id(2);
  domain.set_name("hq.test");
  events::v1::Domain made;
  REQUIRE(site.call(&v1::Provisioning::Stub::CreateDomain, domain, made).ok());
  v1::DeleteResponse nothing;
  CHECK(site.call(&v1::Provisioning::Stub::DeleteAccount, removal, nothing).error_code() ==
        grpc::StatusCode::FAILED_PRECONDITION);

  CHECK(site.service->metric(R"(pbx_provisioning_changes_total{action="create",kind="account"})") ==
        1);
  CHECK(site.service->metric(
            R"(pbx_provisioning_refusals_total{method="create_account",reason="exists"})") == 1);
  CHECK(eventually([&] { return site.books.sql("SELECT count(*) FROM outbox") == "0"; }));
  CHECK(site.service->metric("pbx_provisioning_publisher_active") == 1);
  CHECK(site.service->metric_names("pbx_provisioning_") == golden());

  site.service->process().signal(SIGTERM);
  CHECK(site.service->process().wait() == 0);
}

TEST_CASE("The service lets in whom the table names, by good tokens alone",
          "[provisioning][process]") {
  Site site;
  AccessMatrix matrix{"127.0.0.1:" + std::to_string(site.port), "provisioning"};
  matrix.unary(*v1::DeleteResponse::descriptor()->file()->FindServiceByName("Provisioning"));
  CHECK(matrix.tried > 1000);
  CHECK(matrix.faults == std::vector<std::string>{});
  CHECK(site.books.sql("SELECT count(*) FROM accounts") == "1");
}

TEST_CASE("Without its database the service says so, and heals by itself",
          "[provisioning][process]") {
  Site site;
  REQUIRE(site.create("hq").ok());
  site.books.server().stop();
  const auto status = site.create("lab");
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(status.error_message() ==
        "The management database cannot be reached at the moment; try again later.");
  CHECK(eventually(
      [&] { return site.service->get("/readyz").find("postgres") != std::string::npos; }));
  site.books.server().start();
  CHECK(eventually([&] { return site.service->ready(); }));
  CHECK(site.create("lab").ok());
}

TEST_CASE("A wrong configuration is told and ends with 2, a taken port with 1",
          "[provisioning][process]") {
  Site site;
  const std::map<std::string, std::string> secrets{{"PBX_CALLER_KEYS", identities().caller_keys()},
                                                   {"PBX_POSTGRES_PASSWORD", "password"}};
  ServiceProcess unknown{"pbx-provisioning", R"("grpcc": {"listen": "127.0.0.1:1"})", secrets};
  CHECK(unknown.process().wait() == 2);
  CHECK(unknown.log().find("grpcc") != std::string::npos);
  ServiceProcess empty{"pbx-provisioning", R"("grpc": {})", secrets};
  CHECK(empty.process().wait() == 2);
  for (const std::string name : {"grpc.listen", "postgres.host", "kafka.brokers"}) {
    CAPTURE(name);
    CHECK(empty.log().find(name) != std::string::npos);
  }
  ServiceProcess taken{"pbx-provisioning", site.config(), secrets};
  CHECK(taken.process().wait() == 1);
}
