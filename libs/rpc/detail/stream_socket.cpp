#include "rpc/detail/stream_socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "net/address.hpp"
#include "pbx/config/v1/common.pb.h"
#include "rpc/frame.hpp"

namespace asio = boost::asio;

namespace pbx::rpc::detail {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

/// A peer whose machine is gone is noticed within 20 s, while nothing is sent too.
void tune(int fd) {
  net::tune_connection(fd);
  net::set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  net::set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  net::set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
  net::set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 20'000);
}

/// `Layer` is tcp::socket or ssl::stream<tcp::socket>.
template <class Layer>
class Socket final : public StreamSocket, public std::enable_shared_from_this<Socket<Layer>> {
 public:
  template <class... LayerArgs>
  explicit Socket(asio::io_context& loop, LayerArgs&&... args)
      : resolver_{loop}, layer_{std::forward<LayerArgs>(args)...} {}

  void connect(const std::string& host, std::uint16_t port, std::size_t first, Done done) override {
    host_ = host;
    error_code not_an_address;
    const auto ip = asio::ip::make_address(host, not_an_address);
    if (!not_an_address) return try_next({tcp::endpoint{ip, port}}, 0, std::move(done));
    resolver_.async_resolve(
        host, std::to_string(port),
        [self = this->shared_from_this(), first, done = std::move(done)](
            error_code error, const tcp::resolver::results_type& found) mutable {
          if (error || self->closed_) return done(error ? error : asio::error::operation_aborted);
          std::vector<tcp::endpoint> all{found.begin(), found.end()};
          std::sort(all.begin(), all.end());  // name servers turn them round
          const auto begin = static_cast<std::ptrdiff_t>(first % all.size());
          std::rotate(all.begin(), all.begin() + begin, all.end());
          self->try_next(std::move(all), 0, std::move(done));
        });
  }

  void accept(net::Fd fd, bool v6, Done done) override {
    tune(fd.get());
    error_code error;
    socket().assign(v6 ? tcp::v6() : tcp::v4(), fd.get(), error);
    if (error) return done(error);
    fd.release();
    shake_hands(asio::ssl::stream_base::server, std::move(done));
  }

  void read_some(asio::mutable_buffer into, Moved done) override {
    layer_.async_read_some(into, std::move(done));
  }

  void write_frame(std::shared_ptr<const std::string> bytes, Done done) override {
    header_ = frame_header(bytes->size());
    if constexpr (kPlain) {
      const std::array<asio::const_buffer, 2> parts{asio::buffer(header_), asio::buffer(*bytes)};
      asio::async_write(
          layer_, parts,
          [self = this->shared_from_this(), bytes = std::move(bytes), done = std::move(done)](
              error_code error, std::size_t) mutable { done(error); });
    } else {
      // One TLS record instead of two.
      record_.assign(header_.data(), header_.size());
      record_ += *bytes;
      asio::async_write(layer_, asio::buffer(record_),
                        [self = this->shared_from_this(), done = std::move(done)](
                            error_code error, std::size_t) mutable { done(error); });
    }
  }

  void close() override {
    error_code ignored;
    closed_ = true;
    resolver_.cancel();
    socket().close(ignored);
  }

 private:
  static constexpr bool kPlain = std::is_same_v<Layer, tcp::socket>;

  tcp::socket& socket() {
    if constexpr (kPlain) {
      return layer_;
    } else {
      return layer_.next_layer();
    }
  }

  void try_next(std::vector<tcp::endpoint> all, std::size_t at, Done done) {
    error_code ignored;
    socket().close(ignored);
    const auto endpoint = all[at];
    socket().async_connect(endpoint, [self = this->shared_from_this(), all = std::move(all), at,
                                      done = std::move(done)](error_code error) mutable {
      if (self->closed_) return done(asio::error::operation_aborted);
      if (error && at + 1 < all.size()) {
        return self->try_next(std::move(all), at + 1, std::move(done));
      }
      if (error) return done(error);
      tune(self->socket().native_handle());
      self->shake_hands(asio::ssl::stream_base::client, std::move(done));
    });
  }

  void shake_hands(asio::ssl::stream_base::handshake_type side, Done done) {
    if constexpr (kPlain) {
      done({});
    } else {
      if (side == asio::ssl::stream_base::client) {
        error_code error;
        SSL_set_tlsext_host_name(layer_.native_handle(), host_.c_str());
        layer_.set_verify_callback(asio::ssl::host_name_verification{host_}, error);
        if (error) return done(error);
      }
      layer_.async_handshake(side, [self = this->shared_from_this(), done = std::move(done)](
                                       error_code error) mutable { done(error); });
    }
  }

  tcp::resolver resolver_;
  Layer layer_;
  std::string host_;
  std::array<char, kFrameHeader> header_{};
  std::string record_;
  bool closed_ = false;
};

void load_own(asio::ssl::context& context, const config::v1::Tls& tls) {
  context.use_certificate_chain_file(tls.certificate_file());
  context.use_private_key_file(tls.key_file(), asio::ssl::context::pem);
}

}  // namespace

TlsContext server_tls(const config::v1::Tls* tls) {
  if (tls == nullptr) return nullptr;
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  load_own(*context, *tls);
  if (!tls->ca_file().empty()) {
    context->load_verify_file(tls->ca_file());
    context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

TlsContext client_tls(const config::v1::Tls* tls) {
  if (tls == nullptr) return nullptr;
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(asio::ssl::verify_peer);
  if (tls->ca_file().empty()) {
    context->set_default_verify_paths();
  } else {
    context->load_verify_file(tls->ca_file());
  }
  if (!tls->certificate_file().empty()) load_own(*context, *tls);
  return context;
}

std::shared_ptr<StreamSocket> make_socket(asio::io_context& loop, const TlsContext& tls) {
  if (!tls) return std::make_shared<Socket<tcp::socket>>(loop, loop);
  return std::make_shared<Socket<asio::ssl::stream<tcp::socket>>>(loop, loop, *tls);
}

}  // namespace pbx::rpc::detail
