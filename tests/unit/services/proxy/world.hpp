#pragma once

#include <prometheus/registry.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.hpp"
#include "fakes/manual_clock.hpp"
#include "fakes/memory_proxy_ports.hpp"
#include "proxy/domain/binding_target.hpp"
#include "proxy/domain/resumption.hpp"
#include "proxy/domain/router.hpp"
#include "proxy/domain/trust_boundary.hpp"
#include "sip/auth.hpp"
#include "sip/branch.hpp"
#include "sip/stored_message.hpp"

namespace pbx::test {

/// A message that the proxy sent: where to, and parsed.
struct Sent {
  proxy::Flow flow;
  sip::StoredMessage message;
  std::uint64_t report_to = 0;

  int status() const { return message->status(); }
  std::string method() const { return std::string{message->method_text()}; }
  std::string value(sip::HeaderId id) const { return std::string{message->value(id)}; }
  std::string header(std::string_view name) const { return std::string{message->value(name)}; }
  std::string to() const { return flow.remote.to_string(); }
};

/// One node of the proxy, "127.0.0.11:5060" by UDP and TCP, with two tenants: hq.test and lab.test
/// (users 1001, 1002 and 1003 each), and nothing real around it.
class World {
 public:
  /// `kept_by` keeps the calls' records in the place of `records`; `name` is advertised.
  explicit World(const std::string& host = "127.0.0.11", std::size_t capacity = 1'000,
                 proxy::CallRecords* kept_by = nullptr, const std::string& name = {});

  /// Gives a message to the router as the edge would. `text` has plain line feeds.
  proxy::Taken receive(std::string_view text, std::string_view from = "127.0.0.1:5070",
                       sip::Transport transport = sip::Transport::Udp,
                       proxy::ConnectionId connection = 0);
  proxy::Taken receive_bytes(const std::string& bytes, const proxy::Flow& flow);

  /// The oldest message sent that was not taken yet; the test fails when there is none.
  Sent next();
  bool silent() const { return wire.sent.empty(); }
  void forget_sent() { wire.sent.clear(); }

  void advance(std::chrono::milliseconds by);

  /// These have leases, and nobody else, since a while.
  void see(const std::vector<proxy::Peers::Peer>& alive);
  /// Another process has this node's address now, and what the lost one had in Redis.
  void inherit(const World& lost);
  /// A phone of `tenant` that registered over UDP from `address`, through this node or another.
  void bind(std::uint64_t tenant, const std::string& aor, const std::string& address,
            const std::string& path = {});
  std::string path_to(const std::string& address, proxy::ConnectionId connection = 0);
  /// `request`, which has no Route, as another node of the cluster sends it to the phone that
  /// `path` leads to.
  std::string from_other_node(std::string request, const std::string& path);

  /// The INVITE (or other request) of a user with right credentials: the 407 is answered.
  std::string authorized(const std::string& request, const std::string& user = "1001",
                         const std::string& realm = "hq.test", const std::string& password = "");

  double refused(proxy::Refusal refusal) { return metrics.refused(refusal).Value(); }

  fakes::ManualClock clock;
  prometheus::Registry registry;
  proxy::Metrics metrics{registry};
  KeyRing keys{Secret{"a cluster key of sixteen bytes or more"}};
  proxy::Settings settings;
  proxy::Addresses addresses;
  proxy::Tokens tokens{keys, 7};
  KeyedHashes reply_tags{keys, "proxy reply tag"};
  proxy::Peers peers;  ///< Nobody else lives.
  directory::Directory directory;
  proxy::TrustBoundary boundary{
      [this](std::string_view realm) { return directory.domain(realm) != nullptr; },
      [](DeviceId) { return true; }, metrics};
  proxy::Node node{settings, addresses, tokens, clock, metrics, boundary, 0, &peers};
  proxy::EarlyCalls early;
  proxy::Overload overload;
  proxy::Timers timers{clock};
  fakes::RecordingWire wire;
  fakes::MemoryCallRecords records;
  fakes::MemoryLocations locations;
  fakes::MemoryNonceUses uses;
  fakes::HeldRegistrar registrar;
  proxy::CallRecords& keeper;  ///< `records`, unless the constructor was given others.
  proxy::TransactionLayer layer;
  proxy::Stateless stateless{node, reply_tags, wire};
  sip::ReplayGuard replays;
  proxy::CallerAuth auth{{directory, clock, keys, replays, uses, std::chrono::minutes{5}}};
  proxy::RegisterRelay registers{node, layer, registrar, overload.registrations};
  proxy::Resumption resumption{
      {node, keeper, locations, early, overload, auth, {node, layer, stateless}}};
  proxy::Router router{
      {node, directory, layer, stateless, auth, keeper, locations, registers, early, overload}};

 private:
  void fill_directory();
};

/// The response of a phone to what it was sent.
std::string answer(const Sent& request, int status, std::string_view to_tag = "callee",
                   std::string_view extra_lines = {});
std::string with_line_ends(std::string_view text);

/// An INVITE from 1001@hq.test, without credentials.
std::string invite(std::string_view to = "1002", std::string_view call_id = "call-1",
                   std::string_view branch = "z9hG4bKone");

}  // namespace pbx::test
