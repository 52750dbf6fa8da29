#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/domain/endpoint.hpp"
#include "sip/transport.hpp"
#include "sip/uri.hpp"
#include "sip/via.hpp"

namespace pbx::proxy {

/// Where the other nodes of the cluster reach one: an address, whatever name phones use.
struct Home {
  sip::Transport transport = sip::Transport::Udp;
  Endpoint at;

  friend bool operator==(const Home&, const Home&) = default;
};

/// One address that we listen on, as the world sees it.
struct Listener {
  sip::Transport transport = sip::Transport::Udp;
  Endpoint bind;
  std::string host;        ///< Advertised; IPv6 in brackets.
  std::uint16_t port = 0;  ///< Advertised.
  /// Names the listener in tokens: a hash of transport and advertised address, so that another node
  /// which takes the address over, or goes by the same name, knows it too.
  std::uint16_t name = 0;
  bool floating = false;  ///< May be another machine's now.
  /// Where other nodes reach it. Port 0: the advertised address, or the bound one when that is a
  /// name.
  Endpoint node{};
};

/// All of them; the same in every worker and fixed for the life of the process.
class Addresses {
 public:
  /// Throws std::invalid_argument when two listeners have the same name or there are none or more
  /// than 255.
  explicit Addresses(std::vector<Listener> listeners);

  const Listener& operator[](std::size_t index) const { return listeners_[index]; }
  std::size_t size() const { return listeners_.size(); }
  auto begin() const { return listeners_.begin(); }
  auto end() const { return listeners_.end(); }

  /// Host and port (0: the transport's default) of one of our listeners, advertised or bound.
  bool is_ours(std::string_view host, std::uint16_t port) const;
  bool is_ours(const sip::Uri& uri) const { return is_ours(uri.host, uri.port); }
  /// A Via of ours by its sent-by.
  bool is_ours(const sip::Via& via) const { return is_ours(via.host, via.port); }

  /// This node, as others reach it: by UDP where there is such a listener of the family of `near`,
  /// so that they have no connection to make first.
  Home home_near(std::size_t near) const;
  bool is_home(const Home& home) const;

  std::optional<std::uint8_t> by_name(std::uint16_t name) const;
  /// A listener of that transport and address family to send from: the one at the same host as
  /// `near` if there is one.
  std::optional<std::uint8_t> to_send(sip::Transport transport, bool v6, std::size_t near) const;

 private:
  std::vector<Listener> listeners_;
};

std::uint16_t listener_name(sip::Transport transport, std::string_view host, std::uint16_t port);

}  // namespace pbx::proxy
