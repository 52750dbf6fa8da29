#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pbx/billing/v1/billing.pb.h"
#include "pbx/events/v1/directory.pb.h"
#include "pbx/provisioning/v1/provisioning.pb.h"
#include "pbx/registrar/v1/registrar.pb.h"
#include "pbx/state/v1/dialog.pb.h"
#include "pbx/state/v1/node.pb.h"
#include "rpc/token.hpp"

namespace pbx::fakes {

/// What the cluster holds, and how it behaves.
struct ManagedCluster {
  std::vector<events::v1::Account> accounts;  ///< The platform is there from the start, as id 1.
  std::vector<events::v1::Domain> domains;
  std::vector<events::v1::User> users;
  std::vector<events::v1::Device> devices;
  std::vector<provisioning::v1::HistoryEntry> history;  ///< Newest first.
  std::map<std::string, std::string> passwords;         ///< By AoR or device name.

  std::vector<registrar::v1::AorBindings> bindings;
  std::vector<state::v1::DialogRecord> calls;
  std::map<std::string, std::string> hang_ups;  ///< Call id to reason.
  std::vector<state::v1::Node> nodes;
  std::vector<billing::v1::Cdr> cdrs;  ///< Newest first.

  bool obeys_scope = false;  ///< Provisioning hides what the token's scope does not cover.
  std::uint64_t key_id = 0;  ///< Tokens of other keys are refused; 0: all are taken.
  std::size_t largest_page = 1000;
  int fail_with = 0;  ///< gRPC status code of every answer from now on; 0: none.
  std::string fail_message;

  rpc::Token token;                   ///< Of the last request; without a caller: none.
  std::vector<std::string> requests;  ///< Methods, in order.
};

/// The four management services in one gRPC server on a free loopback port. It follows the rules of
/// the contracts: names are unique, what is in use is not removed, lists come in pages.
class FakeManagement {
 public:
  FakeManagement();
  ~FakeManagement();
  FakeManagement(const FakeManagement&) = delete;
  FakeManagement& operator=(const FakeManagement&) = delete;

  const std::string& address() const { return address_; }  ///< host:port
  /// Looks at or changes what it holds, between requests.
  void with(const std::function<void(ManagedCluster&)>& change);

 private:
  struct Server;
  std::unique_ptr<Server> server_;
  std::string address_;
};

}  // namespace pbx::fakes
