#include <grpcpp/channel.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "integration/billing/site.hpp"
#include "pbx/billing/v1/billing.grpc.pb.h"
#include "pbx/config/v1/common.pb.h"
#include "rpc/channel.hpp"
#include "support/access_matrix.hpp"
#include "support/service_process.hpp"
#include "support/test_identities.hpp"
#include "unit/services/billing/events.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::eventually;
using test::ServiceProcess;
using test::Site;
using test::TempBooks;
namespace v1 = pbx::billing::v1;

namespace {

/// The whole service as a process.
struct Running : Site {
  std::uint16_t port = test::free_port();
  std::unique_ptr<ServiceProcess> service;
  std::unique_ptr<v1::Billing::Stub> stub;
  rpc::Credentials as_operator = test::identities().credentials("operator", "billing");

  Running() {
    service = std::make_unique<ServiceProcess>(
        "pbx-billing", config(),
        std::map<std::string, std::string>{{"PBX_CALLER_KEYS", test::identities().caller_keys()},
                                           {"PBX_POSTGRES_PASSWORD", TempBooks::kPassword}});
    REQUIRE(eventually([&] { return service->ready(); }, 60s));
    config::v1::GrpcClient client;
    client.add_targets(address());
    stub = v1::Billing::NewStub(rpc::connect(client));
  }

  std::string config() const {
    return R"("grpc": {"listen": "127.0.0.1:)" + std::to_string(port) + R"("}, "postgres": {)" +
           R"("host": "127.0.0.1", "port": )" + std::to_string(books.server().port()) +
           R"(, "database": ")" + books.name() + R"(", "user": "pbx_billing"}, )" +
           R"("kafka": {"brokers": ")" + kafka.brokers() + R"("})";
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port); }

  grpc::Status list(const v1::ListCdrsRequest& request, v1::ListCdrsResponse& response,
                    const rpc::Caller& caller = {}) const {
    grpc::ClientContext context;
    rpc::prepare(context, 20s, as_operator, caller);
    return stub->ListCdrs(&context, request, &response);
  }
  grpc::Status get(const std::string& call_id, v1::Cdr& cdr) const {
    grpc::ClientContext context;
    rpc::prepare(context, 20s, as_operator);
    v1::GetCdrRequest request;
    request.set_call_id(call_id);
    return stub->GetCdr(&context, request, &cdr);
  }
};

std::vector<std::string> golden() {
  std::ifstream file{std::string{std::getenv("PBX_SOURCE_DIR")} +
                     "/tests/integration/billing/metrics.golden"};
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) names.push_back(line);
  return names;
}

}  // namespace

TEST_CASE("CDRs are listed and shown over gRPC, and the service drains on SIGTERM",
          "[billing][process]") {
  Running site;
  for (int i = 0; i < 5; ++i) site.tell_call("c" + std::to_string(i));
  site.tell("garbage", "\xff\xff");
  REQUIRE(eventually([&] { return site.cdrs() == 5; }));

  v1::ListCdrsRequest request;
  request.mutable_page()->set_size(2);
  std::vector<std::string> seen;
  do {
    v1::ListCdrsResponse response;
    REQUIRE(site.list(request, response).ok());
    for (const auto& cdr : response.cdrs()) seen.push_back(cdr.call_id());
    request.mutable_page()->set_token(response.next_token());
  } while (!request.page().token().empty());
  CHECK(seen == std::vector<std::string>{"c4", "c3", "c2", "c1", "c0"});

  v1::Cdr cdr;
  REQUIRE(site.get("c3", cdr).ok());
  CHECK(cdr.duration_ms() == 61'250);
  const auto missing = site.get("nothing", cdr);
  CHECK(missing.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(missing.error_message() == "There is no CDR of call nothing.");

  v1::ListCdrsResponse response;
  request.Clear();
  CHECK(site.list(request, response, {"", "1.999"}).ok());
  CHECK(response.cdrs_size() == 0);
  CHECK(site.list(request, response, {"", "x"}).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_page()->set_token("not one of ours");
  CHECK(site.list(request, response).error_code() == grpc::StatusCode::INVALID_ARGUMENT);

  test::AccessMatrix matrix{site.address(), "billing"};
  matrix.unary(*v1::Cdr::descriptor()->file()->FindServiceByName("Billing"));
  CHECK(matrix.tried > 100);
  CHECK(matrix.faults == std::vector<std::string>{});

  REQUIRE(eventually([&] {
    return site.service->metric(R"(pbx_billing_bad_events_total{reason="payload"})") == 1;
  }));
  CHECK(site.service->metric("pbx_billing_cdrs_total") == 5);
  CHECK(site.service->metric_names("pbx_billing_") == golden());
  site.service->process().signal(SIGTERM);
  CHECK(site.service->process().wait() == 0);
}

TEST_CASE("Without its database billing says so, and heals by itself", "[billing][process]") {
  Running site;
  site.books.server().stop();
  v1::ListCdrsResponse response;
  CHECK(site.list({}, response).error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(eventually(
      [&] { return site.service->get("/readyz").find("postgres") != std::string::npos; }));
  site.books.server().start();
  CHECK(eventually([&] { return site.service->ready(); }));
  CHECK(site.list({}, response).ok());
}

TEST_CASE("A wrong billing configuration is told and ends with 2, a taken port with 1",
          "[billing][process]") {
  Running site;
  const std::map<std::string, std::string> secrets{
      {"PBX_CALLER_KEYS", test::identities().caller_keys()}, {"PBX_POSTGRES_PASSWORD", "password"}};
  ServiceProcess empty{"pbx-billing", R"("grpc": {})", secrets};
  CHECK(empty.process().wait() == 2);
  for (const std::string name : {"grpc.listen", "postgres.host", "kafka.brokers"}) {
    CAPTURE(name);
    CHECK(empty.log().find(name) != std::string::npos);
  }
  ServiceProcess taken{"pbx-billing", site.config(), secrets};
  CHECK(taken.process().wait() == 1);
}
