// A small service with all that run_service gives: the tests start it as a process.
#include <iostream>
#include <memory>

#include "net/metrics.hpp"
#include "net/udp_socket.hpp"
#include "pbx/config/v1/registrar.pb.h"
#include "runtime/service.hpp"
#include "runtime/validate.hpp"
#include "runtime/workers.hpp"

namespace pbx {
namespace {

/// Echoes UDP packets.
struct Worker {
  Worker(runtime::Loop& loop, unsigned, const net::Address& listen, net::UdpMetrics& metrics)
      : socket{loop.context(), listen, metrics} {
    socket.receive([this](std::span<const net::Packet> packets) {
      for (const auto& packet : packets) socket.send(packet.from, packet.data);
    });
  }

  net::UdpSocket socket;
};

std::vector<std::string> validate(const config::v1::Registrar& config) {
  runtime::Faults faults;
  faults.check("grpc", config.grpc());
  faults.in_range("workers", config.workers(), 1, 8);
  return faults.take();
}

void serve(runtime::Application& app, const config::v1::Registrar& config) {
  net::UdpMetrics metrics{app.metrics(), "echo"};
  const auto listen = *net::Address::parse(config.grpc().listen());
  runtime::Workers<Worker> workers{app, config.workers(), listen, metrics};
  const bool never_ready = !app.optional_secret("sample_never_ready").empty();
  const bool never_drained = !app.optional_secret("sample_never_drained").empty();
  app.ready_when("workers", [&] { return workers.all([](Worker&) { return true; }); });
  app.ready_when("patience", [never_ready] { return !never_ready; });
  app.on_drain([&] { workers.for_each([](Worker& worker) { worker.socket.close(); }); });
  app.drained_when("patience", [never_drained] { return !never_drained; });
  app.run_until_signalled();
}

}  // namespace
}  // namespace pbx

int main(int argc, char** argv) {
  return pbx::runtime::run_service<pbx::config::v1::Registrar>("sample", argc, argv, pbx::serve,
                                                               pbx::validate);
}
