#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>

#include "rpc/channel.hpp"
#include "support/access_matrix.hpp"
#include "telemetry/metrics.hpp"
#include "test_servers.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace std::chrono_literals;

namespace {

grpc::Status list(const std::shared_ptr<grpc::Channel>& channel, const std::string& aor,
                  registrar::v1::ListBindingsResponse& response, const rpc::Caller& caller = {},
                  const rpc::Credentials& credentials = as_operator()) {
  const auto stub = Api::NewStub(channel);
  grpc::ClientContext context;
  rpc::prepare(context, 10s, credentials, caller);
  registrar::v1::ListBindingsRequest request;
  request.set_aor(aor);
  return stub->ListBindings(&context, request, &response);
}

}  // namespace

TEST_CASE("A call with a token is answered and knows on whose behalf it is made", "[rpc]") {
  UnaryServer server;
  const auto channel = rpc::connect(client_of({server.server.address()}));
  registrar::v1::ListBindingsResponse response;
  REQUIRE(list(channel, "1001@a.test", response, {"alice", "1.4"}).ok());
  CHECK(response.next_token() == "operator|alice|1.4");

  grpc::ClientContext context;
  rpc::prepare(context, 10s, as_operator());
  registrar::v1::RemoveBindingsRequest request;
  request.set_tenant_id(7);
  registrar::v1::RemoveBindingsResponse removed;
  REQUIRE(Api::NewStub(channel)->RemoveBindings(&context, request, &removed).ok());
  CHECK(removed.removed() == 7);
}

TEST_CASE("A server admits whom the table names, by good tokens alone", "[rpc]") {
  UnaryServer server;
  AccessMatrix matrix{server.server.address(), kService};
  matrix.unary(
      *registrar::v1::RegisterRequest::descriptor()->file()->FindServiceByName("Registrar"));
  CHECK(matrix.tried > 100);
  CHECK(matrix.faults == std::vector<std::string>{});
}

TEST_CASE("A call without any token is not authenticated", "[rpc]") {
  UnaryServer server;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 10s);
  registrar::v1::ListBindingsResponse response;
  const auto stub = Api::NewStub(rpc::connect(client_of({server.server.address()})));
  CHECK(stub->ListBindings(&context, {}, &response).error_code() ==
        grpc::StatusCode::UNAUTHENTICATED);
}

TEST_CASE("Errors travel as status and message and are counted by method and code", "[rpc]") {
  UnaryServer server;
  const auto channel = rpc::connect(client_of({server.server.address()}));
  registrar::v1::ListBindingsResponse response;
  const auto status = list(channel, "nobody", response);
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(status.error_message() == "no such AoR");
  CHECK(list(channel, "1001@a.test", response).ok());

  const auto metrics = telemetry::expose(server.registry);
  CHECK(metrics.find(R"(pbx_rpc_calls_total{code="NOT_FOUND",method="ListBindings"} 1)") !=
        std::string::npos);
  CHECK(metrics.find(R"(pbx_rpc_calls_total{code="OK",method="ListBindings"} 1)") !=
        std::string::npos);
}

TEST_CASE("A channel with several servers goes to the one that answers", "[rpc]") {
  UnaryServer first;
  UnaryServer second;
  const auto channel = rpc::connect(client_of({first.server.address(), second.server.address()}));
  registrar::v1::ListBindingsResponse response;
  REQUIRE(list(channel, "1001@a.test", response).ok());
  first.server.stop(0ms);

  auto status = grpc::Status::CANCELLED;
  for (int tries = 0; tries < 50 && !status.ok(); ++tries) {
    status = list(channel, "1001@a.test", response);
  }
  CHECK(status.ok());
}

TEST_CASE("A port that is taken stops the start", "[rpc]") {
  UnaryServer server;
  prometheus::Registry registry;
  rpc::Server second{listen_on(server.server.address()), identities().gate(kService), registry};
  CHECK_THROWS_AS(second.start(), std::runtime_error);
}

TEST_CASE("Bad client configurations are told at once", "[rpc]") {
  CHECK_THROWS(rpc::connect(client_of({})));
  CHECK_THROWS(rpc::connect(client_of({"127.0.0.1:1", "127.0.0.1"})));
  auto config = client_of({"127.0.0.1:1"});
  config.mutable_tls()->set_ca_file("/nowhere/ca.pem");
  CHECK_THROWS(rpc::connect(config));
}
