#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>

#include "rpc/channel.hpp"
#include "stream_client.hpp"
#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace std::chrono_literals;

namespace {

/// A certification authority and what it signed, made by the openssl program.
class Authority {
 public:
  Authority() {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", file("ca.key"), "-out", file("ca.pem"), "-days", "2", "-subj",
             "/CN=test authority"});
  }

  config::v1::Tls issue(const std::string& name) {
    openssl({"req",
             "-x509",
             "-newkey",
             "ec",
             "-pkeyopt",
             "ec_paramgen_curve:P-256",
             "-nodes",
             "-keyout",
             file(name + ".key"),
             "-out",
             file(name + ".pem"),
             "-days",
             "2",
             "-subj",
             "/CN=" + name,
             "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-CA",
             file("ca.pem"),
             "-CAkey",
             file("ca.key")});
    config::v1::Tls tls;
    tls.set_certificate_file(file(name + ".pem"));
    tls.set_key_file(file(name + ".key"));
    tls.set_ca_file(file("ca.pem"));
    return tls;
  }

 private:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    REQUIRE(ChildProcess{arguments, folder_.path() / "log"}.wait() == 0);
  }

  TempDir folder_;
};

grpc::Status call(config::v1::GrpcClient config) {
  const auto stub = Api::NewStub(rpc::connect(config));
  grpc::ClientContext context;
  rpc::prepare(context, 10s, as_operator());
  registrar::v1::ListBindingsResponse response;
  return stub->ListBindings(&context, registrar::v1::ListBindingsRequest{}, &response);
}

/// Whether a stream is accepted and works, within `deadline`.
bool opens(const config::v1::StreamClient& targets, std::chrono::milliseconds deadline = 10s) {
  rpc::BatchStreamOptions options;
  options.deadline = deadline;
  Client client{targets, options};
  for (int i = 0; i < 50; ++i) client.submit(std::string(20'000, 'x'));
  REQUIRE(client.run_until([&] { return client.answered == 50; }));
  return client.codes[200] == 50;
}

}  // namespace

TEST_CASE("With mutual TLS a client must show a certificate of the server's authority", "[rpc]") {
  Authority authority;
  Authority stranger;
  auto listen = listen_on("127.0.0.1:0");
  *listen.mutable_tls() = authority.issue("server");
  UnaryServer server{listen};
  auto client = client_of({server.server.address()});

  CHECK(call(client).error_code() == grpc::StatusCode::UNAVAILABLE);  // no TLS at all
  *client.mutable_tls() = authority.issue("client");
  CHECK(call(client).ok());

  auto without = client;
  without.mutable_tls()->clear_certificate_file();
  without.mutable_tls()->clear_key_file();
  CHECK(call(without).error_code() == grpc::StatusCode::UNAVAILABLE);

  auto foreign = client;
  *foreign.mutable_tls() = stranger.issue("client");
  foreign.mutable_tls()->set_ca_file(client.tls().ca_file());
  CHECK(call(foreign).error_code() == grpc::StatusCode::UNAVAILABLE);

  auto mistrusting = client;
  mistrusting.mutable_tls()->set_ca_file(stranger.issue("server").ca_file());
  CHECK(call(mistrusting).error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("With mutual TLS a stream must show a certificate of the server's authority", "[rpc]") {
  Authority authority;
  Authority stranger;
  auto listen = EchoServer::stream_at("127.0.0.1:0");
  *listen.mutable_tls() = authority.issue("server");
  EchoServer server{answer_with(200), listen};
  auto client = streams_to({server.address()});

  CHECK_FALSE(opens(client, 500ms));  // no TLS at all
  *client.mutable_tls() = authority.issue("client");
  CHECK(opens(client));
  auto by_name = client;
  by_name.set_targets(0, "localhost" + server.address().substr(server.address().rfind(':')));
  CHECK(opens(by_name));

  auto without = client;
  without.mutable_tls()->clear_certificate_file();
  without.mutable_tls()->clear_key_file();
  CHECK_FALSE(opens(without, 500ms));

  auto foreign = client;
  *foreign.mutable_tls() = stranger.issue("client");
  foreign.mutable_tls()->set_ca_file(client.tls().ca_file());
  CHECK_FALSE(opens(foreign, 500ms));

  auto mistrusting = client;
  mistrusting.mutable_tls()->set_ca_file(stranger.issue("server").ca_file());
  CHECK_FALSE(opens(mistrusting, 500ms));
}

TEST_CASE("A certificate that cannot be read stops the start", "[rpc]") {
  auto stream = EchoServer::stream_at("127.0.0.1:0");
  stream.mutable_tls()->set_certificate_file("/nowhere/server.pem");
  CHECK_THROWS(EchoServer(answer_with(200), stream));
  auto listen = listen_on("127.0.0.1:0");
  listen.mutable_tls()->set_certificate_file("/nowhere/server.pem");
  prometheus::Registry registry;
  CHECK_THROWS_AS(rpc::Server(listen, identities().gate(kService), registry), std::runtime_error);
}
