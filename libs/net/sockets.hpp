#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/result.hpp"
#include "net/address.hpp"

/// Thin, checked calls to the kernel that the sockets of this library share.
namespace pbx::net {

/// A file descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_{fd} {}
  Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

std::error_code last_error();

/// Non-blocking and bound. Shared: other sockets of this user may share the port, and the kernel
/// spreads peers over them (SO_REUSEPORT). Throws std::system_error that names the address.
enum class Port : std::uint8_t { Shared, Alone };
/// Floating: the address may be another machine's now and come here later (IP_FREEBIND).
enum class Presence : std::uint8_t { Here, Floating };
Fd bind_udp(const Address& listen, Port port = Port::Shared, Presence presence = Presence::Here);
Fd listen_tcp(const Address& listen, Port port = Port::Shared, Presence presence = Presence::Here);
/// Throws the same when anybody has the port, even one who would share it: before the workers bind,
/// or a second process with the same configuration would quietly take half of the peers.
void require_free_udp(const Address& listen, Presence presence = Presence::Here);
void require_free_tcp(const Address& listen, Presence presence = Presence::Here);
/// Begins to connect; from `source`'s IP address, when that is a specific one of the same family.
Result<Fd> start_connect(const Address& to, const Address& source);

/// As much as we may have: past the system's limit with CAP_NET_ADMIN, else up to it.
void set_receive_buffer(int fd, int bytes);
void set_send_buffer(int fd, int bytes);
void set_option(int fd, int level, int name, int value);
/// No Nagle delay, and dead peers noticed by the kernel in two minutes.
void tune_connection(int fd);
/// close() sends RST and keeps nothing.
void reset_on_close(int fd);

Address local_address(int fd);
/// SO_ERROR: how a connect ended.
std::error_code socket_error(int fd);

}  // namespace pbx::net
