#include "cluster/nodes.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/errc.hpp"
#include "model/redis_keys.hpp"

namespace pbx::cluster {
namespace {

using redis::Command;
using redis::Reply;
using state::v1::Node;

/// Names whose last sign of life is older need not be asked for; leases are shorter by far.
constexpr std::int64_t kForgottenAfterMs = 60'000;

struct Listing {
  std::vector<Node> nodes;
  std::size_t missing = 0;
  std::error_code error;
  Nodes::Listed done;

  void take(const Result<Reply>& reply) {
    Node node;
    if (!reply) {
      error = reply.error();
    } else if (!reply->is_nil()) {
      const auto text = reply->text();
      if (node.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
        nodes.push_back(std::move(node));
      }
    }
    if (--missing == 0) finish();
  }

  void finish() {
    if (error) return done(error);
    std::sort(nodes.begin(), nodes.end(),
              [](const Node& a, const Node& b) { return a.node() < b.node(); });
    done(std::move(nodes));
  }
};

}  // namespace

void Nodes::list(std::string_view service, Listed done) {
  Command names{"ZRANGEBYSCORE", redis_keys::nodes(service)};
  names.add(clock_.now().time_since_epoch().count() - kForgottenAfterMs).add("+inf");
  redis_.send(std::move(names), [this, service = std::string{service},
                                 done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(reply.error());
    if (reply->size() == 0) return done(std::vector<Node>{});
    auto listing = std::make_shared<Listing>();
    listing->missing = reply->size();
    listing->done = std::move(done);
    for (std::size_t i = 0; i < reply->size(); ++i) {
      redis_.send(Command{"GET", redis_keys::node(service, (*reply)[i].text())},
                  [listing](Result<Reply> node) { listing->take(node); });
    }
  });
}

const Node* pick_two_choices(const std::vector<Node>& nodes, std::uint64_t random) {
  std::vector<const Node*> open;
  for (const auto& node : nodes) {
    if (!node.draining()) open.push_back(&node);
  }
  if (open.empty()) return nullptr;
  const auto first = (random & 0xffffffff) % open.size();
  if (open.size() == 1) return open.front();
  // Any but the first: a shift between 1 and size - 1.
  const auto second = (first + 1 + (random >> 32) % (open.size() - 1)) % open.size();
  return open[second]->load() < open[first]->load() ? open[second] : open[first];
}

}  // namespace pbx::cluster
