#include "redis/stream.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <type_traits>

namespace asio = boost::asio;

namespace pbx::redis {
namespace {

using Socket = asio::generic::stream_protocol::socket;
using boost::system::error_code;

/// `Layer` is Socket or ssl::stream<Socket>.
template <class Layer>
class SocketStream final : public Stream, public std::enable_shared_from_this<SocketStream<Layer>> {
 public:
  template <class... LayerArgs>
  SocketStream(asio::io_context& context, const Options& options, LayerArgs&&... args)
      : options_{options}, resolver_{context}, layer_{std::forward<LayerArgs>(args)...} {}

  void connect(Connected done) override {
    if (!options_.unix_path.empty()) {
      connect_to(asio::local::stream_protocol::endpoint{options_.unix_path}, std::move(done));
      return;
    }
    resolver_.async_resolve(
        options_.host, std::to_string(options_.port),
        [self = this->shared_from_this(), done = std::move(done)](
            error_code error, const asio::ip::tcp::resolver::results_type& found) mutable {
          if (error) return done(error);
          self->try_next(found, found.begin(), std::move(done));
        });
  }

  void read_some(asio::mutable_buffer into, Moved done) override {
    layer_.async_read_some(into, std::move(done));
  }

  void write(asio::const_buffer bytes, Moved done) override {
    asio::async_write(layer_, bytes, std::move(done));
  }

  void close() override {
    error_code ignored;
    resolver_.cancel();
    socket().close(ignored);
    closed_ = true;
  }

 private:
  using Results = asio::ip::tcp::resolver::results_type;

  Socket& socket() {
    if constexpr (std::is_same_v<Layer, Socket>) {
      return layer_;
    } else {
      return layer_.next_layer();
    }
  }

  void try_next(Results found, Results::const_iterator at, Connected done) {
    const auto endpoint = at->endpoint();
    connect_to(endpoint, [self = this->shared_from_this(), found = std::move(found), at,
                          done = std::move(done)](error_code error) mutable {
      if (!error || self->closed_ || ++at == Results::const_iterator{}) return done(error);
      self->try_next(std::move(found), at, std::move(done));
    });
  }

  template <class Endpoint>
  void connect_to(const Endpoint& endpoint, Connected done) {
    error_code error;
    socket().close(error);
    socket().async_connect(
        asio::generic::stream_protocol::endpoint{endpoint},
        [self = this->shared_from_this(), done = std::move(done)](error_code failed) mutable {
          if (failed) return done(failed);
          self->established(std::move(done));
        });
  }

  void established(Connected done) {
    if (options_.unix_path.empty()) {
      error_code ignored;
      socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
      socket().set_option(asio::socket_base::keep_alive{true}, ignored);
    }
    if constexpr (std::is_same_v<Layer, Socket>) {
      done({});
    } else {
      error_code error;
      if (SSL_set_tlsext_host_name(layer_.native_handle(), options_.host.c_str()) != 1) {
        return done(asio::error::invalid_argument);
      }
      layer_.set_verify_callback(asio::ssl::host_name_verification{options_.host}, error);
      layer_.async_handshake(asio::ssl::stream_base::client,
                             [self = this->shared_from_this(),
                              done = std::move(done)](error_code failed) mutable { done(failed); });
    }
  }

  const Options options_;
  asio::ip::tcp::resolver resolver_;
  Layer layer_;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<asio::ssl::context> make_tls(const Options& options) {
  if (!options.tls) return nullptr;
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  tls->set_verify_mode(asio::ssl::verify_peer);
  if (options.ca_file.empty()) {
    tls->set_default_verify_paths();
  } else {
    tls->load_verify_file(options.ca_file);
  }
  if (!options.certificate_file.empty()) {
    tls->use_certificate_chain_file(options.certificate_file);
    tls->use_private_key_file(options.key_file, asio::ssl::context::pem);
  }
  return tls;
}

std::shared_ptr<Stream> make_stream(asio::io_context& context, const Options& options,
                                    std::shared_ptr<asio::ssl::context> tls) {
  if (!tls) return std::make_shared<SocketStream<Socket>>(context, options, context);
  return std::make_shared<SocketStream<asio::ssl::stream<Socket>>>(context, options, context, *tls);
}

}  // namespace pbx::redis
