#include "rpc/detail/frame_pipe.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "core/errc.hpp"

namespace pbx::rpc::detail {

using boost::system::error_code;

void FramePipe::connect(const std::string& host, std::uint16_t port, std::size_t first,
                        FrameEvents& events) {
  events_ = &events;
  socket_->connect(host, port, first, begin());
}

void FramePipe::accept(net::Fd fd, bool v6, FrameEvents& events, std::weak_ptr<void> owner) {
  events_ = &events;
  owner_ = std::move(owner);
  socket_->accept(std::move(fd), v6, begin());
}

/// What follows when hands are shaken, or not.
StreamSocket::Done FramePipe::begin() {
  return [self = shared_from_this(), owner = owner_.lock()](error_code error) {
    if (self->events_ == nullptr) return;
    if (error) return self->broken(error);
    self->events_->on_connected();
    if (self->events_ != nullptr) self->read();
  };
}

void FramePipe::write(std::shared_ptr<const std::string> frame) {
  socket_->write_frame(std::move(frame),
                       [self = shared_from_this(), owner = owner_.lock()](error_code error) {
                         if (self->events_ == nullptr) return;
                         error ? self->broken(error) : self->events_->on_written();
                       });
}

void FramePipe::resume() {
  if (!std::exchange(paused_, false) || reading_ || delivering_) return;
  boost::asio::post(loop_, [self = shared_from_this(), owner = owner_.lock()] {
    if (!self->reading_ && !self->delivering_) self->deliver();
  });
}

void FramePipe::close() {
  events_ = nullptr;
  socket_->close();
}

void FramePipe::read() {
  const auto room = reader_.room();
  reading_ = true;
  socket_->read_some(
      boost::asio::buffer(room.data, room.size),
      [self = shared_from_this(), owner = owner_.lock()](error_code error, std::size_t size) {
        self->reading_ = false;
        if (self->events_ == nullptr) return;
        if (error) return self->broken(error);
        self->reader_.filled(size);
        self->deliver();
      });
}

void FramePipe::deliver() {
  delivering_ = true;
  while (events_ != nullptr && !paused_) {
    const auto frame = reader_.next();
    if (!frame) break;
    events_->on_frame(*frame);
  }
  delivering_ = false;
  if (events_ == nullptr || paused_) return;
  if (!reader_.ok()) return broken(make_error_code(Errc::BadData));
  read();
}

void FramePipe::broken(std::error_code why) {
  const auto self = shared_from_this();
  if (auto* events = std::exchange(events_, nullptr)) events->on_closed(why);
  socket_->close();
}

}  // namespace pbx::rpc::detail
