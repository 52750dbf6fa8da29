#include "proxy/domain/endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "sip/text.hpp"
#include "sip/uri.hpp"

namespace pbx::proxy {
namespace {

constexpr std::size_t kLongestHost = 45;  ///< INET6_ADDRSTRLEN without its zero.

void append_v4(std::string& out, const std::array<std::uint8_t, 16>& ip) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0) out += '.';
    sip::append_number(out, ip[i]);
  }
}

void append_v6(std::string& out, const std::array<std::uint8_t, 16>& ip) {
  std::array<char, kLongestHost + 1> text{};
  if (inet_ntop(AF_INET6, ip.data(), text.data(), text.size()) != nullptr) out += text.data();
}

}  // namespace

std::optional<Endpoint> Endpoint::from(std::string_view host, std::uint16_t port) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty() || host.size() > kLongestHost) return std::nullopt;
  std::array<char, kLongestHost + 1> text{};
  std::copy(host.begin(), host.end(), text.begin());

  Endpoint endpoint;
  endpoint.port = port;
  endpoint.v6 = host.find(':') != std::string_view::npos;
  const int family = endpoint.v6 ? AF_INET6 : AF_INET;
  if (inet_pton(family, text.data(), endpoint.ip.data()) != 1) return std::nullopt;
  return endpoint;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const auto parts = sip::parse_host_port(text);
  if (!parts || parts->port == 0) return std::nullopt;
  return from(parts->host, parts->port);
}

void Endpoint::append_address(std::string& out) const {
  v6 ? append_v6(out, ip) : append_v4(out, ip);
}

void Endpoint::append_host(std::string& out) const {
  if (v6) out += '[';
  append_address(out);
  if (v6) out += ']';
}

std::string Endpoint::host() const {
  std::string out;
  append_host(out);
  return out;
}

std::string Endpoint::to_string() const {
  std::string out = host();
  out += ':';
  sip::append_number(out, port);
  return out;
}

}  // namespace pbx::proxy
