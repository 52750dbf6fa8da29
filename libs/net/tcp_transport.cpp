#include "net/tcp_transport.hpp"

#include <memory>
#include <utility>

#include "net/tcp_transport_impl.hpp"

namespace pbx::net {

TcpTransport::TcpTransport(boost::asio::io_context& loop, const Address& listen, Options options,
                           Callbacks callbacks, TcpMetrics& metrics)
    : impl_{std::make_shared<Impl>(loop, options, std::move(callbacks), metrics)} {
  if (listen) impl_->listen(listen);
}

TcpTransport::~TcpTransport() { impl_->shut_down(); }

const Address& TcpTransport::local() const { return impl_->local(); }

std::size_t TcpTransport::size() const { return impl_->size(); }

Result<> TcpTransport::send(Id id, std::string_view bytes) { return impl_->send(id, bytes); }

Result<TcpTransport::Id> TcpTransport::connect(const Address& to, OnConnected done) {
  return impl_->connect(to, std::move(done));
}

std::optional<TcpTransport::Id> TcpTransport::find(const Address& peer) const {
  return impl_->find(peer);
}

std::optional<Address> TcpTransport::peer(Id id) const { return impl_->peer(id); }

bool TcpTransport::peer_listens(Id id) const { return impl_->peer_listens(id); }

void TcpTransport::raise(Id id, TcpRank rank) { impl_->raise(id, rank); }
void TcpTransport::lower(Id id) { impl_->lower(id); }

void TcpTransport::close(Id id) { impl_->close(id); }

void TcpTransport::stop_listening() { impl_->stop_listening(); }

}  // namespace pbx::net
