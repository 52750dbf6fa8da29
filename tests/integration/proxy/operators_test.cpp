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

/// One call a page.
proxy::v1::ListCallsResponse page(std::uint64_t tenant, const std::string& token) {
  grpc::ClientContext context;
  rpc::prepare(context, 10s, as_operator());
  proxy::v1::ListCallsRequest request;
  request.set_tenant_id(tenant);
  request.mutable_page()->set_size(1);
  request.mutable_page()->set_token(token);
  proxy::v1::ListCallsResponse response;
  REQUIRE(stub(0)->ListCalls(&context, request, &response).ok());
  return response;
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

TEST_CASE("A list of calls goes on behind the last one shown, whatever ended meanwhile",
          "[proxy]") {
  Phone ann{"1001", "hq.test", site().sip_port(0)};
  Phone cid{"1003", "hq.test", site().sip_port(1)};
  Phone bob{"1002", "hq.test", site().sip_port(1)};
  bob.enroll();
  ann.call("1002");
  const auto first = bob.expect("INVITE");
  bob.answer(first.get(), 180);
  ann.expect(180);
  cid.call("1002");
  const auto second = bob.expect("INVITE");
  bob.answer(second.get(), 180);
  cid.expect(180);

  const auto tenant = GENERATE(std::uint64_t{0}, std::uint64_t{1});
  const auto newest = page(tenant, "");
  REQUIRE(newest.calls_size() == 1);
  CHECK(newest.calls(0).legs(0).aor() == "1003@hq.test");
  CHECK(hang_up(0, newest.calls(0).call_id()) == grpc::StatusCode::OK);
  bob.answer(bob.expect("CANCEL").get(), 200);
  bob.answer(second.get(), 487);
  bob.expect("ACK");
  cid.expect(480);
  REQUIRE(test::eventually([&] { return calls(0, 1).size() == 1; }));

  const auto older = page(tenant, newest.next_token());
  REQUIRE(older.calls_size() == 1);
  CHECK(older.calls(0).legs(0).aor() == "1001@hq.test");
  CHECK(page(tenant, older.next_token()).calls_size() == (older.next_token().empty() ? 1 : 0));
  CHECK(hang_up(1, older.calls(0).call_id()) == grpc::StatusCode::OK);
  bob.answer(bob.expect("CANCEL").get(), 200);
  bob.answer(first.get(), 487);
  bob.expect("ACK");
  ann.expect(480);
  CHECK(test::eventually([&] { return calls(0, 1).empty(); }));
  bob.enroll(0);
}

TEST_CASE("A token of another list is refused", "[proxy]") {
  for (const std::string token : {"100", "x", "OToxNzUwMDAwMDAwMTIzOmMwZmZlZTphYmNAMTAuMC4wLjE"}) {
    CAPTURE(token);
    grpc::ClientContext context;
    rpc::prepare(context, 10s, as_operator());
    proxy::v1::ListCallsRequest request;
    request.set_tenant_id(1);
    request.mutable_page()->set_token(token);
    proxy::v1::ListCallsResponse response;
    CHECK(stub(0)->ListCalls(&context, request, &response).error_code() ==
          grpc::StatusCode::INVALID_ARGUMENT);
  }
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
