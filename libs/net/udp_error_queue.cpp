#include "net/udp_error_queue.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>

#include "net/sockets.hpp"

namespace pbx::net {

namespace {

bool is_error_report(const cmsghdr& part) {
  return (part.cmsg_level == IPPROTO_IP && part.cmsg_type == IP_RECVERR) ||
         (part.cmsg_level == IPPROTO_IPV6 && part.cmsg_type == IPV6_RECVERR);
}

}  // namespace

void keep_udp_errors(int fd, const Address& local) {
  if (local.is_v6()) {
    set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  } else {
    set_option(fd, IPPROTO_IP, IP_RECVERR, 1);
  }
}

std::optional<UdpFailure> take_udp_error(int fd) {
  sockaddr_storage name{};
  std::array<char, 64> payload;  // of the packet that failed: not needed
  iovec part{payload.data(), payload.size()};
  alignas(cmsghdr) std::array<char, 512> control;
  msghdr header{};
  header.msg_name = &name;
  header.msg_namelen = sizeof name;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  if (::recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
  UdpFailure failure{Address::from_sockaddr(reinterpret_cast<const sockaddr&>(name)), {}, false};
  for (auto* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (!is_error_report(*at)) continue;
    sock_extended_err report{};
    std::memcpy(&report, CMSG_DATA(at), sizeof report);
    failure.why = {static_cast<int>(report.ee_errno), std::system_category()};
    failure.local = report.ee_origin == SO_EE_ORIGIN_LOCAL;
  }
  return failure;
}

}  // namespace pbx::net
