#include "proxy/adapters/registrar_stream.hpp"

#include <memory>

#include "sip/builder.hpp"

namespace pbx::proxy {
namespace {

rpc::BatchStreamOptions options(std::size_t number) {
  rpc::BatchStreamOptions options;
  options.home = number;
  options.method = "RegisterStream";
  return options;
}

RegisterAnswer answer_of(const registrar::v1::RegisterReply& reply) {
  RegisterAnswer answer;
  answer.code = static_cast<int>(reply.code());
  answer.reason = reply.reason();
  answer.refusal = reply.refusal();
  for (const auto& line : reply.headers()) {
    sip::append_clean(answer.header_lines, line);
    answer.header_lines += "\r\n";
  }
  return answer;
}

}  // namespace

RegistrarStream::RegistrarStream(boost::asio::io_context& loop,
                                 const config::v1::StreamClient& config,
                                 const rpc::Credentials& credentials, std::size_t number,
                                 prometheus::Registry& registry)
    : stream_{loop, config, credentials, options(number), registry} {}

void RegistrarStream::submit(const Request& request, Done done) {
  registrar::v1::RegisterRequest item;
  item.set_message(request.message.data(), request.message.size());
  item.set_source(request.source);
  item.set_path(request.path);
  item.set_received_at_ms(request.received_at_ms);
  // std::function wants something copyable.
  auto shared = std::make_shared<Done>(std::move(done));
  stream_.submit(std::move(item), [shared](Result<registrar::v1::RegisterReply> reply) {
    reply ? (*shared)(answer_of(*reply)) : (*shared)(reply.error());
  });
}

}  // namespace pbx::proxy
