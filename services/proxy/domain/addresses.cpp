#include "proxy/domain/addresses.hpp"

#include <stdexcept>

#include "sip/text.hpp"

namespace pbx::proxy {

std::uint16_t listener_name(sip::Transport transport, std::string_view host, std::uint16_t port) {
  std::string text{sip::transport_param(transport)};
  text += ':';
  text += host;
  text += ':';
  sip::append_number(text, port);
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(sip::lower(c))) * 16777619u;
  return static_cast<std::uint16_t>(hash ^ (hash >> 16));
}

Addresses::Addresses(std::vector<Listener> listeners) : listeners_{std::move(listeners)} {
  if (listeners_.empty() || listeners_.size() > 255) {
    throw std::invalid_argument{"listeners: there must be 1 to 255"};
  }
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    auto& listener = listeners_[i];
    listener.name = listener_name(listener.transport, listener.host, listener.port);
    if (listener.node.port == 0) {
      listener.node = Endpoint::from(listener.host, listener.port).value_or(listener.bind);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (listeners_[j].name == listener.name) {
        throw std::invalid_argument{"listeners: " + listener.host +
                                    " is advertised twice (or two addresses hash alike)"};
      }
    }
  }
}

bool Addresses::is_ours(std::string_view host, std::uint16_t port) const {
  for (const auto& listener : listeners_) {
    const auto wanted = port != 0 ? port : sip::default_port(listener.transport);
    if (listener.port == wanted && sip::iequals(listener.host, host)) return true;
  }
  const auto endpoint = Endpoint::from(host, 0);
  if (!endpoint) return false;
  for (const auto& listener : listeners_) {
    const auto wanted = port != 0 ? port : sip::default_port(listener.transport);
    if (listener.bind.port == wanted && listener.bind.ip == endpoint->ip &&
        listener.bind.v6 == endpoint->v6) {
      return true;
    }
  }
  return false;
}

Home Addresses::home_near(std::size_t near) const {
  const auto udp = to_send(sip::Transport::Udp, listeners_[near].bind.v6, near);
  const auto& listener = listeners_[udp.value_or(static_cast<std::uint8_t>(near))];
  return {listener.transport, listener.node};
}

bool Addresses::is_home(const Home& home) const {
  for (const auto& listener : listeners_) {
    if (listener.transport == home.transport && listener.node == home.at) return true;
  }
  return false;
}

std::optional<std::uint8_t> Addresses::by_name(std::uint16_t name) const {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].name == name) return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

std::optional<std::uint8_t> Addresses::to_send(sip::Transport transport, bool v6,
                                               std::size_t near) const {
  std::optional<std::uint8_t> found;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const auto& listener = listeners_[i];
    if (listener.transport != transport || listener.bind.v6 != v6) continue;
    if (i == near || listener.host == listeners_[near].host) return static_cast<std::uint8_t>(i);
    if (!found) found = static_cast<std::uint8_t>(i);
  }
  return found;
}

}  // namespace pbx::proxy
