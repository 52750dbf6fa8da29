#include "proxy/domain/register_relay.hpp"

#include "core/random.hpp"
#include "proxy/domain/binding_target.hpp"

namespace pbx::proxy {
namespace {

std::string source_of(const Flow& flow) {
  return flow.remote.to_string() + ";" + std::string{sip::transport_param(flow.transport)};
}

}  // namespace

void RegisterRelay::relay(ServerTransaction& server) {
  const RegistrarClient::Request request{server.request().bytes(), source_of(server.source()),
                                         path_of(node_, server.source()),
                                         node_.clock.now().time_since_epoch().count()};
  const auto since = node_.clock.steady();
  backlog_.begin(since);
  registrar_.submit(request, [this, key = server.key(), since](Result<RegisterAnswer> decided) {
    backlog_.end(node_.clock.steady());
    answer(key, since, decided);
  });
}

void RegisterRelay::answer(std::uint64_t key, Clock::Steady since,
                           const Result<RegisterAnswer>& decided) {
  auto* server = layer_.find_server(key);
  if (server == nullptr || server->answered()) return;
  const auto tag = random_token(10);
  if (!decided || decided->code < 200 || decided->code > 699) {
    node_.metrics.refused(Refusal::BackendDown).Increment();
    server->reply({.status = 503, .to_tag = tag, .header_lines = "Retry-After: 1\r\n"});
    return;
  }
  if (decided->refusal == "bad_password") node_.metrics.refused(Refusal::WrongPassword).Increment();
  if (decided->refusal == "unknown_user") node_.metrics.refused(Refusal::UnknownUser).Increment();
  if (decided->code == 200) layer_.wire().registered(server->source());
  server->reply({.status = decided->code,
                 .reason = decided->reason,
                 .to_tag = tag,
                 .header_lines = decided->header_lines});
  node_.metrics.register_seconds.Observe(
      std::chrono::duration<double>(node_.clock.steady() - since).count());
}

}  // namespace pbx::proxy
