#include "net/sockets.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace pbx::net {

namespace {

int family_of(const Address& address) { return address.is_v6() ? AF_INET6 : AF_INET; }

Fd open_socket(const Address& address, int type) {
  return Fd{::socket(family_of(address), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

[[noreturn]] void fail(std::string_view what, const Address& address) {
  throw std::system_error{last_error(), std::string{what} + ' ' + address.to_string()};
}

Fd bind_socket(const Address& listen, int type, Port port, Presence presence,
               std::string_view what) {
  Fd fd = open_socket(listen, type);
  if (fd.get() < 0) fail(what, listen);
  // SO_REUSEADDR only for TCP (a restart while old connections are in TIME_WAIT).
  if (type == SOCK_STREAM) set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (port == Port::Shared) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (presence == Presence::Floating) set_option(fd.get(), IPPROTO_IP, IP_FREEBIND, 1);
  if (listen.is_v6()) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  sockaddr_storage name{};
  const auto length = listen.to_sockaddr(name);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), length) != 0) fail(what, listen);
  return fd;
}

void set_buffer(int fd, int force, int normal, int bytes) {
  if (::setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof bytes) != 0) {
    set_option(fd, SOL_SOCKET, normal, bytes);
  }
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

std::error_code last_error() { return {errno, std::system_category()}; }

Fd bind_udp(const Address& listen, Port port, Presence presence) {
  return bind_socket(listen, SOCK_DGRAM, port, presence, "listen on udp");
}

Fd listen_tcp(const Address& listen, Port port, Presence presence) {
  Fd fd = bind_socket(listen, SOCK_STREAM, port, presence, "listen on tcp");
  if (::listen(fd.get(), 4096) != 0) fail("listen on tcp", listen);
  return fd;
}

void require_free_udp(const Address& listen, Presence presence) {
  (void)bind_udp(listen, Port::Alone, presence);
}

void require_free_tcp(const Address& listen, Presence presence) {
  (void)bind_socket(listen, SOCK_STREAM, Port::Alone, presence, "listen on tcp");
}

Result<Fd> start_connect(const Address& to, const Address& source) {
  Fd fd = open_socket(to, SOCK_STREAM);
  if (fd.get() < 0) return last_error();
  sockaddr_storage name{};
  if (source.family() == to.family() && !source.is_unspecified()) {
    set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    const auto length = source.with_port(0).to_sockaddr(name);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), length) != 0) {
      return last_error();
    }
  }
  tune_connection(fd.get());
  const auto length = to.to_sockaddr(name);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), length) != 0 &&
      errno != EINPROGRESS) {
    return last_error();
  }
  return fd;
}

void set_receive_buffer(int fd, int bytes) { set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, bytes); }

void set_send_buffer(int fd, int bytes) { set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, bytes); }

void set_option(int fd, int level, int name, int value) {
  // An option that this kernel lacks is not worth a refusal to start.
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

void tune_connection(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

void reset_on_close(int fd) {
  const linger now{1, 0};
  (void)::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

Address local_address(int fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return {};
  return Address::from_sockaddr(reinterpret_cast<const sockaddr&>(name));
}

std::error_code socket_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return last_error();
  return {error, std::system_category()};
}

}  // namespace pbx::net
