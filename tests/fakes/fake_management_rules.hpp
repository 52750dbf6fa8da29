#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fakes/fake_management.hpp"
#include "pbx/common/v1/page.pb.h"

namespace pbx::fakes {

/// The cluster, and what holds for every request: one at a time, token, page sizes, wanted
/// failures.
class ManagementRules {
 public:
  template <class Work>
  grpc::Status answer(const grpc::ServerContext& context, const std::string& method, Work work) {
    const std::lock_guard hold{mutex};
    note(context, method);
    if (cluster.key_id != 0 && cluster.token.key_id != cluster.key_id) {
      return {grpc::StatusCode::UNAUTHENTICATED, "no valid token"};
    }
    if (cluster.fail_with != 0) {
      return {static_cast<grpc::StatusCode>(cluster.fail_with), cluster.fail_message};
    }
    return work();
  }

  /// Gives the page of `all` that passes `wanted`; true is the end. A token is a position.
  template <class Item, class Wanted>
  std::string page(const common::v1::PageRequest& request, const std::vector<Item>& all,
                   Wanted wanted, google::protobuf::RepeatedPtrField<Item>* out) const {
    const std::size_t size =
        std::min<std::size_t>(request.size() == 0 ? 100 : request.size(), cluster.largest_page);
    std::size_t at = request.token().empty() ? 0 : std::stoul(request.token());
    for (; at < all.size(); ++at) {
      if (!wanted(all[at])) continue;
      if (static_cast<std::size_t>(out->size()) == size) return std::to_string(at);
      *out->Add() = all[at];
    }
    return {};
  }

  std::uint64_t next_id() { return ++last_id; }

  std::mutex mutex;
  ManagedCluster cluster;
  std::uint64_t last_id = 1;

 private:
  void note(const grpc::ServerContext& context, const std::string& method) {
    cluster.requests.push_back(method);
    cluster.token = {};
    const auto& metadata = context.client_metadata();
    const auto shown = metadata.find("authorization");
    constexpr std::string_view kBearer = "Bearer ";
    if (shown == metadata.end() || !shown->second.starts_with(kBearer.data())) return;
    std::string_view text{shown->second.data(), shown->second.size()};
    text.remove_prefix(kBearer.size());
    if (auto received = rpc::parse_token(text)) cluster.token = std::move(received->token);
  }
};

/// Provisioning's part, in a file of its own.
std::unique_ptr<grpc::Service> fake_provisioning(ManagementRules& rules);

}  // namespace pbx::fakes
