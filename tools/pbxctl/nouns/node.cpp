#include <algorithm>
#include <cmath>

#include "pbx/proxy/v1/proxy.pb.h"
#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"
#include "pbxctl/times.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = proxy::v1;
using state::v1::Node;

std::string percent(double share) {
  return std::to_string(std::lround(std::clamp(share, 0.0, 1.0) * 100)) + "%";
}

std::string state_word(const Node& node) { return node.draining() ? "draining" : "live"; }

std::string up(const Context& context, const Node& node) {
  if (node.started_at_ms() == 0) return {};
  const auto now = context.environment.clock.now().time_since_epoch().count();
  return duration_text(now - node.started_at_ms());
}

std::string sip_of(const Node& node) {
  std::string text;
  for (const auto& address : node.sip()) text += (text.empty() ? "" : ", ") + address;
  return text;
}

std::vector<Node> nodes_of(Context& context, const std::string& service) {
  api::ListNodesRequest request;
  request.set_service(service);
  const auto response = context.client.list(request);
  std::vector<Node> nodes{response.nodes().begin(), response.nodes().end()};
  std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) {
    return std::tie(a.service(), a.node()) < std::tie(b.service(), b.node());
  });
  return nodes;
}

void list(Context& context, const Arguments& arguments) {
  context.doing = {"list", "node"};
  Listing listing{context.output,
                  {{"SERVICE"},
                   {"NODE"},
                   {"STATE"},
                   {"LOAD", Column::Align::Right},
                   {"UP", Column::Align::Right},
                   {"SIP", Column::Align::Left, true},
                   {"GRPC"},
                   {"VERSION"}}};
  for (const auto& node : nodes_of(context, arguments.text_or("service", ""))) {
    listing.add(node, [&] {
      return Row{node.service(),    node.node(),  state_word(node), percent(node.load()),
                 up(context, node), sip_of(node), node.grpc(),      node.version()};
    });
  }
  listing.close("nodes");
}

void show(Context& context, const Arguments& arguments) {
  const auto& name = arguments.text("NODE");
  context.doing = {"show", "node", name};
  const auto slash = name.find('/');
  const auto service = slash == std::string::npos ? std::string{} : name.substr(0, slash);
  const auto wanted = slash == std::string::npos ? name : name.substr(slash + 1);

  auto nodes = nodes_of(context, service);
  std::erase_if(nodes, [&](const Node& node) { return node.node() != wanted; });
  if (nodes.empty()) {
    throw Refusal{"there is no live node " + name + "; see \"pbxctl node list\""};
  }
  if (nodes.size() > 1) {
    throw Refusal{"several services have a node " + name + "; say which, as in " +
                  nodes.front().service() + "/" + name};
  }
  const auto& node = nodes.front();
  context.output.show(node, [&] {
    Details details;
    details.add("Node", node.service() + "/" + node.node())
        .add("State", state_word(node))
        .add("Load", percent(node.load()))
        .add("Started", local_time(node.started_at_ms()))
        .add("Up", up(context, node))
        .add("SIP", sip_of(node))
        .add("gRPC", node.grpc())
        .add("Metrics", node.metrics())
        .add("Process", std::to_string(node.pid()))
        .add("Version", node.version());
    return details;
  });
}

}  // namespace

Command node_command() {
  return {
      .name = "node",
      .summary = "Processes of the cluster that are alive now",
      .text =
          "Each process renews a lease every few seconds; one that is gone is no longer listed.",
      .examples = {{"pbxctl node list", "all of them"},
                   {"pbxctl node show proxy/proxy-1", "one of them"}},
      .commands = {
          {.name = "list",
           .summary = "Lists live nodes",
           .examples = {{"pbxctl node list --service proxy", "the SIP edges"},
                        {"pbxctl node list --json", "for a program"}},
           .options = {{.name = "service",
                        .value = "SERVICE",
                        .help = "Only this service's: proxy, registrar …"}},
           .run = list},
          {.name = "show",
           .summary = "Shows one node",
           .examples = {{"pbxctl node show proxy/proxy-1", "by service and name"}},
           .positionals = {{"NODE", "Its name, or SERVICE/NAME when several services use it."}},
           .run = show},
      }};
}

}  // namespace pbx::pbxctl
