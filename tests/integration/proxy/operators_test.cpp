#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>

#include "pbx/config/v1/common.pb.h"
#include "pbx/proxy/v1/proxy.grpc.pb.h"
#include "phone.hpp"
#include "rpc/channel.hpp"
#include "site.hpp"
#include "support/access_matrix.hpp"
#include "support/test_identities.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::Phone;
using test::Site;

namespace {

Site& site() {
  static Site one;
  return one;
}

rpc::Credentials as_operator() { return test::identities().credentials("operator", "proxy"); }

std::unique_ptr<proxy::v1::Proxy::Stub> stub(int index) {
  config::v1::GrpcClient config;
  config.add_targets(site().grpc(index));
  return proxy::v1::Proxy::NewStub(rpc::connect(config));
}

std::vector<state::v1::DialogRecord> calls(int index, std::uint64_t tenant) {
  grpc::ClientContext context;
  rpc::prepare(context, 10s, as_operator());
  proxy::v1::ListCallsRequest request;
  request.set_tenant_id(tenant);
  proxy::v1::ListCallsResponse response;
  REQUIRE(stub(index)->ListCalls(&context, request, &response).ok());
  return {response.calls().begin(), response.calls().end()};
}

grpc::StatusCode hang_up(int index, const std::string& call_id) {
  grpc::ClientContext context;
  rpc::prepare(context, 10s, as_operator());
  proxy::v1::HangUpRequest request;
  request.set_call_id(call_id);
  request.set_reason("Maintenance");
  proxy::v1::HangUpResponse response;
  return stub(index)->HangUp(&context, request, &response).error_code();
}

}  // namespace

TEST_CASE("Operators see and end calls from any node", "[proxy]") {
  Phone ann{"1001", "hq.test", site().sip_port(0)};
  Phone bob{"1002", "hq.test", site().sip_port(1)};
  bob.enroll();
  ann.call("1002");
  const auto invite = bob.expect("INVITE");
  bob.answer(invite.get(), 180);
  ann.expect(180);

  const auto ringing = calls(1, 1);
  REQUIRE(ringing.size() == 1);
  CHECK(ringing[0].state() == state::v1::DIALOG_STATE_RINGING);
  CHECK(ringing[0].owner() == "proxy-1");
  CHECK(calls(0, 0).size() == 1);
  CHECK(calls(0, 2).empty());
  const auto id = ringing[0].call_id();

  SECTION("one that rings") {
    CHECK(hang_up(1, id) == grpc::StatusCode::OK);
    const auto cancel = bob.expect("CANCEL");
    bob.answer(cancel.get(), 200);
    bob.answer(invite.get(), 487);
    bob.expect("ACK");
    ann.expect(480);
  }
  SECTION("one that talks") {
    bob.pick_up(invite.get());
    ann.acknowledge(ann.expect(200).get());
    bob.expect("ACK");
    CHECK(hang_up(1, id) == grpc::StatusCode::OK);
    for (auto* phone : {&ann, &bob}) {
      const auto bye = phone->expect("BYE");
      CHECK(bye->value(sip::HeaderId::Reason).find("Maintenance") != std::string::npos);
      phone->answer(bye.get(), 200);
    }
  }
  CHECK(test::eventually([&] { return calls(0, 1).empty(); }));
  CHECK(test::eventually([&] {
    const auto ended = site().ended(1);
    return std::any_of(ended.begin(), ended.end(), [&](const auto& event) {
      return event.call_id() == id && event.hung_up_by() == events::v1::CALL_PARTY_PLATFORM;
    });
  }));
  CHECK(hang_up(0, id) == grpc::StatusCode::NOT_FOUND);
  bob.enroll(0);
}

TEST_CASE("Nodes are listed with their addresses", "[proxy]") {
  grpc::ClientContext context;
  rpc::prepare(context, 10s, as_operator());
  proxy::v1::ListNodesRequest request;
  request.set_service("proxy");
  proxy::v1::ListNodesResponse response;
  REQUIRE(stub(0)->ListNodes(&context, request, &response).ok());
  REQUIRE(response.nodes_size() == 2);
  CHECK(response.nodes(1).node() == "proxy-2");
  CHECK(response.nodes(1).grpc() == site().grpc(1));
  CHECK(response.nodes(1).sip(0) == "udp:127.0.0.1:" + std::to_string(site().sip_port(1)));
}

TEST_CASE("A proxy lets in whom the table names, by good tokens alone", "[proxy]") {
  test::AccessMatrix matrix{site().grpc(1), "proxy"};
  matrix.unary(*proxy::v1::HangUpRequest::descriptor()->file()->FindServiceByName("Proxy"));
  CHECK(matrix.tried > 200);
  CHECK(matrix.faults == std::vector<std::string>{});
}
