#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include "net/address.hpp"
#include "net/sockets.hpp"

namespace pbx::test {

/// A peer that does not use our sockets: one blocking socket.
class PlainSocket {
 public:
  PlainSocket(int type, const net::Address& family_of)
      : fd_{::socket(family_of.is_v6() ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0)} {}

  static PlainSocket tcp(const net::Address& to, int receive_buffer = 0) {
    PlainSocket socket{SOCK_STREAM, to};
    if (receive_buffer > 0) {
      net::set_option(socket.fd(), SOL_SOCKET, SO_RCVBUF, receive_buffer);
    }
    socket.connect(to);
    return socket;
  }
  static PlainSocket udp(const net::Address& to) {
    PlainSocket socket{SOCK_DGRAM, to};
    socket.connect(to);
    return socket;
  }

  bool connect(const net::Address& to) {
    sockaddr_storage name{};
    const auto length = to.to_sockaddr(name);
    return ::connect(fd(), reinterpret_cast<const sockaddr*>(&name), length) == 0;
  }
  bool send(std::string_view bytes) const {
    return ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  void shut_down() const { ::shutdown(fd(), SHUT_WR); }
  /// The next bytes; empty at the end of the stream, on an error and after five seconds.
  std::string receive() const {
    pollfd readable{fd(), POLLIN, 0};
    std::array<char, 65536> part;
    if (::poll(&readable, 1, 5000) <= 0) return {};
    const auto count = ::recv(fd(), part.data(), part.size(), MSG_DONTWAIT);
    return count > 0 ? std::string(part.data(), static_cast<std::size_t>(count)) : std::string{};
  }
  /// What is there now; nullopt-like empty when nothing is. Sets `ended` at the end of the stream.
  std::string receive_ready(bool& ended) const {
    std::array<char, 65536> part;
    const auto count = ::recv(fd(), part.data(), part.size(), MSG_DONTWAIT);
    ended = count == 0;
    return count > 0 ? std::string(part.data(), static_cast<std::size_t>(count)) : std::string{};
  }
  net::Address local() const { return net::local_address(fd()); }
  int fd() const { return fd_.get(); }
  void close() { fd_ = net::Fd{}; }
  void reset() {
    net::reset_on_close(fd());
    close();
  }

 private:
  net::Fd fd_;
};

}  // namespace pbx::test
