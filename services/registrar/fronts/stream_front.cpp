#include "registrar/fronts/stream_front.hpp"

#include <string_view>
#include <utility>

#include "pbx/config/v1/common.pb.h"
#include "pbx/registrar/v1/registrar.pb.h"
#include "registrar/domain/registrar.hpp"

namespace pbx::registrar {
namespace {

void serve_item(Registrar& registrar, const std::shared_ptr<rpc::BatchPeer>& peer,
                std::string_view item) {
  v1::RegisterRequest request;
  if (!request.ParseFromArray(item.data(), static_cast<int>(item.size()))) return peer->skip();
  registrar.handle(request, [peer](const v1::RegisterReply& reply) { peer->reply(reply); });
}

}  // namespace

StreamFront::StreamFront(const config::v1::StreamServer& config, rpc::Gate gate,
                         prometheus::Registry& registry)
    : batches_{config, std::move(gate), {.method = "RegisterStream"}, registry} {}

void StreamFront::serve_on(boost::asio::io_context& loop, Registrar& registrar) {
  batches_.serve_on(
      loop, [&registrar](const std::shared_ptr<rpc::BatchPeer>& peer, std::string_view item) {
        serve_item(registrar, peer, item);
      });
}

}  // namespace pbx::registrar
