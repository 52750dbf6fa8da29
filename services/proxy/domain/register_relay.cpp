#include "proxy/domain/register_relay.hpp"

#include "core/random.hpp"
#include "proxy/domain/binding_target.hpp"
#include "proxy/domain/reach.hpp"
#include "sip/contact.hpp"
#include "sip/errc.hpp"
#include "sip/uri.hpp"

namespace pbx::proxy {
namespace {

/// A query or the removal of a binding does not make a connection worth keeping.
bool registers_a_phone(const sip::Message& request) {
  for (const auto value : request.values(sip::HeaderId::Contact)) {
    const auto contact = sip::parse_contact(value);
    if (!contact || contact->star) continue;
    if (contact->expires.value_or(request.expires().value_or(1)) != 0) return true;
  }
  return false;
}

std::uint64_t user_of(const sip::Message& request) {
  const auto to = request.to();
  const auto uri = to ? to->uri() : Result<sip::Uri>{sip::Errc::BadUri};
  return uri ? std::hash<std::string>{}(sip::aor(*uri)) : 0;
}

}  // namespace

void RegisterRelay::relay(ServerTransaction& server) {
  const RegistrarClient::Request request{
      server.request().bytes(), to_text(server.source()),
      path_of(node_, reach_of(server.request(), server.source())),
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
  const auto& request = server->request();
  if (decided->code == 200 && server->source().reliable() && registers_a_phone(request)) {
    layer_.wire().registered(server->source(), user_of(request));
  }
  server->reply({.status = decided->code,
                 .reason = decided->reason,
                 .to_tag = tag,
                 .header_lines = decided->header_lines});
  node_.metrics.register_seconds.Observe(
      std::chrono::duration<double>(node_.clock.steady() - since).count());
}

}  // namespace pbx::proxy
