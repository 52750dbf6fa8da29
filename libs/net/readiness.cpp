#include "net/readiness.hpp"

#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace pbx::net {
namespace {

int watch(int fd) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event nothing{};
  if (epoll < 0 || ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &nothing) != 0) {
    const int why = errno;
    Fd{epoll};
    throw std::system_error{why, std::system_category(), "epoll"};
  }
  return epoll;
}

}  // namespace

Readiness::Readiness(boost::asio::io_context& loop, int fd, unsigned events)
    : fd_{fd}, events_{events}, epoll_{loop, watch(fd)} {}

void Readiness::wait(std::function<void()> ready) {
  epoll_event once{};
  once.events = events_ | EPOLLONESHOT;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, fd_, &once);
  epoll_.async_wait(epoll_.wait_read,
                    [this, ready = std::move(ready)](boost::system::error_code error) {
                      if (error) return;  // closed, and `this` perhaps gone
                      take();
                      ready();
                    });
}

/// Taking the event is what disarms it.
void Readiness::take() {
  epoll_event event{};
  ::epoll_wait(epoll_.native_handle(), &event, 1, 0);
}

void Readiness::close() {
  boost::system::error_code ignored;
  epoll_.close(ignored);
}

}  // namespace pbx::net
