#include "world.hpp"

#include <stdexcept>

#include "pbx/events/v1/directory.pb.h"
#include "sip/digest.hpp"
#include "sip/rewrite.hpp"

namespace pbx::test {
namespace {

std::vector<proxy::Listener> listeners_at(const std::string& host, const std::string& name) {
  const auto bind = *proxy::Endpoint::from(host, 5060);
  const auto& shown = name.empty() ? host : name;
  return {{sip::Transport::Udp, bind, shown, 5060, 0}, {sip::Transport::Tcp, bind, shown, 5060, 0}};
}

proxy::Home home_of(const std::string& host) {
  return {sip::Transport::Udp, *proxy::Endpoint::from(host, 5060)};
}

std::string password_of(const std::string& user, const std::string& realm) {
  return "secret of " + user + " at " + realm;
}

void apply(directory::Directory& directory, const std::string& key,
           events::v1::ConfigRecord record) {
  static std::uint64_t revision = 0;
  record.set_revision(++revision);
  directory.apply(key, record.SerializeAsString());
}

}  // namespace

World::World(const std::string& host, std::size_t capacity, proxy::CallRecords* kept_by,
             const std::string& name)
    : addresses{listeners_at(host, name)},
      keeper{kept_by != nullptr ? *kept_by : records},
      layer{wire, timers, capacity} {
  settings.node = "proxy-" + host;
  settings.boot = 7;
  records.owner = settings.node;
  records.boot = settings.boot;
  see({{settings.node, settings.boot, {home_of("127.0.0.11"), home_of("127.0.0.12")}}});
  fill_directory();
}

void World::fill_directory() {
  std::uint64_t id = 100;
  for (const std::uint64_t tenant : {1u, 2u}) {
    const std::string domain = tenant == 1 ? "hq.test" : "lab.test";
    events::v1::ConfigRecord account;
    account.mutable_account()->set_id(tenant);
    account.mutable_account()->set_kind(events::v1::ACCOUNT_KIND_CLIENT);
    account.mutable_account()->set_path(std::to_string(tenant));
    apply(directory, "account/" + std::to_string(tenant), account);
    events::v1::ConfigRecord named;
    named.mutable_domain()->set_id(tenant);
    named.mutable_domain()->set_tenant_id(tenant);
    named.mutable_domain()->set_name(domain);
    apply(directory, "domain/" + std::to_string(tenant), named);
    for (const std::string extension : {"1001", "1002", "1003", "1009"}) {
      events::v1::ConfigRecord record;
      auto& user = *record.mutable_user();
      user.set_id(++id);
      user.set_tenant_id(tenant);
      user.set_domain(domain);
      user.set_extension(extension);
      user.set_suspended(extension == "1009");
      if (extension == "1003") user.set_display_name("Carol");
      auto& credential = *user.mutable_credential();
      credential.set_username(extension);
      credential.set_realm(domain);
      const auto password = password_of(extension, domain);
      credential.set_ha1_md5(sip::make_ha1(sip::DigestAlgorithm::Md5, extension, domain, password));
      credential.set_ha1_sha256(
          sip::make_ha1(sip::DigestAlgorithm::Sha256, extension, domain, password));
      apply(directory, "user/" + std::to_string(id), record);
    }
  }
}

std::string with_line_ends(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

proxy::Taken World::receive(std::string_view text, std::string_view from, sip::Transport transport,
                            proxy::ConnectionId connection) {
  const std::uint8_t listener = transport == sip::Transport::Udp ? 0 : 1;
  return receive_bytes(with_line_ends(text),
                       {transport, listener, *proxy::Endpoint::parse(from), connection});
}

proxy::Taken World::receive_bytes(const std::string& bytes, const proxy::Flow& flow) {
  const auto message = sip::parse_message(bytes);
  if (!message) throw std::runtime_error{"test message: " + message.error().message()};
  if (message->is_request()) {
    const auto taken = router.on_request(*message, flow, true);
    if (taken == proxy::Taken::Nowhere) resumption.take(*message, flow);
    return taken;
  }
  const auto request = proxy::answered_request(*message);
  auto* client = request ? layer.find_client(*request) : nullptr;
  if (client != nullptr) {
    client->on_response(*message);
  } else {
    resumption.take(*message, flow);
  }
  return proxy::Taken::Yes;
}

Sent World::next() {
  if (wire.sent.empty()) throw std::runtime_error{"nothing was sent"};
  auto sent = std::move(wire.sent.front());
  wire.sent.pop_front();
  auto message = sip::parse_stored(std::move(sent.bytes));
  if (!message) throw std::runtime_error{"sent bytes: " + message.error().message()};
  return {sent.flow, *std::move(message), sent.report_to};
}

void World::advance(std::chrono::milliseconds by) {
  constexpr std::chrono::milliseconds kStep{100};
  for (; by > kStep; by -= kStep) {
    clock.advance(kStep);
    timers.run_due();
  }
  clock.advance(by);
  timers.run_due();
}

std::string World::path_to(const std::string& address, proxy::ConnectionId connection) {
  const bool stream = connection != 0;
  return proxy::path_of(node, {stream ? sip::Transport::Tcp : sip::Transport::Udp,
                               static_cast<std::uint8_t>(stream ? 1 : 0),
                               *proxy::Endpoint::parse(address), connection});
}

std::string World::from_other_node(std::string request, const std::string& path) {
  const auto branch_at = request.find(";branch=") + 8;
  const auto branch =
      request.substr(branch_at, request.find_first_of(";\n", branch_at) - branch_at);
  const auto id_at = request.find("Call-ID: ") + 9;
  const auto call_id = request.substr(id_at, request.find('\n', id_at) - id_at);
  const auto uri = sip::parse_uri(path);
  std::string seal;
  tokens.append_seal(seal, uri->user, call_id, branch, node.now_s());
  request.insert(request.find("From:"), "Route: <" + path + ";seal=" + seal + ">\n");
  return request;
}

void World::see(const std::vector<proxy::Peers::Peer>& alive) {
  for (const std::uint32_t later : {10u, 12u}) peers.set(alive, node.now_s() + later);
}

void World::inherit(const World& lost) {
  records.boot = settings.boot = lost.settings.boot + 1;
  clock.advance(
      std::chrono::duration_cast<std::chrono::milliseconds>(lost.clock.now() - clock.now()));
  records.calls = lost.records.calls;
  locations.bindings = lost.locations.bindings;
  uses.by = lost.uses.by;
}

void World::bind(std::uint64_t tenant, const std::string& aor, const std::string& address,
                 const std::string& path) {
  state::v1::Binding binding;
  binding.set_contact("sip:phone@" + address);
  binding.add_path(path.empty() ? path_to(address) : path);
  binding.set_q_milli(1000);
  const auto at = aor.find('@');
  const auto user = directory.user(aor.substr(at + 1), aor.substr(0, at));
  binding.set_user_id(user ? user->id.value : 0);
  locations.bindings[{tenant, aor}].push_back(binding);
}

std::string World::authorized(const std::string& request, const std::string& user,
                              const std::string& realm, const std::string& password) {
  receive(request);
  const auto challenged = next();
  const bool to_registrar = challenged.status() == 401;
  if (challenged.status() != 407 && !to_registrar) throw std::runtime_error{"not challenged"};
  const auto lines = challenged.message->fields(to_registrar ? sip::HeaderId::WwwAuthenticate
                                                             : sip::HeaderId::ProxyAuthenticate);
  const auto challenge = sip::parse_challenge((*lines.begin()).value);
  const auto bytes = with_line_ends(request);
  const auto message = sip::parse_message(bytes);
  const std::string uri{message->request_uri_text()};
  const auto ha1 = sip::make_ha1(sip::DigestAlgorithm::Md5, user, realm,
                                 password.empty() ? password_of(user, realm) : password);
  std::string credentials;
  sip::append_credentials(credentials, *challenge,
                          {.username = user, .ha1 = ha1, .uri = uri, .cnonce = "c"},
                          message->method_text());
  std::string again = request;
  const auto blank = again.find("\n\n");
  const std::string name = to_registrar ? "Authorization: " : "Proxy-Authorization: ";
  again.insert(blank + 1, name + credentials + "\n");
  const auto branch = again.find(";branch=");
  again.insert(branch + 8 + 7, "authorized");
  return again;
}

std::string answer(const Sent& request, int status, std::string_view to_tag,
                   std::string_view extra_lines) {
  const auto lines = with_line_ends(extra_lines);
  std::string out;
  sip::append_response(out, request.message.get(),
                       {.status = status,
                        .to_tag = status > 100 ? to_tag : std::string_view{},
                        .header_lines = lines,
                        .record_route = true});
  return out;
}

std::string invite(std::string_view to, std::string_view call_id, std::string_view branch) {
  return "INVITE sip:" + std::string{to} +
         "@hq.test SIP/2.0\n"
         "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=" +
         std::string{branch} +
         ";rport\n"
         "Max-Forwards: 70\n"
         "From: \"Ann\" <sip:1001@hq.test>;tag=caller\n"
         "To: <sip:" +
         std::string{to} +
         "@hq.test>\n"
         "Call-ID: " +
         std::string{call_id} +
         "\n"
         "CSeq: 1 INVITE\n"
         "Contact: <sip:1001@127.0.0.1:5070>\n"
         "Content-Length: 0\n\n";
}

}  // namespace pbx::test
