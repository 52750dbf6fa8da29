#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "rpc/detail/stream_socket.hpp"
#include "rpc/frame.hpp"

namespace pbx::rpc::detail {

/// What a pipe tells its owner, on the loop; each may end with the pipe's close().
class FrameEvents {
 public:
  virtual void on_connected() = 0;                    ///< Hands are shaken; write() may begin.
  virtual void on_frame(std::string_view bytes) = 0;  ///< Valid during the call.
  virtual void on_written() = 0;                      ///< The next write() may follow.
  /// The connection is gone; Errc::BadData when the peer sent what is no frame. Last.
  virtual void on_closed(std::error_code why) = 0;

 protected:
  ~FrameEvents() = default;
};

/// Frames to and from a socket, on one loop.
class FramePipe : public std::enable_shared_from_this<FramePipe> {
 public:
  FramePipe(boost::asio::io_context& loop, std::shared_ptr<StreamSocket> socket, std::size_t most)
      : loop_{loop}, socket_{std::move(socket)}, reader_{most} {}

  /// Client. `events` must call close() before it goes.
  void connect(const std::string& host, std::uint16_t port, std::size_t first, FrameEvents& events);
  /// Server. `owner`, whose `events` they are, is kept alive by what the pipe waits for.
  void accept(net::Fd fd, bool v6, FrameEvents& events, std::weak_ptr<void> owner);
  /// Most bytes of a frame that is received from now on.
  void set_most(std::size_t most) { reader_.set_most(most); }
  /// One at a time.
  void write(std::shared_ptr<const std::string> frame);
  /// No on_frame() until resume().
  void pause() { paused_ = true; }
  void resume();
  /// No event comes after.
  void close();

 private:
  StreamSocket::Done begin();
  void read();
  void deliver();
  void broken(std::error_code why);

  boost::asio::io_context& loop_;
  const std::shared_ptr<StreamSocket> socket_;
  FrameReader reader_;
  FrameEvents* events_ = nullptr;  ///< Null once closed.
  std::weak_ptr<void> owner_;
  bool reading_ = false;
  bool delivering_ = false;
  bool paused_ = false;
};

}  // namespace pbx::rpc::detail
