#pragma once

#include <cstddef>

#include "pbx/registrar/v1/registrar.pb.h"
#include "proxy/domain/registrar_client.hpp"
#include "rpc/batch_stream.hpp"

namespace pbx::proxy {

/// The worker's batched stream to the registrars.
class RegistrarStream final : public RegistrarClient {
 public:
  /// `number`: the stream's own among those of all proxies; see rpc::BatchStreamOptions::home.
  RegistrarStream(boost::asio::io_context& loop, const config::v1::StreamClient& config,
                  const rpc::Credentials& credentials, std::size_t number,
                  prometheus::Registry& registry);

  void submit(const Request& request, Done done) override;
  bool connected() const { return stream_.connected(); }
  std::size_t pending() const { return stream_.pending(); }

 private:
  rpc::BatchStream<registrar::v1::RegisterRequest, registrar::v1::RegisterReply> stream_;
};

}  // namespace pbx::proxy
